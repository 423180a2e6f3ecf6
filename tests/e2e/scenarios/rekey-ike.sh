#!/bin/bash
# the IKE SA gets new keys under a stream of pings, asked for by either end: none is lost, the tunnel stays
# waits
. "$(dirname "$0")/../lib.sh"
net_spis() { headend_show crypto ikev2 sa detail | sed -n 's/.*Local spi: \([0-9A-F]*\).*/\1/p'; }
is_new() { [ "$(net_spis)" != "$1" ]; }
spi() { cli stats --json | jq -r .spi_in; }
up none
for turn in client gateway; do
    agent_stop
    agent_config $([ $turn = gateway ] || echo ike.ike_lifetime=24)
    agent_start
    headend_stop; headend_start "$modern_cfg"
    connect
    pings
    child=$(spi)
    expect 0 cli stats
    has 'New IKE Keys Within:'
    has 'New Tunnel Keys Within:'
    lacks 'Within: Not Available'
    ping_on 0.004
    cli monitor >"$work/monitor" 2>&1 &
    monitor=$!
    for n in 1 2; do
        was=$(net_spis)
        [ $turn = client ] || expect 0 in_ns "$head" "$bin/acheadend" --control "$work/head.sock" rekey name Anu ike
        wait_until 60 is_new "$was" || fail "$turn: rekeying $n of the IKE SA does not come"
        more_pings 500 "$pinging"
    done
    no_ping_lost "$pinging"
    [ "$(spi)" = "$child" ] || fail "$turn: the child SA has changed"
    kill $monitor; wait $monitor || true
    grep -q 'the IKE SA has new keys' "$work/monitor" || fail "$turn: monitor does not tell"
    # the SA still serves: new keys for the child under it, and the farewell
    expect 0 in_ns "$head" "$bin/acheadend" --control "$work/head.sock" rekey all
    has 'Number of sessions that get new keys : 1'
    child_is_new() { [ "$(spi)" != "$child" ]; }
    wait_until 30 child_is_new || fail "$turn: no new child SA under the new IKE SA"
    pings
    expect 0 cli disconnect
    unchanged
done
logged agent 'the IKE SA has new keys'
logged headend 'has a new IKE SA'
