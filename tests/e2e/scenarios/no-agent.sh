#!/bin/bash
# no agent: exit 8 with a hint; wrong usage: exit 2
. "$(dirname "$0")/../lib.sh"
net_up
expect 8 cli status
has 'hint:'
expect 8 cli connect Anu-IKEV2 --non-interactive
expect 2 cli frobnicate
expect 0 cli version
expect 0 cli help
