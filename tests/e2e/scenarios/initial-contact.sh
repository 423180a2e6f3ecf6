#!/bin/bash
# a device that comes again after a crash replaces its own session, and nobody else's
. "$(dirname "$0")/../lib.sh"
net_up
sed 's/^group-policy \(.*\) attributes/&\n vpn-simultaneous-logins 5/' "$modern_cfg" >"$work/several.cfg"
sed -i 's/^ip local pool \([^ ]*\) .*/ip local pool \1 10.2.2.1-10.2.2.40/' "$work/several.cfg"
headend_start "$work/several.cfg"
agent_config
mkdir -p "$work/profiles"; cp "$top/tests/vectors/anyconnect-ikev2.xml" "$work/profiles/"
# as ID: acagentd on a device with that machine id
as() {
    ip netns exec "$client" "${as_device[@]}" "$1" "$bin/acagentd" --config "$work/acclient.conf" --profiles "$work/profiles" --state "$work/agent" \
        --socket "$work/agent.sock" >>"$work/agent.log" 2>&1 &
    agent_pid=$!
    wait_until 40 test -S "$work/agent.sock" || { cat "$work/agent.log" >&2; return 1; }
}
crash() { kill -9 "$agent_pid"; wait "$agent_pid" 2>/dev/null || true; agent_pid=; rm -f "$work/agent.sock"; }
sessions() { headend_show vpn-sessiondb detail anyconnect | grep -c '^Username' || true; }
devices_prepare
as 1; connect; crash
[ "$(sessions)" = 1 ] || fail "the headend does not know of the crash: one session"
as 1; expect 0 cli -s connect Anu-IKEV2 < <(answers Anu cisco123); pings
[ "$(sessions)" = 1 ] || fail "the same device has two sessions"
crash
as 2; expect 0 cli -s connect Anu-IKEV2 < <(answers Anu cisco123); pings
[ "$(sessions)" = 2 ] || fail "another device of the same user ended the first one's session"
