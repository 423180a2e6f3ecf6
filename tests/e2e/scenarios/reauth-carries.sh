#!/bin/bash
# a login that needs nobody is made anew while the tunnel carries: no ping is lost, and nothing on the host is touched
# waits
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../standard.sh"
key=kT4vQ9zLw2Xr7Nb5Yc8M
standard_config
sed -i "s/everybody-knows-it/$key/; s/^group-policy standard attributes/&\n banner value Welcome/" "$ca/standard.cfg"
printf '%s\n' 'tunnel-group ASA-IKEV2 type remote-access' 'tunnel-group ASA-IKEV2 general-attributes' ' default-group-policy standard' \
    'tunnel-group ASA-IKEV2 webvpn-attributes' ' authentication certificate' ' group-alias ASA-IKEV2 enable' >>"$ca/standard.cfg"
(umask 077; echo "$key" >"$work/psk")
# carries SETTING...: several logins under pings that come each 4 ms
carries() {
    agent_config ike.reauth=16 trust.ca_file="$ca/ca.pem" "$@"
    : >"$work/agent.log"
    agent_start
    expect 0 cli connect Anu-IKEV2 --non-interactive --accept-banner
    snapshot >"$work/connected"
    expect 0 cli status
    has 'Login until:'
    grep -E 'Since|Address|Interface' "$work/out" >"$work/status"
    ping_on 0.004
    for n in 1 2 3; do
        wait_until 60 is_anew $n || fail "login $n does not come"
        # The gateway wants new keys, also for the old login, which is not yet gone.
        [ $n != 2 ] || expect 0 in_ns "$head" "$bin/acheadend" --control "$work/head.sock" rekey all
        more_pings 500 "$pinging"
    done
    no_ping_lost "$pinging"
    [ "$(times_said agent 'connected to Anu-IKEV2')" = 1 ] || fail 'the tunnel was down'
    snapshot | diff -u "$work/connected" - >&2 || fail "the host's network was touched"
    expect 0 cli status
    grep -E 'Since|Address|Interface' "$work/out" | diff -u "$work/status" - >&2 || fail 'address or tunnel are others'
    expect 0 cli disconnect
    unchanged
    agent_stop
}
up "$ca/standard.cfg" trust.ca_file="$ca/ca.pem"
agent_stop
carries "host Anu-IKEV2.auth=psk" "host Anu-IKEV2.identity=shared" "host Anu-IKEV2.psk_file=$work/psk"
carries "host Anu-IKEV2.auth=certificate" "host Anu-IKEV2.identity=laptops" "host Anu-IKEV2.certificate=$ca/laptops.pem" \
    "host Anu-IKEV2.key=$ca/laptops.key"
carries "host Anu-IKEV2.auth=eap-tls" "host Anu-IKEV2.certificate=$ca/laptops.pem" "host Anu-IKEV2.key=$ca/laptops.key"
# EAP-AnyConnect, where the certificate is all that is asked for
carries "host Anu-IKEV2.certificate=$ca/laptops.pem" "host Anu-IKEV2.key=$ca/laptops.key"
logged headend 'logged in anew'
expect 0 headend_show vpn-sessiondb detail anyconnect
has 'no active sessions'
