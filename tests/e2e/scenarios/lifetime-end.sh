#!/bin/bash
# new keys that the two ends cannot agree on: the tunnel serves until the lifetime ends, then it is said why, and the host is as before
# waits
. "$(dirname "$0")/../lib.sh"
map=$(sed -n 's/^crypto dynamic-map \([^ ]* [0-9]*\) .*/\1/p' "$modern_cfg" | head -n 1)
{ cat "$modern_cfg"; echo "crypto dynamic-map $map set pfs group2"; } >"$work/cfg"
up "$work/cfg" ike.child_lifetime=20
connect
pings
cli monitor >"$work/monitor" 2>&1 &
monitor=$!
refused() { grep -q 'refuses to rekey the tunnel: NO_PROPOSAL_CHOSEN' "$work/agent.log"; }
wait_until 40 refused || fail 'the refusal is not told'
ping_once || fail 'the old keys do not serve on'
over() { grep -q "keys reached the end of their lifetime, and the gateway did not give new ones" "$work/monitor"; }
wait_until 40 over || fail 'the end is not told'
wait_until 40 cli wait disconnected --timeout 1 || fail 'still up with keys that are too old'
kill $monitor; wait $monitor || true
unchanged
