#!/bin/bash
# the tunnel gets new keys under a stream of pings, asked for by either end, with PFS and without: none is lost
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
    # the client's turn: every 3 s
    for turn in client gateway; do
        agent_stop
        agent_config $([ $turn = gateway ] || echo ike.child_lifetime=3)
        agent_start
        headend_stop; headend_start "$work/pfs.cfg"
        connect
        pings; pings6
        first=$(spi)
        in_ns "$client" ping -q -c 2000 -i 0.004 -W 2 172.16.1.10 >"$work/ping4" &
        ping4=$!
        in_ns "$client" ping -6 -q -c 2000 -i 0.004 -W 2 2001:db8:1::10 >"$work/ping6" &
        ping6=$!
        is_new() { [ "$(cli stats --json | jq -r .spi_in)" != "$1" ]; }
        for n in 1 2; do
            was=$(spi)
            [ $turn = client ] || expect 0 in_ns "$head" "$bin/acheadend" --control "$work/head.sock" rekey all
            wait_until 20 is_new "$was" || fail "$turn${pfs:+ with PFS}: rekeying $n does not come"
        done
        kill -0 $ping4 $ping6 2>/dev/null || fail 'the pings were over before the last rekeying'
        wait $ping4 || fail "$turn${pfs:+ with PFS}: pings lost: $(grep packets "$work/ping4")"
        wait $ping6 || fail "$turn${pfs:+ with PFS}: IPv6 pings lost: $(grep packets "$work/ping6")"
        for f in ping4 ping6; do
            grep -q ' 0% packet loss' "$work/$f" || fail "$turn${pfs:+ with PFS}: $(grep packets "$work/$f")"
        done
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
