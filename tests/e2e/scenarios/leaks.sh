#!/bin/bash
# routes of a lying network do not lead out of a full tunnel: DHCP's option 121, a "local" network, the gateway's own address
. "$(dirname "$0")/../lib.sh"
up "$modern_cfg"
watch_clear
in_ns "$client" sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.eth0.rp_filter=0
connect
pings
# way ADDRESS WORDS: where a packet of anybody's, or of the agent's with "mark 0xacc1", would go
way() { in_ns "$client" ip route get "$@" | head -n 1; }
# what a DHCP server may push: more specific than anything
for net in 0.0.0.0/1 128.0.0.0/1 172.16.1.0/24 172.16.1.10/32; do
    ip -n "$client" route add "$net" via 192.168.1.254 dev eth0
done
pings
no_clear
way 172.16.1.10 | grep -q 'dev acc' || fail "a pushed route leads out of the tunnel"
way 8.8.8.8 | grep -q 'dev acc' || fail "half of the world leads out of the tunnel"
# a network that claims to be the one inside
for net in 0.0.0.0/1 128.0.0.0/1 172.16.1.0/24 172.16.1.10/32; do
    ip -n "$client" route del "$net" via 192.168.1.254 dev eth0
done
ip -n "$client" addr add 172.16.200.1/16 dev eth0
pings
no_clear
way 172.16.1.10 | grep -q 'dev acc' || fail "the local network hides the one inside"
ip -n "$client" addr del 172.16.200.1/16 dev eth0
# only the agent's own packets reach the gateway outside
way 10.0.0.1 | grep -q 'dev acc' || fail "anybody's packets to the gateway stay outside"
way 10.0.0.1 mark 0xacc1 | grep -q 'dev eth0' || fail "the agent's own packets go into the tunnel"
pings
no_clear
expect 0 cli disconnect
