#!/bin/bash
# wrong password three times: exit 5, nothing changed
. "$(dirname "$0")/../lib.sh"
up "$seed_cfg" crypto.policy=legacy
expect 5 cli -s connect Anu-IKEV2 < <(answers y n Anu one Anu two Anu three)
has 'Login failed.'
unchanged
expect 11 cli status -q
expect 0 headend_show vpn-sessiondb detail anyconnect
lacks 'Username'
# the next attempt with the right one is not hindered
connect
