#!/bin/bash
# AES-GCM-256, SHA-384, groups 20 and 19 under the default policy
. "$(dirname "$0")/../lib.sh"
up "$modern_cfg"
connect
pings
expect 0 cli stats
has 'AES-GCM-256'
has 'AES-GCM-256/ESN' # both can
expect 0 headend_show crypto ikev2 sa detail
has 'AES-GCM, keysize: 256'
grep -qE 'DH Grp:(19|20),' "$work/out" || fail 'group'
expect 0 cli disconnect
unchanged
