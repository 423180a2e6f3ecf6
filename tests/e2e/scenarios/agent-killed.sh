#!/bin/bash
# kill -9 of the agent while connected: the next start cleans up, and connects again
. "$(dirname "$0")/../lib.sh"
up "$seed_cfg" crypto.policy=legacy
connect
ip netns pids "$client" | xargs -r kill -9 2>/dev/null || true
wait "$agent_pid" 2>/dev/null || true
expect 8 cli status
rm -f "$work/agent.sock"
agent_start
logged agent 'earlier run left behind'
unchanged
expect 0 cli -s connect Anu-IKEV2 < <(answers Anu cisco123)
pings
expect 0 cli disconnect
unchanged
