#!/bin/bash
# at rest, after logins and traffic, each daemon keeps less than 12 MiB in memory
. "$(dirname "$0")/../lib.sh"
most=12288 # KiB
# An idle moment later what only a login needs has been given back.
rests() { [ "$(awk '/^VmRSS:/ { print $2 }' "/proc/$1/status")" -lt $most ]; }
at_rest() { wait_until 120 rests "$2" || fail "$1: $(grep -E 'VmRSS|RssAnon|RssFile' "/proc/$2/status" | tr -s '\t\n' ' ')"; }
stream() { in_ns "$client" python3 "$top/tests/e2e/stream.py" "$@" 2>"$work/err" || fail "stream.py $*"; }

up none tunnel.threads=2 # which take more than one
headend_start "$modern_cfg" --threads 2
ip netns exec "$inside" python3 "$top/tests/e2e/stream.py" serve 172.16.1.10 >"$work/serve" 2>&1 & server=$!
trap 'quietly kill "$server"; net_down' EXIT
wait_until 40 grep -q ready "$work/serve"
at_rest acagentd "$agent_pid"
at_rest acheadend "$headend_pid"
# what a pump had is not kept beside what the next one has
for _ in 1 2 3; do
    connect
    stream send 172.16.1.10 32
    stream get 172.16.1.10 32
    at_rest acagentd "$agent_pid"
    at_rest acheadend "$headend_pid"
    expect 0 cli disconnect
done
unchanged
