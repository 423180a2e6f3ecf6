#!/bin/bash
# a client of strongSwan and our headend over a link that loses each fourth packet, in both directions
. "$(dirname "$0")/../lib.sh"
options+=$'\nretransmit_timeout = 0.5\nretransmit_base = 1.2\nretransmit_tries = 8'
net_up
psk_headend_and_client
lossy_path
swan_up
wait_until 40 in_ns "$client" ping -q -c 1 -W 1 172.16.1.10 || fail "no ping in forty seconds"
swan_down
some_lost
