#!/bin/bash
# a thread for each way at both ends: streams both ways at once under new keys and from another port, and datagrams
. "$(dirname "$0")/../lib.sh"
AC_LOG=info
stream() { in_ns "$client" python3 "$top/tests/e2e/stream.py" "$@" 2>"$work/err.$1" || fail "stream.py $*: $(cat "$work/err.$1")"; }
# The loads go on until it is enough.
again() { until [ -e "$work/enough" ]; do "$@" || return 1; done; }
rekey() {
    in_ns "$head" "$bin/acheadend" --control "$work/head.sock" rekey all >>"$work/rekeys" || return 1
    sleep 0.2
}
threads_of() { cat "/proc/$1/task"/*/comm | grep ^pump | sort | xargs; }
is_new() { [ "$(cli stats --json | jq -r .spi_in)" != "$1" ]; }
esp_through() { headend_show crypto ipsec sa | grep -q "remote crypto endpt.*10.0.0.254/$1"; }

up none tunnel.threads=2 ike.dpd_interval=2
headend_start "$modern_cfg" --threads 2
ip netns exec "$inside" python3 "$top/tests/e2e/stream.py" serve 172.16.1.10 >"$work/serve" 2>&1 & server=$!
trap 'quietly kill "$server"; net_down' EXIT
wait_until 40 grep -q ready "$work/serve"
nat_up 20000-20099
connect
for end in agent headend; do
    pid=${end}_pid
    [ "$(threads_of "${!pid}")" = 'pump-in pump-out' ] || fail "$end: not two threads but $(threads_of "${!pid}")"
    logged $end 'packets are moved by two threads, one for each way'
done
again stream send 172.16.1.10 8 & loads=($!)
again stream get 172.16.1.10 8 & loads+=($!)
again rekey & loads+=($!)
for _ in 1 2; do
    was=$(cli stats --json | jq -r .spi_in)
    wait_until 60 is_new "$was" || fail 'no new keys'
done
esp_through 200 || fail 'the NAT is not there'
nat_rebind 30000-30099
wait_until 60 esp_through 300 || fail 'the gateway does not follow to another port'
touch "$work/enough"
for load in "${loads[@]}"; do wait "$load" || fail 'a load has failed'; done
stream datagrams 172.16.1.10
expect 0 cli stats --json
jq -e '.drops | .malformed + .forged + .replayed + .unwritten + .junk == 0' "$work/out" >/dev/null || fail 'something was dropped'
expect 0 cli disconnect
unchanged
# one, where it is told so
agent_stop
agent_config tunnel.threads=1
agent_start
connect
[ "$(threads_of "$agent_pid")" = pump ] || fail "not one thread but $(threads_of "$agent_pid")"
pings
expect 0 cli disconnect
unchanged
expect 2 "$bin/acheadend" --threads 3 --config "$modern_cfg"
has 'expected auto, 1 or 2'
