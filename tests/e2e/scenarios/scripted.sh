#!/bin/bash
# acclient -s with commands and answers on standard input, as wrappers of vpn -s do it
. "$(dirname "$0")/../lib.sh"
up "$seed_cfg" crypto.policy=legacy
expect 0 cli -s < <(answers 'connect Anu-IKEV2' y y Anu cisco123 state exit)
has 'state: Connected'
has 'notice: Connected to Anu-IKEV2.'
pings
expect 0 cli -s < <(answers disconnect exit)
unchanged
