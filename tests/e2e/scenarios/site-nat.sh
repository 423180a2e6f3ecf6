#!/bin/bash
# a router behind a NAT: the other one knows it by its identity, follows it when the NAT forgets, and takes no other identity or key
. "$(dirname "${BASH_SOURCE[0]}")/../site.sh"
command -v nft >/dev/null || { echo "nft is needed (tests/deps.sh all)" >&2; exit 1; }

# Router 1 192.168.50.1 -- 192.168.50.254 NAT 10.0.0.9 -- 10.0.0.2 Router 2, which believes in 10.0.0.1
for ns in $one $two $router; do
    ip netns add "$ns"
    ip -n "$ns" link set lo up
    in_ns "$ns" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
done
link "$one" outside 192.168.50.1/24 "$router" lan 192.168.50.254/24
link "$router" wan 10.0.0.9/24 "$two" outside 10.0.0.2/24
ip -n "$one" route add default via 192.168.50.254
in_ns "$router" sysctl -qw net.ipv4.ip_forward=1
nat_up 20000-20099

# config N [SED]: the configuration of the vectors, changed
config() { sed "$2" "$top/tests/vectors/ios-router$1.cfg" >"$work/router$1.cfg"; }
start() {
    rm -f "$work/router$1.sock"
    ip netns exec "$(router_ns "$1")" "$bin/acheadend" --config "$work/router$1.cfg" --state "$work/state$1" \
        --control "$work/router$1.sock" --log "${AC_LOG:-message}" >>"$work/router$1.log" 2>&1 &
    router_pid[$1]=$!
    wait_until 40 test -S "$work/router$1.sock" || fail "Router $1 does not start"
}
ping_two() { in_ns "$one" ping -q -c 1 -W 2 -I 192.168.1.1 192.168.2.1; }
ping_one() { in_ns "$two" ping -q -c 1 -W 2 -I 192.168.2.1 192.168.1.1; }
at_two() { router_show 2 crypto ikev2 sa | grep -q "10.0.0.9/$1"; }

config 1 's/ip address 10.0.0.1 /ip address 192.168.50.1 /; s/cisco/behind-a-nat/'
# where it comes from has another key; what it calls itself decides
config 2 's/^crypto ikev2 profile/ peer natted\n  identity address 192.168.50.1\n  pre-shared-key behind-a-nat\n!\n&/; s/remote address 0.0.0.0/remote address 192.168.50.0 255.255.255.0/'
start 1
start 2
logged router2 "does not match the address of the peer"
wait_until 40 ping_two || fail 'no tunnel from behind the NAT'
wait_until 30 at_two 200 || fail 'it does not come through the NAT'
wait_until 30 ping_one || fail 'no ping back'
expect 0 router_show 2 crypto ikev2 sa detail
has "Remote id: 192.168.50.1"

# the NAT forgets: other ports
nat_rebind 30000-30099
wait_until 40 ping_two || fail 'dead after the NAT has forgotten it'
wait_until 30 ping_one || fail 'Router 2 does not follow'
both_ways() { ping_two && ping_one; }
both_ways >/dev/null || fail 'no pings after that'

# another identity, then another key
router_stop 1
config 1 's/ip address 10.0.0.1 /ip address 192.168.50.1 /; s/cisco/behind-a-nat/; s/^ match identity.*/&\n identity local address 192.168.51.1/'
start 1
! ping_two >/dev/null || fail 'an identity that the profile does not match gets in'
wait_until 30 grep -q 'nobody here knows' "$work/router2.log" || fail 'Router 2 does not say why'
router_stop 1
config 1 's/ip address 10.0.0.1 /ip address 192.168.50.1 /'
start 1
! ping_two >/dev/null || fail 'the key of the address gets in under the other identity'
