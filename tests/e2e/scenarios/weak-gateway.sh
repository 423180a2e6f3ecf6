#!/bin/bash
# a gateway with weak algorithms only is refused; they and the setting are named
. "$(dirname "$0")/../lib.sh"
up "$seed_cfg" ike.retransmit_tries=3
expect 4 cli -s connect Anu-IKEV2 < <(answers y y Anu cisco123)
has 'error:'
has 'policy'
lacks 'Connected'
unchanged
