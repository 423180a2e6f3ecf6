#!/bin/bash
# a gateway of strongSwan sends our client elsewhere in a running session: it goes, and logs in there
. "$(dirname "$0")/../lib.sh"
net_up
ip -n "$head" addr add 10.0.0.2/24 dev outside
gateway_at="10.0.0.1, 10.0.0.2"
psk_gateway_and_client
client_up
pings
expect 0 swan "$swan_dir" --redirect --ike net --gateway 10.0.0.2
at_second() { swan "$swan_dir" --list-sas | grep -qF "'gw.interop' @ 10.0.0.2"; }
wait_until 30 at_second || fail "our client did not go there"
wait_until 40 in_ns "$client" ping -q -c 1 -W 1 172.16.1.10 || fail "no ping through the second"
pings
client_down
