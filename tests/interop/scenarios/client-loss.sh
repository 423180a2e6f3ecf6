#!/bin/bash
# our client and a gateway of strongSwan over a link that loses each fourth packet, in both directions
. "$(dirname "$0")/../lib.sh"
net_up
psk_gateway_and_client
lossy_path
client_up
wait_until 40 in_ns "$client" ping -q -c 1 -W 1 172.16.1.10 || fail "no ping in forty seconds"
client_down
some_lost
