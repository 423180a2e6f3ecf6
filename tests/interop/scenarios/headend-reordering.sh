#!/bin/bash
# a client of strongSwan and our headend over a path on which packets overtake each other: nothing is lost
. "$(dirname "$0")/../lib.sh"
net_up
swapping_path
psk_headend_and_client
swan_up
wait_until 40 in_ns "$client" ping -q -c 1 -W 1 172.16.1.10 || fail "no ping in forty seconds"
pings_each 0.01 100
swan_down
some_swapped
