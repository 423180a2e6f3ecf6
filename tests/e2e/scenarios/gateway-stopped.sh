#!/bin/bash
# the gateway is stopped: it says goodbye, the client is down at once, leases are free
. "$(dirname "$0")/../lib.sh"
up "$seed_cfg" crypto.policy=legacy
connect
headend_stop
expect 0 cli wait disconnected --timeout 40
unchanged
headend_start "$seed_cfg"
expect 0 cli -s connect Anu-IKEV2 < <(answers Anu cisco123)
pings
