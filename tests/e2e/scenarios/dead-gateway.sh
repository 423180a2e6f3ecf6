#!/bin/bash
# nobody answers: exit 4; with --timeout exit 3; nothing changed
. "$(dirname "$0")/../lib.sh"
up none crypto.policy=legacy ike.retransmit_tries=3
expect 4 cli connect Anu-IKEV2 --non-interactive
has 'error:'
has 'hint:'
expect 3 cli connect Anu-IKEV2 --non-interactive --timeout 1
expect 11 cli status -q
unchanged
