#!/bin/bash
# packets are encrypted by whoever each end is told to take, of both kinds of suites
. "$(dirname "$0")/../lib.sh"
stream() { in_ns "$client" python3 "$top/tests/e2e/stream.py" "$@" 2>"$work/err" || fail "stream.py $*"; }
servers=()
stop_servers() { [ ${#servers[@]} = 0 ] || quietly kill "${servers[@]}"; }
trap 'stop_servers; net_down' EXIT

# way CLIENT HEADEND CONFIG SUITE
way() {
    agent_config "tunnel.crypto=$1"
    headend_start "$3" --crypto "$2"
    agent_start
    connect
    expect 0 cli stats --json
    grep -q "$4" "$work/out" || fail "the suite is not $4"
    stream send 172.16.1.10 20
    stream get 172.16.1.10 20
    stream datagrams 172.16.1.10
    expect 0 cli stats --json
    jq -e '.drops | del(.unsent) | to_entries | all(.value == 0)' "$work/out" >/dev/null || fail "$1, $2: something was dropped"
    expect 0 cli disconnect
    agent_stop
    headend_stop
}

net_up
profile_of_the_vectors
sed '/^crypto ipsec ikev2 ipsec-proposal gcm/,/esp integrity/{s/encryption .*/encryption aes-256/;s/integrity .*/integrity sha-256/}' "$modern_cfg" >"$work/cbc.cfg"
ip netns exec "$inside" python3 "$top/tests/e2e/stream.py" serve 172.16.1.10 >"$work/serve" 2>&1 &
servers+=($!)
wait_until 40 grep -q ready "$work/serve"
remember_before
for ends in "auto openssl" "openssl auto" "auto auto"; do
    way ${ends% *} ${ends#* } "$modern_cfg" AES-GCM-256
    way ${ends% *} ${ends#* } "$work/cbc.cfg" AES-CBC-256
done
expect 2 "$bin/acheadend" --crypto none
unchanged
