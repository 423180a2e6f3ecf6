#!/bin/bash
# a login that is nearly as old as it may be, and takes a person: the person is told in time, and the tunnel stays
. "$(dirname "$0")/../lib.sh"
said() { grep -q "$1" "$work/$2"; }
up "$modern_cfg" ike.reauth=5
connect
expect 0 cli status
has 'Login until:'
cli monitor >"$work/monitor" 2>&1 & monitor=$!
wait_until 40 said 'The login expires soon: disconnect and connect again before' monitor || fail 'nobody is told'
kill $monitor; wait $monitor || true
logged agent 'a new one takes a person: the gateway will end the session at'
pings
expect 0 cli disconnect
unchanged
