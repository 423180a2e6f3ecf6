#!/bin/bash
# our client and a gateway of strongSwan over a path on which packets overtake each other: nothing is lost, also not in rekeying
. "$(dirname "$0")/../lib.sh"
net_up
swapping_path
psk_gateway_and_client
client_up
in_ns "$client" ping -q -c 100 -i 0.01 -W 20 172.16.1.10 >"$work/out" || fail "no ping"
has ' 0% packet loss'
ping_on
rekeyed child
rekeyed ike
no_ping_lost "$pinging"
client_down
some_swapped
