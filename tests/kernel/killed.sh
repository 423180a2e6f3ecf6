#!/bin/bash
# kill -9 of agent and headend: the next start finds and removes what the kernel keeps, and connects again
. "$(dirname "$0")/lib.sh"
up none tunnel.plane=kernel
headend_start "$modern_cfg" --plane kernel
connect
pings
kill -9 "$(ip netns pids "$client" | head -n 1)" "$headend_pid"
wait "$agent_pid" "$headend_pid" 2>/dev/null || true
kernel_has "$client" 2
kernel_has "$head" 2
rm -f "$work/agent.sock" "$work/head.sock"
headend_start "$modern_cfg" --plane kernel
agent_start
logged agent 'earlier run left behind'
logged headend 'earlier run left in the kernel'
kernel_clean "$client" "$head"
unchanged
expect 0 cli -s connect Anu-IKEV2 < <(answers Anu cisco123)
pings
expect 0 cli disconnect
kernel_clean "$client" "$head"
