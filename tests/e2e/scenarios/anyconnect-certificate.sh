#!/bin/bash
# EAP-AnyConnect with a client certificate: instead of the form, and before it; without one the gateway's no is told
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../standard.sh"
standard_config
# group NAME AUTHENTICATION
group() {
    printf '%s\n' "tunnel-group $1 type remote-access" "tunnel-group $1 general-attributes" ' default-group-policy standard' \
        "tunnel-group $1 webvpn-attributes" " authentication $2" " group-alias $1 enable"
}
{ group ASA-IKEV2 certificate; group Twice 'aaa certificate'; } >>"$ca/standard.cfg"
for host in Anu-IKEV2 Twice; do
    certificate+=("host $host.certificate=$ca/laptops.pem" "host $host.key=$ca/laptops.key")
done
up "$ca/standard.cfg" trust.ca_file="$ca/ca.pem" "${certificate[@]}"
echo '<ServerList><HostEntry><HostName>Twice</HostName><HostAddress>10.0.0.1</HostAddress><UserGroup>Twice</UserGroup>
    <PrimaryProtocol>IPsec</PrimaryProtocol></HostEntry></ServerList>' >"$work/profiles/twice.xml"
expect 0 cli --non-interactive connect Anu-IKEV2
pings
expect 0 cli status
has 'Login:          EAP-AnyConnect'
expect 0 cli disconnect
unchanged
logged headend 'user laptops connected'
expect 0 cli connect Twice --user alice --password-stdin < <(answers correct-horse)
pings
expect 0 cli disconnect
expect 5 cli --non-interactive connect Twice --user alice --password-stdin < <(answers wrong-horse)
unchanged
agent_stop
agent_config trust.ca_file="$ca/ca.pem"
agent_start
expect 5 cli --non-interactive connect Anu-IKEV2
unchanged
