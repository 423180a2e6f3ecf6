#!/bin/bash
# certificate refused: exit 15, no user name has left
. "$(dirname "$0")/../lib.sh"
AC_LOG=debug
up "$seed_cfg" crypto.policy=legacy
expect 15 cli -s connect Anu-IKEV2 < <(answers n)
! grep -q 'EAP-Resp\|Code: response\|type="init"' "$work/headend.log" || fail "an EAP response left the client"
unchanged
# and the default is No
expect 15 cli -s connect Anu-IKEV2 < <(answers '')
