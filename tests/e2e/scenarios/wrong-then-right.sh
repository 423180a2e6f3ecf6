#!/bin/bash
# wrong password, then the right one
. "$(dirname "$0")/../lib.sh"
up "$seed_cfg" crypto.policy=legacy
expect 0 cli -s connect Anu-IKEV2 < <(answers y n Anu wrong Anu cisco123)
has 'Login failed.'
pings
expect 0 cli disconnect
unchanged
