#!/bin/bash
# a gateway that sends its clients to another: once it has proved itself, in a running session, and round in a circle
. "$(dirname "$0")/../lib.sh"
up "$modern_cfg"
# a second gateway beside the first, with a name of its own for everything
ip -n "$head" addr add 10.0.0.2/24 dev outside
second_start() {
    { sed 's/10\.0\.0\.1 /10.0.0.2 /; s/10\.2\.3\./10.2.4./g' "$modern_cfg"; printf '%s\n' "$@"; } >"$work/second.cfg"
    ip netns exec "$head" "$bin/acheadend" --config "$work/second.cfg" --state "$work/head" --control "$work/second.sock" \
        --log message >>"$work/second.log" 2>&1 &
    second_pid=$!
    wait_until 40 test -S "$work/second.sock" || fail "the second gateway does not start"
}
second_stop() { quietly kill "$second_pid"; wait "$second_pid" 2>/dev/null || true; }
first_restart() {
    headend_stop
    { cat "$modern_cfg"; printf '%s\n' "$@"; } >"$work/first.cfg"
    headend_start "$work/first.cfg"
}
on_second() { in_ns "$head" "$bin/acheadend" --control "$work/second.sock" show vpn-sessiondb detail anyconnect >"$work/out"; has "Username"; }

second_start
connect
pings
# in a running session
in_ns "$head" "$bin/acheadend" --control "$work/head.sock" vpn-sessiondb redirect all 10.0.0.2 >"$work/out"
has "redirected : 1"
now_at_second() { cli status >"$work/out" 2>&1 || true; grep -qF 10.0.0.2 "$work/out"; }
wait_until 40 now_at_second || fail "the client did not go to the second gateway"
expect 0 cli disconnect
unchanged
# during-auth
first_restart '!acheadend redirect 10.0.0.2'
expect 0 cli -s connect Anu-IKEV2 < <(answers y y Anu cisco123)
on_second
expect 0 cli disconnect
# during-init
first_restart 'crypto ikev2 redirect during-init' '!acheadend redirect 10.0.0.2'
expect 0 cli -s connect Anu-IKEV2 < <(answers Anu cisco123)
on_second
expect 0 cli disconnect
# to where no gateway can be
first_restart 'crypto ikev2 redirect during-init' '!acheadend redirect 127.0.0.1'
expect 4 cli -s connect Anu-IKEV2 < <(answers Anu cisco123)
has "loopback"
# round in a circle
second_stop
second_start 'crypto ikev2 redirect during-init' '!acheadend redirect 10.0.0.1'
first_restart 'crypto ikev2 redirect during-init' '!acheadend redirect 10.0.0.2'
expect 4 cli -s connect Anu-IKEV2 < <(answers Anu cisco123)
has "from one to the other"
unchanged
second_stop
