#!/bin/bash
# a client of strongSwan and our headend over a path on which packets overtake each other: nothing is lost
. "$(dirname "$0")/../lib.sh"
net_up
swapping_path
psk_headend_and_client
swan_up
wait_until 40 in_ns "$client" ping -q -c 1 -W 1 172.16.1.10 || fail "no ping in forty seconds"
in_ns "$client" ping -q -c 100 -i 0.01 -W 20 172.16.1.10 >"$work/out" || fail "no ping"
has ' 0% packet loss'
swan_down
some_swapped
