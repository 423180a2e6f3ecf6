#!/bin/bash
# two routers with the published configurations reach each other's loopbacks; a restarted one is found again
. "$(dirname "${BASH_SOURCE[0]}")/../site.sh"

site_up
router_start 1
router_start 2
# IPv6 and the like of the interface itself wake nobody
routers_idle || fail "an IKE SA without a packet"

# the first packet begins it, and is not lost
in_ns "$one" ping -q -c 1 -W 20 -I 192.168.1.1 192.168.2.1 >/dev/null || fail "the packet that began it is lost"
in_ns "$two" ping -q -c 3 -i 0.2 -W 20 -I 192.168.2.1 192.168.1.1 >/dev/null || fail "no ping back"
in_ns "$one" ping -q -c 3 -i 0.2 -W 20 172.16.0.102 >/dev/null || fail "no ping between the tunnel's ends"
kill "$capture_pid"; wait "$capture_pid" 2>/dev/null || true
[ -s "$work/wire.txt" ] || fail "nothing was captured"
! grep -vE 'IP 10\.0\.0\.[12]\.(500|4500) > 10\.0\.0\.[12]\.(500|4500): |ARP' "$work/wire.txt" >"$work/out" ||
    fail "something else than UDP 500 and 4500 is on the wire"

expect 0 router_show 1 crypto ikev2 sa detail
has "10.0.0.1/4500         10.0.0.2/4500         none/none            READY"
has "Encr: AES-CBC, keysize: 128, Hash: SHA96, DH Grp:2, Auth sign: PSK, Auth verify: PSK"
has "Life/Active Time: 120/"
has "Local id: 10.0.0.1"
has "Remote id: 10.0.0.2"
has "Local window:      5              Remote window:      5"
has "Initiator of SA : Yes"
expect 0 router_show 2 crypto ikev2 sa detailed
has "Initiator of SA : No"
expect 0 router_show 1 crypto ipsec sa
has "interface: Tunnel0"
has "Crypto map tag: Tunnel0-head-0, local addr 10.0.0.1"
has "current_peer 10.0.0.2 port 4500"
has "#pkts encaps: 7, #pkts encrypt: 7, #pkts digest: 7"
has "transform: esp-3des esp-sha-hmac ,"
expect 0 router_show 1 crypto ipsec stats
has "Packets: 7"
has "unwritten: 0"
expect 0 router_show 2 crypto session
has "Session status: UP-ACTIVE"
has "IKEv2 SA: local 10.0.0.2/4500 remote 10.0.0.1/4500 Active"
has "Active SAs: 2, origin: crypto map"
expect 0 router_show 2 running-config
has " tunnel protection ipsec profile phse2-prof"
lacks "cisco"
expect 2 router_show 1 vpn-sessiondb detail anyconnect

# killed, so that it says no goodbye: nothing of it stays
kill -9 "${router_pid[2]}"; wait "${router_pid[2]}" 2>/dev/null || true
! in_ns "$two" ip link show Tunnel0 2>/dev/null || fail "Tunnel0 is still there"
! in_ns "$two" ip link show Loopback0 2>/dev/null || fail "Loopback0 is still there"
router_start 2
# Router 1 still sends into the old SA; that is how Router 2 learns that it is wanted
wait_until 40 in_ns "$one" ping -q -c 1 -W 1 -I 192.168.1.1 192.168.2.1 || fail "not found again"
wait_until 30 grep -q 'is down: the peer has begun anew' "$work/router1.log" || fail "the old one stays at Router 1"
expect 0 router_show 2 crypto ikev2 sa detail
has "Initiator of SA : Yes"

# the other way round it is Router 2 that has packets for a router that is gone
kill -9 "${router_pid[1]}"; wait "${router_pid[1]}" 2>/dev/null || true
router_start 1
wait_until 40 in_ns "$two" ping -q -c 1 -W 1 -I 192.168.2.1 192.168.1.1 || fail "not found again"

# goodbye is said, and the other end makes a new one when it has a packet
router_stop 2
logged router2 "this router is shutting down"
wait_until 30 routers_idle 1 || fail "Router 1 has not heard the goodbye"
router_start 2
in_ns "$one" ping -q -c 1 -W 20 -I 192.168.1.1 192.168.2.1 >/dev/null || fail "no new one"
