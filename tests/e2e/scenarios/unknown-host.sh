#!/bin/bash
# a host that stands nowhere: exit 10, the known ones are named
. "$(dirname "$0")/../lib.sh"
up none connect.manual_hosts=false
expect 10 cli connect Nowhere --non-interactive
has 'Anu-IKEV2'
unchanged
