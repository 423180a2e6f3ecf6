#!/bin/bash
# thousands of IKE_SA_INITs from forged sources: a client connects within 5 s meanwhile, and the headend does not grow
. "$(dirname "$0")/../lib.sh"
{ cat "$modern_cfg"; printf 'crypto ikev2 policy 20\n encryption aes-gcm-256\n integrity null\n group 14\n prf sha256\n'; } >"$work/head.cfg"
export ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}quarantine_size_mb=1" # what a sanitizer keeps of freed memory is no growth
up "$work/head.cfg"
connect # the certificate is remembered from now on
expect 0 cli disconnect
in_ns "$router" python3 "$top/tests/e2e/flood.py" 10.0.0.1 wan 1 3000
rss() { awk '/^VmRSS/ { print $2 }' "/proc/$headend_pid/status"; }
before=$(rss)
in_ns "$router" python3 "$top/tests/e2e/flood.py" 10.0.0.1 wan 2 60000 &
flood=$!
begin=$(date +%s%N)
expect 0 cli -s connect Anu-IKEV2 < <(answers Anu cisco123)
took=$((($(date +%s%N) - begin) / 1000000))
[ "$took" -le 5000 ] || fail "the connect took $took ms"
pings
wait "$flood"
after=$(rss)
[ "$((after - before))" -le 8192 ] || fail "the headend has grown from $before to $after KiB"
headend_show crypto ikev2 stats >"$work/out"
grep -Eq 'Cookie Challenges: +[0-9]{4,}$' "$work/out" || fail "no cookies were asked for"
expect 0 cli disconnect
unchanged
