#!/bin/bash
# new keys by the amount that was carried, as either end's configuration says, and no packet is lost
. "$(dirname "$0")/../lib.sh"
spi() { cli stats --json | jq -r .spi_in; }
map=$(sed -n 's/^crypto dynamic-map \([^ ]* [0-9]*\) .*/\1/p' "$modern_cfg" | head -n 1)
up none
for turn in client gateway; do
    agent_stop
    if [ $turn = client ]; then
        agent_config ike.child_octets=300000
        cp "$modern_cfg" "$work/cfg"
    else
        agent_config
        { cat "$modern_cfg"; echo "crypto dynamic-map $map set security-association lifetime kilobytes 300"; } >"$work/cfg"
    fi
    agent_start
    headend_stop; headend_start "$work/cfg"
    connect
    first=$(spi)
    pings
    [ "$(spi)" = "$first" ] || fail "$turn: new keys after three pings"
    # 1000 octets every 5 ms: the limit is reached every 1.5 s
    pings_each 0.005 1200 -s 972 172.16.1.10
    n=$(grep -c 'the tunnel has new keys' "$work/agent.log" || true)
    [ "$n" -ge 2 ] || fail "$turn: new keys only $n times"
    : >"$work/agent.log"
    [ "$(spi)" != "$first" ] || fail "$turn: the SPI is still the first"
    expect 0 cli stats --json
    [ "$(jq -r .packets_sent "$work/out")" -ge 1200 ] || fail 'the counters begin anew with the keys'
    expect 0 cli disconnect
    unchanged
done
