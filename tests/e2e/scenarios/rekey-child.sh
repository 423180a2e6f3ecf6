#!/bin/bash
# the tunnel gets new keys under a stream of pings, asked for by either end, with PFS and without: none is lost
# waits
. "$(dirname "$0")/../lib.sh"
config6 "$work/v6.cfg"
map=$(sed -n 's/^crypto dynamic-map \([^ ]* [0-9]*\) .*/\1/p' "$work/v6.cfg" | head -n 1)
[ -n "$map" ] || fail 'the configuration has no dynamic map'
spi() { expect 0 cli stats --json; jq -r .spi_in "$work/out"; }
up none
net6_up
inside6_up
remember_before
for pfs in '' "crypto dynamic-map $map set pfs group19"; do
    { cat "$work/v6.cfg"; echo "$pfs"; } >"$work/pfs.cfg"
    # the client's turn: by its clock
    for turn in client gateway; do
        agent_stop
        agent_config $([ $turn = gateway ] || echo ike.child_lifetime=24)
        agent_start
        headend_stop; headend_start "$work/pfs.cfg"
        connect
        pings; pings6
        first=$(spi)
        ping_on 0.004; ping4=$pinging
        ping_on 0.004 -6 2001:db8:1::10; ping6=$pinging
        is_new() { [ "$(cli stats --json | jq -r .spi_in)" != "$1" ]; }
        for n in 1 2; do
            was=$(spi)
            [ $turn = client ] || expect 0 in_ns "$head" "$bin/acheadend" --control "$work/head.sock" rekey all
            wait_until 60 is_new "$was" || fail "$turn${pfs:+ with PFS}: rekeying $n does not come"
            more_pings 500 $ping4
            more_pings 500 $ping6
        done
        no_ping_lost $ping4
        no_ping_lost $ping6
        [ "$(spi)" != "$first" ] || fail 'the SPI is still the first'
        headend_show crypto ipsec sa >"$work/out"
        [ -z "$pfs" ] || has 'PFS Group 19'
        [ -n "$pfs" ] || lacks 'PFS Group'
        expect 0 cli disconnect
        unchanged
    done
done
logged agent 'the tunnel has new keys'
logged headend 'has a new child SA'
