#!/bin/bash
# cookie-challenge always: the client returns its cookie, and the headend has counted it
. "$(dirname "$0")/../lib.sh"
{ cat "$modern_cfg"; echo "crypto ikev2 cookie-challenge always"; } >"$work/head.cfg"
up "$work/head.cfg"
connect
pings
headend_show crypto ikev2 stats >"$work/out"
grep -Eq 'Cookie Challenges: +1$' "$work/out" || fail "no cookie was asked for"
grep -Eq 'Cookie Challenges Passed: +1$' "$work/out" || fail "the cookie was not taken"
expect 0 cli disconnect
unchanged
