#!/bin/bash
# both routers begin at the same moment, and agree on one IKE SA; one that is gone for good is noticed
# waits
. "$(dirname "${BASH_SOURCE[0]}")/../site.sh"

negotiates() { router_show "$1" crypto ikev2 sa | grep -q IN-NEG; }
only_one() { [ "$(router_show "$1" crypto ikev2 sa | grep -c none/none)" = 1 ] && router_show "$1" crypto ikev2 sa | grep -q READY; }
pings_both() {
    in_ns "$one" ping -q -c 1 -W 1 -I 192.168.1.1 192.168.2.1 && in_ns "$two" ping -q -c 1 -W 1 -I 192.168.2.1 192.168.1.1
}

site_up
router_start 1
router_start 2
# nothing arrives until both have begun
for ns in $one $two; do
    in_ns "$ns" nft add table ip wire
    in_ns "$ns" nft add chain ip wire in '{ type filter hook input priority 0; iifname outside drop; }'
done
ip netns exec "$one" ping -q -c 1 -W 1 -I 192.168.1.1 192.168.2.1 >/dev/null &
ip netns exec "$two" ping -q -c 1 -W 1 -I 192.168.2.1 192.168.1.1 >/dev/null &
wait_until 30 negotiates 1 || fail "Router 1 has not begun"
wait_until 30 negotiates 2 || fail "Router 2 has not begun"
for ns in $one $two; do in_ns "$ns" nft delete table ip wire; done

wait_until 40 pings_both || fail "no pings"
wait_until 40 only_one 1 || fail "two IKE SAs stay at Router 1"
wait_until 40 only_one 2 || fail "two IKE SAs stay at Router 2"
pings_both >/dev/null || fail "no pings over the one that stays"
[ "$(router_show 1 crypto ikev2 sa detail | grep -o 'Local spi: [0-9A-F]*' | cut -c12-)" = \
    "$(router_show 2 crypto ikev2 sa detail | grep -o 'Remote spi: [0-9A-F]*' | cut -c13-)" ] || fail "the two mean different IKE SAs"

# five seconds of packets without an answer, then the question and its repetitions: 15.5 s
kill -9 "${router_pid[2]}"; wait "${router_pid[2]}" 2>/dev/null || true
ip netns exec "$one" ping -q -i 1 -I 192.168.1.1 192.168.2.1 >/dev/null &
ping_pid=$!
wait_until 60 grep -q 'is down: .*answer' "$work/router1.log" || fail "Router 1 has not noticed that Router 2 is gone"
# it begins anew for as long as there are packets, and finds Router 2 when that is back
router_start 2
wait_until 60 grep -q 'is up, begun by the peer' "$work/router2.log" || fail "not found again"
wait_until 30 pings_both || fail "no pings after that"
kill "$ping_pid"
