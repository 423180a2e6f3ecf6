#!/bin/bash
# another certificate than the remembered one: y is not enough, the word yes is
. "$(dirname "$0")/../lib.sh"
up "$seed_cfg" crypto.policy=legacy
connect
expect 0 cli disconnect
headend_stop
rm -rf "$work/head" # it makes itself a new certificate
headend_start "$seed_cfg"
expect 15 cli -s connect Anu-IKEV2 < <(answers y Anu cisco123)
lacks 'Connected'
expect 0 cli -s connect Anu-IKEV2 < <(answers yes y Anu cisco123)
expect 0 cli disconnect
expect 0 cli -s connect Anu-IKEV2 < <(answers Anu cisco123)
expect 0 cli disconnect
unchanged
