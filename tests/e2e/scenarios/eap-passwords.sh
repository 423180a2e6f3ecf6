#!/bin/bash
# EAP-MSCHAPv2, EAP-GTC and EAP-MD5 as the profile says; EAP-GTC when it says none; a wrong password is exit 5
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../standard.sh"
standard_up
{
    echo '<ServerList>'
    for method in '' EAP-GTC EAP-MSCHAPv2 EAP-MD5; do
        echo "<HostEntry><HostName>Standard${method#EAP}</HostName><HostAddress>10.0.0.1</HostAddress>
            <PrimaryProtocol>IPsec<StandardAuthenticationOnly>true
            ${method:+<AuthMethodDuringIKENegotiation>$method</AuthMethodDuringIKENegotiation>}
            ${method:+<IKEIdentity>people@example.org</IKEIdentity>}</StandardAuthenticationOnly></PrimaryProtocol></HostEntry>"
    done
    echo '</ServerList>'
} >"$work/profiles/standard.xml"
# login HOST METHOD USER PASSWORD
login() {
    expect 0 cli connect "$1" --user "$3" --password-stdin < <(answers "$4")
    pings
    expect 0 cli status
    has "Login:          $2"
    has "$3"
    expect 0 cli --json stats
    has "\"login\":\"$2\""
    has '"secured4":["172.16.0.0/16"]'
    expect 0 cli disconnect
    unchanged
}
# refused HOST USER PASSWORD: nothing of it is shown, and it is tried once
refused() {
    expect 5 cli --non-interactive connect "$1" --user "$2" --password-stdin < <(answers "$3")
    lacks "$3"
    unchanged
}
expect 0 cli --json hosts
for login in EAP-GTC EAP-MSCHAPv2 EAP-MD5; do has "\"login\":\"$login\""; done
login Standard EAP-GTC alice correct-horse
login Standard-GTC EAP-GTC carol cisco123
login Standard-MSCHAPv2 EAP-MSCHAPv2 alice correct-horse
login Standard-MD5 EAP-MD5 alice correct-horse
for method in GTC MSCHAPv2 MD5; do
    refused "Standard-$method" alice wrong-horse
    refused "Standard-$method" nobody-there correct-horse
done
# typed by a person, in the order in which it is asked
expect 0 cli -s connect Standard-MSCHAPv2 < <(answers alice correct-horse)
has 'Username:'
expect 0 cli disconnect
expect 13 cli --non-interactive connect Standard-GTC
unchanged
! grep -rqF correct-horse "$work/agent.log" "$work/headend.log" || fail "a password is in a log"
