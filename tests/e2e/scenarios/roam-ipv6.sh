#!/bin/bash
# MOBIKE from IPv4 to IPv6 and back: the gateway has told its other address
. "$(dirname "$0")/../lib.sh"
config6 "$work/v6.cfg"
up none ike.dpd_interval=5
net6_up
inside6_up
headend_start "$work/v6.cfg"
remember_before
watch_clear
is_at() { headend_show crypto ipsec sa | grep -q "remote crypto endpt.: $1/"; }
connect
pings
is_at 192.168.1.1 || fail 'not over IPv4'
ip -n "$client" addr del 192.168.1.1/24 dev eth0
wait_until 40 is_at 2001:db8:c::1 || fail 'the gateway does not follow to IPv6'
wait_until 40 ping_once || fail 'no ping over IPv6'
pings6
in_ns "$client" ping -q -c 2 -i 0.2 -W 20 -s 1300 172.16.1.10 >/dev/null || fail 'no large ping'
ip -n "$client" addr add 192.168.1.1/24 dev eth0
ip -n "$client" route replace default via 192.168.1.254 dev eth0
ip -n "$client" addr del 2001:db8:c::1/64 dev eth0
wait_until 40 is_at 192.168.1.1 || fail 'the gateway does not follow to IPv4'
wait_until 40 ping_once || fail 'no ping over IPv4'
pings6
ip -n "$client" addr add 2001:db8:c::1/64 dev eth0 nodad
wait_until 30 ip -n "$client" -6 route replace default via 2001:db8:c::fe dev eth0
expect 0 cli disconnect
unchanged
no_clear
