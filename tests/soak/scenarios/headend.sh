#!/bin/bash
# a million damaged datagrams at the headend: it does not grow, and clients connect within 5 s in them and after
. "$(dirname "$0")/../lib.sh"
sed 's/^crypto ikev2 enable.*/&\ncrypto ikev2 fragmentation mtu 576/' "$modern_cfg" >"$work/head.cfg"
up "$work/head.cfg"
connect # the certificate is remembered from now on
expect 0 cli disconnect
logins 5
storm_start --hear lan --send wan --to 10.0.0.1 --pid "$headend_pid"
n=0
while storms; do
    within_5_s login
    pings
    expect 0 cli disconnect
    n=$((n + 1))
done
storm_end
within_5_s login
pings
expect 0 cli disconnect
unchanged
[ "$n" -ge 2 ] || fail "only $n clients came in it"
echo "$n clients in it, the slowest was connected after $worst ms"
