#!/bin/bash
# TCP is told at both ends of the tunnel how large a segment may be: the gateway's word, the agent's, and the MTU's
. "$(dirname "$0")/../lib.sh"
command -v nft >/dev/null || { echo "nft is needed (tests/deps.sh all)" >&2; exit 1; }
trap 'quietly kill "${server:-}"; net_down' EXIT
net_up
profile_of_the_vectors
ip netns exec "$inside" python3 "$top/tests/e2e/stream.py" serve 172.16.1.10 >"$work/serve" 2>&1 &
server=$!
wait_until 40 grep -q ready "$work/serve"
remember_before
# what the client's answer and what the server's question say of it, each as the other one gets it
watch() { # NAMESPACE FLAGS
    in_ns "$1" nft -f - <<RULES
table ip mss
delete table ip mss
table ip mss {
    set said { type inet_service; size 16; flags dynamic; }
    chain input {
        type filter hook input priority 0;
        tcp flags & (syn | ack) == $2 add @said { tcp option maxseg size }
    }
}
RULES
}
said() { in_ns "$1" nft -j list set ip mss said | jq -c '[.nftables[].set.elem // empty] | flatten'; }
# row CONFIG WANT-AT-THE-CLIENT WANT-AT-THE-SERVER [SETTING...]
row() {
    local config=$1 at_client=$2 at_server=$3; shift 3
    agent_config "$@"
    headend_start "$config"
    agent_start
    connect
    mtu=$(in_ns "$client" cat /sys/class/net/acc0/mtu)
    watch "$client" 'syn | ack'
    watch "$inside" syn
    in_ns "$client" python3 "$top/tests/e2e/stream.py" send 172.16.1.10 2 2>"$work/err" || fail 'no stream'
    [ "$(said "$client")" = "[$(($at_client))]" ] || fail "the client is told $(said "$client"), not $(($at_client)); MTU $mtu"
    [ "$(said "$inside")" = "[$(($at_server))]" ] || fail "the server is told $(said "$inside"), not $(($at_server)); MTU $mtu"
    in_ns "$client" nft delete table ip mss
    in_ns "$inside" nft delete table ip mss
    expect 0 cli disconnect
    agent_stop
    headend_stop
}
sed '1a sysopt connection tcpmss 0' "$modern_cfg" >"$work/any.cfg"
sed '1a sysopt connection tcpmss 900' "$modern_cfg" >"$work/900.cfg"
row "$modern_cfg" 'mtu - 40' 'mtu - 40'
row "$work/any.cfg" 'mtu - 40' 'mtu - 40' # the agent alone
row "$work/any.cfg" 1000 1000 esp.tcp_mss=1000
row "$work/900.cfg" 900 900 esp.tcp_mss=1000
unchanged
