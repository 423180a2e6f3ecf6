#!/bin/bash
# AES-GCM-256, SHA-384, groups 20 and 19 under the default policy
. "$(dirname "$0")/../lib.sh"
up "$modern"
connect
pings
expect 0 cli stats
has 'AES-GCM-256'
expect 0 headend_show crypto ikev2 sa detail
has 'SHA384'
expect 0 cli disconnect
unchanged
