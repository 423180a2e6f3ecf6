#!/bin/bash
# two ASAs with a site-to-site tunnel: either begins it at its start, one that only answers waits, both at once agree on one tunnel
. "$(dirname "${BASH_SOURCE[0]}")/../site.sh"

# side N OURS PEER NEAR FAR [CONNECTION-TYPE]
side() {
    cat >"$work/asa$1.cfg" <<CFG
hostname site$1
interface GigabitEthernet0/0
 nameif outside
 ip address $2 255.255.255.0
access-list L2L extended permit ip $4 255.255.255.0 $5 255.255.255.0
crypto ikev2 policy 1
 encryption aes-gcm-256
 integrity null
 group 19
 prf sha256
 lifetime seconds 86400
crypto ikev2 enable outside
crypto ipsec ikev2 ipsec-proposal AES
 protocol esp encryption aes-gcm-256
 protocol esp integrity null
crypto map M 1 match address L2L
crypto map M 1 set peer $3
crypto map M 1 set ikev2 ipsec-proposal AES
${6:+crypto map M 1 set connection-type $6}
crypto map M interface outside
group-policy GP internal
group-policy GP attributes
 vpn-tunnel-protocol ikev2
tunnel-group $3 type ipsec-l2l
tunnel-group $3 ipsec-attributes
 ikev2 remote-authentication pre-shared-key between-the-two
 ikev2 local-authentication pre-shared-key between-the-two
CFG
}
start() {
    rm -f "$work/router$1.sock"
    ip netns exec "$(router_ns "$1")" "$bin/acheadend" --config "$work/asa$1.cfg" --state "$work/state$1" \
        --control "$work/router$1.sock" --log "${AC_LOG:-message}" >>"$work/router$1.log" 2>&1 &
    router_pid[$1]=$!
    wait_until 40 test -S "$work/router$1.sock" || fail "ASA $1 does not start"
}
begun_by() { # INITIATOR RESPONDER
    router_show "$1" crypto ikev2 sa | grep -q INITIATOR && router_show "$2" crypto ikev2 sa | grep -q RESPONDER
}
pings_both() {
    in_ns "$one" ping -q -c 1 -W 1 -I 192.168.1.1 192.168.2.1 && in_ns "$two" ping -q -c 1 -W 1 -I 192.168.2.1 192.168.1.1
}
tunnels() { router_show "$1" crypto ikev2 sa | grep -cE 'INITIATOR|RESPONDER' || true; }
only_one() { [ "$(tunnels 1)" = 1 ] && [ "$(tunnels 2)" = 1 ]; }

site_up
kill "$capture_pid"; wait "$capture_pid" 2>/dev/null || true
for n in 1 2; do
    ip -n "$(router_ns $n)" addr add 192.168.$n.1/24 dev lo
    in_ns "$(router_ns $n)" sysctl -qw net.ipv4.ip_forward=1
done

# 1 begins, 2 waits
side 1 10.0.0.1 10.0.0.2 192.168.1.0 192.168.2.0
side 2 10.0.0.2 10.0.0.1 192.168.2.0 192.168.1.0 answer-only
start 2
start 1
wait_until 30 pings_both || fail 'no tunnel that site 1 has begun'
begun_by 1 2 || fail "it has not been begun by site 1: $(router_show 1 crypto ikev2 sa)"
expect 0 router_show 1 vpn-sessiondb detail l2l
has '10.0.0.2'
# gone, and made anew without a word of anybody
kill -9 "${router_pid[2]}"; wait "${router_pid[2]}" 2>/dev/null || true
router_stop 1
start 1
start 2
wait_until 60 pings_both || fail 'it is not made anew'
router_stop 1; router_stop 2

# 2 only begins: what 1 begins is refused, what 2 begins is taken
side 2 10.0.0.2 10.0.0.1 192.168.2.0 192.168.1.0 originate-only
start 1
start 2
wait_until 60 pings_both || fail 'no tunnel that site 2 has begun'
begun_by 2 1 || fail 'it has not been begun by site 2'
router_stop 1; router_stop 2

# both begin: one tunnel stays
side 2 10.0.0.2 10.0.0.1 192.168.2.0 192.168.1.0 bidirectional
start 1
start 2
wait_until 60 pings_both || fail 'no tunnel when both begin'
wait_until 30 only_one || fail "not one tunnel: $(tunnels 1) and $(tunnels 2)"
wait_until 40 pings_both || fail 'no pings over the one that stays'
