#!/bin/bash
# a client of strongSwan goes to another network, takes another address there, and goes behind a NAT: by MOBIKE our headend follows
. "$(dirname "$0")/../lib.sh"
net_up
link "$client" eth1 192.168.2.1/24 "$router" lan2 192.168.2.254/24
ip -n "$client" link set eth1 down
in_ns "$router" sysctl -qw net.ipv4.neigh.lan.retrans_time_ms=50 # who has gone from a link is soon said to be unreachable
psk_headend_and_client --export-keys "$work/keys"
capture "$router" wan
swan_up
pings
ip netns exec "$inside" ping -i 0.02 10.2.4.1 >"$work/pinging" 2>&1 & # so that our headend always has ESP to send
pinging=$!
headend_at() { headend_show crypto ipsec sa >"$work/out" && grep -qF "remote crypto endpt.: $1/" "$work/out"; }
# moved ADDRESS: IKE and ESP of the one session are there
moved() {
    wait_until 30 headend_at "$1" || fail "our headend does not follow to $1"
    wait_until 30 ping_once || fail "no ping from $1"
    pings
    expect 0 headend_show crypto ikev2 sa detail
    has ' 10.0.0.1/4500 '
    has " $1/"
    has 'Session-id:1, '
    lacks 'Session-id:2, '
}
# To strongSwan an address on a link that is down is still its own: it has to go.
ip -n "$client" addr flush dev eth0
ip -n "$client" link set eth0 down
ip -n "$client" link set eth1 up
ip -n "$client" route replace default via 192.168.2.254
moved 192.168.2.1

ip -n "$client" addr flush dev eth1
ip -n "$client" addr add 192.168.2.7/24 dev eth1
ip -n "$client" route replace default via 192.168.2.254
moved 192.168.2.7

nat_up 20000-20999
ip -n "$client" addr flush dev eth1
ip -n "$client" link set eth1 down
ip -n "$client" link set eth0 up
ip -n "$client" addr add 192.168.1.9/24 dev eth0
ip -n "$client" route replace default via 192.168.1.254
moved 10.0.0.254
has '10.0.0.254/20'
quietly kill -INT "$pinging"; quietly wait "$pinging"
swan_down
capture_stop
only_the_tunnel_on_the_wire
read_everything

UPDATE_SA_ADDRESSES=16400 COOKIE2=16401
for there in 192.168.2.1 192.168.2.7 10.0.0.254; do
    seen "isakmp.notify.msgtype == $UPDATE_SA_ADDRESSES && ip.src == $there"
    proved=$(first_seen "isakmp.notify.msgtype == $COOKIE2 && ip.src == $there && isakmp.flag_r == 1")
    [ "$(first_seen "esp && ip.dst == $there")" -gt "$proved" ] || fail "ESP goes to $there before the client has proved to be there"
done
unseen "esp && !(icmp.type == 3) && ip.dst == 192.168.1.1 && frame.number > $(first_seen "esp && ip.dst == 192.168.2.1")"
