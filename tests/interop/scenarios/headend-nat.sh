#!/bin/bash
# a client of strongSwan behind a NAT, which then gives it another port: ESP of our headend follows
. "$(dirname "$0")/../lib.sh"
net_up
psk_headend_and_client
nat_up 20000-20999
capture "$router" lan
swan_up
wait_until 40 in_ns "$client" ping -q -c 1 -W 1 172.16.1.10 || fail "no ping in forty seconds"
expect 0 headend_show crypto ikev2 sa detail
has '10.0.0.254/20'
nat_rebind 30000-30999
wait_until 40 in_ns "$client" ping -q -c 1 -W 1 172.16.1.10 || fail "no ping after the NAT's change"
expect 0 headend_show crypto ipsec sa
has '10.0.0.254/30'
swan_down
capture_stop
only_the_tunnel_on_the_wire
