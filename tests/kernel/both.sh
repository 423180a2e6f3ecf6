#!/bin/bash
# the kernel at both ends, both families inside: 2 MiB each way, new keys from both ends without a lost ping, IPv4 to IPv6 and back, a narrow path
. "$(dirname "$0")/lib.sh"
config6 "$work/v6.cfg"
echo 'crypto ipsec security-association replay window-size 4096' >>"$work/v6.cfg"
up none tunnel.plane=kernel esp.replay_window=4096 ike.child_octets=1500000
net6_up
inside6_up
headend_start "$work/v6.cfg" --plane kernel
remember_before
watch_clear
connect
news() { grep -c 'the tunnel has new keys' "$work/agent.log" || true; }
is_new() { [ "$(news)" -gt "$1" ]; }
kernel_has "$client" 2
kernel_has "$head" 2
for ns in "$client" "$head"; do
    [ "$(ip -n "$ns" xfrm state list | grep -c 'replay_window 4096')" = 1 ] || fail "$ns: the window is another: $(ip -n "$ns" xfrm state list)"
    [ "$(ip -n "$ns" xfrm state list | grep -c 'flag.* esn')" = 2 ] || fail "$ns: sequence numbers are short"
done
pings
pings6
was=$(news)
transfer
wait_until "$patience" is_new "$was" || fail 'no new keys after so many octets'

stream_start 172.16.1.10
stream_start -6 2001:db8:1::10
for what in '' '' ike; do
    was=$(news)
    expect 0 in_ns "$head" "$bin/acheadend" --control "$work/head.sock" rekey all $what
    [ -n "$what" ] || wait_until "$patience" is_new "$was" || fail 'rekeying does not come'
done
wait_until "$patience" grep -q 'has a new IKE SA' "$work/headend.log" || fail 'no new IKE SA'
stream_end
for ns in "$client" "$head"; do wait_until "$patience" has_sas "$ns" 2 || kernel_has "$ns" 2; done # the replaced ones go a moment later
expect 0 cli stats --json
count=$(jq -r .packets_received "$work/out")
[ "$count" -gt 1500 ] || fail "the kernel's counters are not read: $(cat "$work/out")"
jq -e '.drops | del(.selector) | to_entries | all(.value == 0)' "$work/out" >/dev/null || fail "something was dropped: $(cat "$work/out")"

# another family, and back to another address
is_at() { headend_show crypto ipsec sa | grep -q "remote crypto endpt.: $1/"; }
ip -n "$client" addr del 192.168.1.1/24 dev eth0
wait_until "$patience" is_at 2001:db8:c::1 || fail 'the gateway does not follow to IPv6'
wait_until "$patience" ping_once || fail 'no ping over IPv6'
pings6
kernel_has "$client" 2
state=$(ip -n "$client" xfrm state list)
[[ $state == *'src 2001:db8:c::1 dst 2001:db8:a::1'* ]] || fail "the SA has not moved: $state"
ip -n "$client" addr add 192.168.1.2/24 dev eth0
ip -n "$client" route replace default via 192.168.1.254 dev eth0
ip -n "$client" addr del 2001:db8:c::1/64 dev eth0
wait_until "$patience" is_at 192.168.1.2 || fail 'the gateway does not follow to IPv4'
wait_until "$patience" ping_once || fail 'no ping over IPv4'
pings6
expect 0 cli stats --json
[ "$(jq -r .packets_received "$work/out")" -gt "$count" ] || fail 'the counters begin anew with a move'
[ "$(jq -r .drops.replayed "$work/out")" = 0 ] || fail 'packets came twice'

# a path that is narrower than both ends can see
ip -n "$router" route replace 10.0.0.0/24 dev wan mtu lock 1300
ip -n "$router" route replace 192.168.1.0/24 dev lan mtu lock 1300
told() { in_ns "$1" ping -c 1 -W 1 -M do -s 1300 "$2" >"$work/ping" 2>&1; grep -q '[mM]essage too long\|mtu *= *12[0-9][0-9]' "$work/ping"; }
wait_until "$patience" told "$client" 172.16.1.10 || fail "the client is not told: $(cat "$work/ping")"
wait_until "$patience" told "$inside" "$(cli stats --json | jq -r .client4)" || fail "the inside is not told: $(cat "$work/ping")"
transfer 300000
in_ns "$client" ping -q -c 1 -W 20 -M dont -s 1350 172.16.1.10 >/dev/null || fail 'what may be cut does not pass'

# what is on its way to nobody's SA
in_ns "$router" nft 'add table ip lie; add chain ip lie forward { type filter hook forward priority 0; }; add rule ip lie forward udp sport 4500 @th,64,32 != 0 @th,64,32 set 0x1020304'
expect 1 in_ns "$client" ping -q -c 2 -i 0.2 -W 1 172.16.1.10
in_ns "$router" nft delete table ip lie
expect 0 cli stats --json
[ "$(jq -r .drops.no_sa "$work/out")" -ge 2 ] || fail 'it is not counted'
pings
no_clear
expect 0 cli disconnect
kernel_clean "$client" "$head"
no_adapter "$client"
ip -n "$client" addr del 192.168.1.2/24 dev eth0
ip -n "$client" addr add 192.168.1.1/24 dev eth0
ip -n "$client" route replace default via 192.168.1.254
ip -n "$client" addr add 2001:db8:c::1/64 dev eth0 nodad
wait_until "$patience" ip -n "$client" -6 route replace default via 2001:db8:c::fe dev eth0
unchanged
headend_stop
no_adapter "$head"
