#!/bin/bash
# our client and a gateway of strongSwan over a path on which packets overtake each other: nothing is lost, also not in rekeying
. "$(dirname "$0")/../lib.sh"
net_up
swapping_path
psk_gateway_and_client
client_up
pings_each 0.01 100
ping_on
rekeyed child
rekeyed ike
no_ping_lost "$pinging"
client_down
some_swapped
