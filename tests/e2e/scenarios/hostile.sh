#!/bin/bash
# packets that lie are written into the adapter, and datagrams that are nothing into the net: each is counted by its reason, and does nothing else
. "$(dirname "$0")/../lib.sh"
end=client
drops() { # of $end, as JSON
    if [ "$end" = client ]; then
        cli stats --json | jq -c .drops
    else
        headend_show crypto ipsec stats | sed '1,/^Dropped packets/d' |
            jq -Rnc '[inputs | split(": ") | {(.[0] | ltrimstr("    ")): (.[1] | tonumber)}] | add'
    fi
}
# counted: is each reason what it was before, and what hostile.py asks for? Others of this host may send packets, too: more is no fault
counted() {
    jq -en --argjson before "$before" --argjson after "$(drops)" --slurpfile said "$work/said" '
        $said[0].count | del(.passes) | to_entries | length > 0 and all(.value + $before[.key] <= $after[.key])'
}
# exact REASON...: and of these no more than that
exact() {
    jq -en --argjson before "$before" --argjson after "$(drops)" --slurpfile said "$work/said" '
        $ARGS.positional | all(($said[0].count[.] // 0) + $before[.] == $after[.])' --args "$@" >/dev/null ||
        fail "$(cat "$work/said"): before $before, after $(drops)"
}
# lied HOW WHO...: hostile.py says it all; every packet of these is counted
lied() {
    before=$(drops)
    "$@" >"$work/said" 2>"$work/err" || fail "hostile.py $*"
    wait_until 40 counted || fail "$(cat "$work/said"): before $before, after $(drops)"
}
way() { # OFFLOAD [large]
    local inner4 inner6 port
    agent_config "tunnel.offload=$1"
    headend_start "$work/v6.cfg" --offload "$1"
    agent_start
    connect
    inner4=$(in_ns "$client" ip -4 -o addr show dev acc0 | awk '{ sub("/.*", "", $4); print $4 }')
    inner6=$(in_ns "$client" ip -6 -o addr show dev acc0 | awk '{ sub("/.*", "", $4); print $4 }')
    lied in_ns "$client" python3 "$top/tests/e2e/hostile.py" inside acc0 "$inner4" "$inner6" 172.16.1.10 2001:db8:1::10 ${2:+"$2"}
    exact malformed no_sa replayed forged spent too_big offload_header offload_checksum offload_packet junk unsent unwritten
    jq -e '.count.malformed > 50 and .count.selector > 10 and .count.passes > 100' "$work/said" >/dev/null || fail "refused: $(cat "$work/said")"
    [ -z "${2:-}" ] || jq -e '.count | .offload_header and .offload_checksum and .offload_packet' "$work/said" >/dev/null ||
        fail "refused: $(cat "$work/said")"
    pings
    pings6

    port=$(in_ns "$client" ss -Huanp 'dport = :4500' | awk '{ print $4; exit }' | sed 's/.*://')
    ip netns exec "$client" ping -q -i 0.2 172.16.1.10 >/dev/null & # whose answers it waits for
    lied in_ns "$router" python3 "$top/tests/e2e/hostile.py" outside lan 192.168.1.1 "$port" 10.0.0.1 4500
    exact malformed no_sa forged replayed junk selector
    end=head
    lied in_ns "$router" python3 "$top/tests/e2e/hostile.py" outside wan 10.0.0.1 4500 192.168.1.1 "$port"
    exact malformed no_sa forged replayed junk selector
    end=client
    kill $!; wait $! 2>/dev/null || true
    pings
    pings6
    cli stats >"$work/out"
    has 'junk:'
    expect 0 cli disconnect
    agent_stop
    headend_stop
}

net_up
profile_of_the_vectors
config6 "$work/v6.cfg"
sed -i '/ipv6 address 2001:db8:a::1/d' "$work/v6.cfg" # inside only
inside6_up
remember_before
way all large
way none
unchanged
