#!/bin/bash
# the gateway dies while connected: noticed, told, host as before
. "$(dirname "$0")/../lib.sh"
up "$seed_cfg" crypto.policy=legacy ike.dpd_interval=1 ike.retransmit_tries=3
connect
kill -9 "$headend_pid"
ip netns pids "$head" | xargs -r kill -9 2>/dev/null || true
expect 0 cli wait disconnected --timeout 40
unchanged
expect 11 cli status
has 'does not answer'
