#!/bin/bash
# the path gets narrower while connected: the inner MTU follows what routers say, and large packets pass again
. "$(dirname "$0")/../lib.sh"
up "$modern_cfg"
connect
pings
mtu() { in_ns "$client" cat /sys/class/net/acc0/mtu; }
wide=$(mtu)
large() { in_ns "$client" ping -q -c 1 -W 1 -M dont -s 1350 172.16.1.10; }
large >/dev/null || fail 'no large ping on a wide path'
ip -n "$router" link set wan mtu 1300
ip -n "$head" link set outside mtu 1300
narrower() { quietly large; [ "$(mtu)" -lt "$wide" ]; }
wait_until 40 narrower || fail "the inner MTU is still $(mtu)"
[ "$(mtu)" -ge 1200 ] && [ "$(mtu)" -le 1260 ] || fail "the inner MTU is $(mtu) on a path of 1300"
# what does not fit and must not be cut is refused inside, with the reason
! in_ns "$client" ping -c 1 -W 1 -M do -s 1300 172.16.1.10 >"$work/ping" 2>&1 || fail 'a packet larger than the MTU passes'
grep -q 'message too long\|Message too long\|mtu' "$work/ping" || fail "the reason is not told: $(cat "$work/ping")"
# from the first large answer the headend learns it, too
wait_until 40 large || fail 'no large ping on a narrow path'
pings
expect 0 cli disconnect
unchanged
