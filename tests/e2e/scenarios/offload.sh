#!/bin/bash
# streams and datagrams through the tunnel are what was sent, in large pieces and one by one
. "$(dirname "$0")/../lib.sh"
stream() { in_ns "$client" python3 "$top/tests/e2e/stream.py" "$@" 2>"$work/err" || fail "stream.py $*"; }
servers=()
stop_servers() { [ ${#servers[@]} = 0 ] || quietly kill "${servers[@]}"; }
trap 'stop_servers; net_down' EXIT

# has_header NAMESPACE INTERFACE on|off: whether it moves large packets
has_header() {
    ip -n "$1" -d link show dev "$2" >"$work/out"
    grep -q "vnet_hdr $3" "$work/out" || fail "$2: vnet_hdr is not $3"
}
inner_mtu() { ip -n "$client" link set acc0 mtu "$1"; ip -n "$head" link set achead0 mtu "$1"; }
# New keys again and again until it is enough, but no more than ten: where all is slow they would make it slower.
rekeys() {
    local i
    for ((i = 0; i < 10; i++)); do
        in_ns "$head" "$bin/acheadend" --control "$work/head.sock" rekey all >>"$work/rekeys" || return 1
        [ ! -e "$work/enough" ] || return 0
        sleep 0.2
    done
}
# way NAME VNET_HDR MEGABYTES
way() {
    agent_config "tunnel.offload=$1"
    headend_start "$work/v6.cfg" --offload "$1"
    agent_start
    connect
    has_header "$client" acc0 "$2"
    has_header "$head" achead0 "$2"
    stream all "$3" 172.16.1.10 2001:db8:1::10
    # under new keys, again and again, at full speed
    rekeys & rekeying=$!
    stream send 172.16.1.10 "$3"
    stream get 2001:db8:1::10 "$3"
    touch "$work/enough"; wait $rekeying || fail "no new keys"; rm "$work/enough"
    inner_mtu 1280
    stream all $(($3 / 4)) 172.16.1.10 2001:db8:1::10
    expect 0 cli stats --json
    # nothing of it was refused; a full queue is the network's right
    jq -e '.drops | del(.unsent) | to_entries | all(.value == 0)' "$work/out" >/dev/null || fail "$1: something was dropped"
    expect 0 cli disconnect
    agent_stop
    headend_stop
}

net_up
profile_of_the_vectors
config6 "$work/v6.cfg"
sed -i '/ipv6 address 2001:db8:a::1/d' "$work/v6.cfg" # inside only
inside6_up
for to in 172.16.1.10 2001:db8:1::10; do
    ip netns exec "$inside" python3 "$top/tests/e2e/stream.py" serve $to >"$work/serve.$to" 2>&1 &
    servers+=($!)
    wait_until 40 grep -q ready "$work/serve.$to"
done
remember_before
way all on 60
way none off 12
way tun on 12
way udp off 12
unchanged
