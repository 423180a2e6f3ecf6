#!/bin/bash
# our headend sends a client of strongSwan elsewhere: in IKE_SA_INIT, and in a running session
. "$(dirname "$0")/../lib.sh"
net_up
ip -n "$head" addr add 10.0.0.2/24 dev outside
psk_headend_config
sed 's/10\.0\.0\.1 /10.0.0.2 /; s/10\.2\.4\./10.2.5./g' "$work/headend.cfg" >"$work/second.cfg"
ip netns exec "$head" "$bin/acheadend" --config "$work/second.cfg" --state "$work/second" --control "$work/second.sock" >"$work/second.log" 2>&1 &
wait_until 40 test -S "$work/second.sock" || fail "the second gateway does not start"
second() { in_ns "$head" "$bin/acheadend" --control "$work/second.sock" "$@"; }
swan_files
psk_client
swan_start "$client"
at_second() { second show crypto ikev2 sa | grep -qF 192.168.1.1; }
for when in 'crypto ikev2 redirect during-init' ''; do
    asa_global=${when:+$when$'\n!acheadend redirect 10.0.0.2'}
    psk_headend_config
    headend_start "$work/headend.cfg"
    quietly swan "$swan_dir" --initiate --child net
    if [ -z "$when" ]; then
        pings
        expect 0 in_ns "$head" "$bin/acheadend" --control "$work/head.sock" vpn-sessiondb redirect all 10.0.0.2
        has 'redirected : 1'
    fi
    wait_until 30 at_second || fail "the client did not go there: $when"
    wait_until 40 in_ns "$client" ping -q -c 1 -W 1 172.16.1.10 || fail "no ping through the second: $when"
    swan_down
    headend_stop
done
