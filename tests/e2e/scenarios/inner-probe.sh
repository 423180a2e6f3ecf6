#!/bin/bash
# a neighbour on the client's link asks for the inner address: nothing answers him, and the rule that sees to it goes with the tunnel
. "$(dirname "$0")/../lib.sh"
command -v nft >/dev/null || { echo "nft is needed (tests/deps.sh all)" >&2; exit 1; }
# split, so that an answer to the neighbour would go straight back to him
sed 's/^group-policy \(.*\) attributes/access-list INSIDE standard permit 172.16.1.0 255.255.255.0\n&\n split-tunnel-policy tunnelspecified\n split-tunnel-network-list value INSIDE/' "$modern_cfg" >"$work/split.cfg"
up "$work/split.cfg"
in_ns "$client" sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.eth0.rp_filter=0
in_ns "$router" nft -f - <<'RULES'
table inet heard {
    chain pre {
        type filter hook prerouting priority -300;
        iifname "lan" ip saddr 10.2.3.0/24 counter
    }
}
RULES
# counted NAMESPACE TABLE: packets in its counters
counted() {
    in_ns "$1" nft list table inet "$2" | awk '/counter/ { for (i = 1; i < NF; i++) if ($i == "packets") n += $(i + 1) } END { print n + 0 }'
}
guarded() { in_ns "$client" nft list tables | grep -q acclient_; }
echo_inner() { in_ns "$router" ping -q -c 2 -i 0.2 -W "$1" "$inner"; }
syn_inner() { in_ns "$router" timeout "$1" bash -c "exec 3<>/dev/tcp/$inner/9"; }

connect
inner=$(in_ns "$client" ip -4 -o addr show dev acc0 | awk '{ sub("/.*", "", $4); print $4 }')
ip -n "$router" route add "$inner" via 192.168.1.1 dev lan
expect 1 echo_inner 2
expect 124 syn_inner 2
in_ns "$router" ping -q -c 1 -W 20 192.168.1.1 >/dev/null || fail "the neighbour is not heard at all"
[ "$(counted "$router" heard)" = 0 ] || fail "the neighbour hears the inner address"
[ "$(counted "$client" acclient_acc0)" -ge 3 ] || fail "what was dropped is not counted"
pings
in_ns "$client" ping -q -c 1 -W 20 "$inner" >/dev/null || fail "the host does not hear itself"

# without the rule there is an answer to both
in_ns "$client" nft delete table inet acclient_acc0
expect 0 echo_inner 20
expect 1 syn_inner 20
has 'Connection refused'
[ "$(counted "$router" heard)" -ge 3 ] || fail "the answers are not counted"
expect 0 cli disconnect
unchanged
! grep -q 'Cannot undo' "$work/agent.log" || fail "a rule that is gone is an error"

# gone after disconnecting, and after kill -9 with the next start
expect 0 cli -s connect Anu-IKEV2 < <(answers Anu cisco123)
guarded || fail "no guard after connecting again"
expect 0 cli disconnect
! guarded || fail "the guard outlives the tunnel"
expect 0 cli -s connect Anu-IKEV2 < <(answers Anu cisco123)
kill -9 "$agent_pid"
wait "$agent_pid" 2>/dev/null || true
guarded || fail "no guard left for the next start to remove"
rm -f "$work/agent.sock"
agent_start
! guarded || fail "the guard outlives the agent"
unchanged
