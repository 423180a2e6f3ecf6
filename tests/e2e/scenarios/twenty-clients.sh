#!/bin/bash
# twenty clients at once on one headend, each with its own address; all leases come back
. "$(dirname "$0")/../lib.sh"
n=20
net_up
sed 's/^ip local pool \([^ ]*\) .*/ip local pool \1 10.2.2.1-10.2.2.40/' "$modern_cfg" >"$work/many.cfg"
sed -i 's/^group-policy \(.*\) attributes/&\n vpn-simultaneous-logins 50/' "$work/many.cfg"
headend_start "$work/many.cfg"
agent_config
mkdir -p "$work/profiles"; cp "$top/tests/vectors/anyconnect-ikev2.xml" "$work/profiles/"
ip -n "$router" link add br0 type bridge
ip -n "$router" addr add 192.168.2.254/24 dev br0
ip -n "$router" link set br0 up
one() { # INDEX: a client in a namespace of its own
    local i=$1 ns=$net-c$1 pid
    ip netns add "$ns"
    ip -n "$ns" link set lo up
    ip -n "$ns" link add eth0 type veth peer name "c$i" netns "$router"
    ip -n "$router" link set "c$i" master br0 up
    ip -n "$ns" addr add "192.168.2.$i/24" dev eth0
    ip -n "$ns" link set eth0 up
    ip -n "$ns" route add default via 192.168.2.254
    # a device of its own: INITIAL_CONTACT of one must not end the session of another
    in_ns "$ns" "${as_device[@]}" "$i" "$bin/acagentd" --config "$work/acclient.conf" --profiles "$work/profiles" --state "$work/a$i" \
        --socket "$work/a$i.sock" >"$work/a$i.log" 2>&1 &
    wait_until 40 test -S "$work/a$i.sock" || return 1
    answers y n Anu cisco123 | in_ns "$ns" "$bin/acclient" --socket "$work/a$i.sock" -s connect Anu-IKEV2 >"$work/c$i.out" 2>&1 || return 1
    in_ns "$ns" ping -q -c 3 -i 0.2 -W 20 172.16.1.10 >/dev/null
}
devices_prepare
pids=()
for i in $(seq $n); do one "$i" & pids+=($!); done
for i in $(seq $n); do wait "${pids[$((i - 1))]}" || fail "client $i: $(tail -n 5 "$work/c$i.out")"; done
headend_show vpn-sessiondb detail anyconnect | grep -c '^Username' | grep -qx $n || fail "not $n sessions"
headend_show vpn-sessiondb detail anyconnect | grep -o 'Assigned IP *: [0-9.]*' | sort -u | wc -l | grep -qx $n || fail "addresses are not distinct"
for i in $(seq $n); do in_ns "$net-c$i" "$bin/acclient" --socket "$work/a$i.sock" disconnect >/dev/null 2>&1; done
expect 0 headend_show vpn-sessiondb detail anyconnect
lacks 'Username'
