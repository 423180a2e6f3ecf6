#!/bin/bash
# two front ends see one session; another user is told it is busy
. "$(dirname "$0")/../lib.sh"
up "$seed_cfg" crypto.policy=legacy
sed -i "s/user:$user/user:$user user:65533/" "$work/acclient.conf"
agent_stop; agent_start
cli monitor --json >"$work/monitor" 2>/dev/null &
wait_until 30 grep -q . "$work/monitor" || true
connect
expect 0 cli connect Anu-IKEV2 --non-interactive # joins what is up
expect 0 cli status --json
jq -e '.state == "connected"' "$work/out" >/dev/null || fail "the second front end does not see it"
other() { in_ns "$client" setpriv --reuid=65533 --regid=65533 --clear-groups "$bin/acclient" --socket "$work/agent.sock" "$@"; }
expect 12 other disconnect
expect 12 other connect Anu-IKEV2 --non-interactive
expect 0 other status
stranger() { in_ns "$client" setpriv --reuid=65532 --regid=65532 --clear-groups "$bin/acclient" --socket "$work/agent.sock" "$@"; }
expect 9 stranger disconnect
expect 0 cli disconnect
wait_until 30 sh -c "jq -e 'select(.event == \"state\" and .state == \"disconnected\")' '$work/monitor' >/dev/null" || fail "monitor saw no end"
jq -es 'map(select(.event == "state").state) | index("connected") != null' "$work/monitor" >/dev/null || fail "monitor saw no connect"
unchanged
