#!/bin/bash
# IPv4 and IPv6 inside; both ends of both families are undone
. "$(dirname "$0")/../lib.sh"
sed 's|^ip local pool.*|&\nipv6 local pool modern6 2001:db8:2::1/64 100|; s|^ address-pool modern|&\n ipv6-address-pool modern6|' "$modern_cfg" >"$work/v6.cfg"
up "$work/v6.cfg"
ip -n "$head" addr add 2001:db8:1::1/64 dev inside nodad
ip -n "$inside" addr add 2001:db8:1::10/64 dev eth0 nodad
ip -n "$inside" route add default via 2001:db8:1::1
in_ns "$head" sysctl -qw net.ipv6.conf.all.forwarding=1
connect
pings
in_ns "$client" ping -6 -q -c 3 -i 0.2 -W 20 2001:db8:1::10 >/dev/null || fail "no IPv6 ping through the tunnel"
expect 0 cli status --json
jq -e '.client6 | startswith("2001:db8:2::")' "$work/out" >/dev/null || fail "no IPv6 address in the status"
in_ns "$client" ping -6 -q -c 2 -i 0.2 -W 20 -s 1300 2001:db8:1::10 >/dev/null || fail "no large IPv6 ping"
expect 0 cli disconnect
unchanged
