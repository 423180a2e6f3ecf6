#!/bin/bash
# a router that marks congestion is heard inside the tunnel; what cannot bear a mark is dropped and counted; DSCP shows outside
. "$(dirname "$0")/../lib.sh"
command -v nft >/dev/null || { echo "nft is needed (tests/deps.sh all)" >&2; exit 1; }
up "$modern_cfg"
trap 'quietly kill "${server:-}"; net_down' EXIT
for ns in "$client" "$inside"; do in_ns "$ns" sysctl -qw net.ipv4.tcp_ecn=1; done
ip netns exec "$inside" python3 "$top/tests/e2e/stream.py" serve 172.16.1.10 >"$work/serve" 2>&1 &
server=$!
wait_until 40 grep -q ready "$work/serve"

# rules RULE: what the router does to packets from now on
rules() {
    in_ns "$router" nft -f - <<RULES
table ip path
delete table ip path
table ip path {
    chain forward {
        type filter hook forward priority 0;
        udp dport 4500 ip dscp ef counter comment "urgent"
        $1
    }
}
RULES
}
of_net() { # NAMESPACE COUNTER of netstat(8)
    in_ns "$1" nstat -asz "$2" | awk -v name="$2" '$1 == name { print $2 }'
}
urgent() { in_ns "$router" nft list table ip path | awk '/urgent/ { for (i = 1; i < NF; i++) if ($i == "packets") print $(i + 1) }'; }

connect
rules 'udp dport 4500 ip ecn != not-ect numgen inc mod 20 == 0 counter ip ecn set ce'
in_ns "$client" python3 "$top/tests/e2e/stream.py" send 172.16.1.10 20 2>"$work/err" || fail 'a marked stream does not arrive'
[ "$(of_net "$inside" IpExtInCEPkts)" -gt 0 ] || fail 'the receiver saw no mark'
[ "$(of_net "$client" TcpExtTCPDeliveredCE)" -gt 0 ] || fail 'the sender heard of no mark'
rules 'udp sport 4500 ip ecn != not-ect numgen inc mod 20 == 0 counter ip ecn set ce'
in_ns "$client" python3 "$top/tests/e2e/stream.py" get 172.16.1.10 20 2>"$work/err" || fail 'a marked stream does not come'
[ "$(of_net "$client" IpExtInCEPkts)" -gt 0 ] || fail 'no mark came back'
[ "$(of_net "$inside" TcpExtTCPDeliveredCE)" -gt 0 ] || fail 'the other sender heard of no mark'
expect 0 cli stats --json
jq -e '.drops.congested == 0' "$work/out" >/dev/null || fail 'marks that can be borne were dropped'

# who does not know marks must lose the packet, as a router would have dropped it
rules 'udp sport 4500 ip ecn set ce'
! in_ns "$client" ping -q -c 2 -i 0.2 -W 1 172.16.1.10 >/dev/null || fail 'a mark was swallowed'
expect 0 cli stats --json
jq -e '.drops.congested >= 2' "$work/out" >/dev/null || fail 'it is not counted'

rules ''
in_ns "$client" ping -q -Q 0xb8 -c 3 -i 0.2 -W 20 172.16.1.10 >/dev/null || fail 'no urgent ping'
[ "$(urgent)" = 3 ] || fail "$(urgent) packets were urgent outside"
expect 0 cli disconnect
agent_stop
agent_config esp.dscp=zero
agent_start
connect
in_ns "$client" ping -q -Q 0xb8 -c 3 -i 0.2 -W 20 172.16.1.10 >/dev/null || fail 'no urgent ping'
[ "$(urgent)" = 3 ] || fail 'what is urgent shows, and should not'
expect 0 cli disconnect
unchanged
