#!/bin/bash
# a client of strongSwan and our headend: IPv6 outside, both families inside; IPv6 alone inside; by MOBIKE from one family to the other
. "$(dirname "$0")/../lib.sh"
net_up
net6_up
inside6_up
asa_interface=" ipv6 address 2001:db8:a::1/64"
asa_global="ipv6 local pool clients6 2001:db8:4::1/64 100"
asa_policy=" ipv6-address-pools value clients6"
gateway_at=2001:db8:a::1
swan_vips="0.0.0.0, ::" swan_wants="0.0.0.0/0, ::/0"
psk_headend_and_client
capture "$router" lan
swan_up
pings
pings6
in_ns "$client" ping -6 -q -c 2 -i 0.2 -W 20 -s 1300 2001:db8:1::10 >/dev/null || fail "no large IPv6 ping"
expect 0 swan "$swan_dir" --list-sas
has 'local  10.2.4.1/32 2001:db8:4::1/128'
has 'remote 0.0.0.0/0 ::/0'
expect 0 headend_show crypto ikev2 sa detail
has ' 2001:db8:a::1/4500 '
has ' 2001:db8:c::1/4500 '
has 'Assigned host addr: 10.2.4.1'
has 'Assigned host addr: 2001:db8:4::1'

# the other address of our headend is known to the client, which has no IPv6 outside any more
headend_at() { headend_show crypto ipsec sa >"$work/out" && grep -qF "remote crypto endpt.: $1/" "$work/out"; }
ip -n "$client" -6 addr flush dev eth0 scope global
wait_until 30 headend_at 192.168.1.1 || { headend_show crypto ikev2 sa; tail -n 50 $swan_dir/charon.log; fail "our headend does not follow to IPv4"; }
pings
pings6
swan_down

gateway_at=10.0.0.1 swan_vips="::" swan_wants="::/0"
psk_client
swan_reload
swan_up
pings6
expect 0 headend_show crypto ikev2 sa detail
has 'Assigned host addr: 2001:db8:4::1'
lacks 'Assigned host addr: 10.2.4.1'
swan_down
capture_stop
only_the_tunnel_on_the_wire
