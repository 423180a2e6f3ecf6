#!/bin/bash
# what was remembered is not asked again; trust list shows it, trust remove forgets it
. "$(dirname "$0")/../lib.sh"
up "$seed_cfg" crypto.policy=legacy
connect
expect 0 cli disconnect
expect 0 cli -s connect Anu-IKEV2 < <(answers Anu cisco123)
lacks 'onnect anyway'
expect 0 cli disconnect
expect 0 cli trust list
has Anu-IKEV2
has pin-sha256:
expect 0 cli trust remove Anu-IKEV2
expect 6 cli connect Anu-IKEV2 --non-interactive --user Anu </dev/null
unchanged
