#!/bin/bash
# a million damaged datagrams at the client, as from its gateway: its tunnel stays, it does not grow, and it connects within 5 s in them
. "$(dirname "$0")/../lib.sh"
sed 's/^crypto ikev2 enable.*/&\ncrypto ikev2 fragmentation mtu 576/' "$modern_cfg" >"$work/head.cfg"
up "$work/head.cfg"
connect # the certificate is remembered from now on
expect 0 cli disconnect
logins 5
storm_start --hear wan --send lan --to 192.168.1.1 --pid "$agent_pid" --faithful
n=0
while storms && [ $n -lt 10 ]; do # connected and gone again
    within_5_s login
    pings
    expect 0 cli disconnect
    n=$((n + 1))
done
within_5_s login # and up all the time
headend_show vpn-sessiondb detail anyconnect | grep -E 'Index|Login Time' >"$work/session"
while storms; do pings; done
storm_end
pings
headend_show vpn-sessiondb detail anyconnect | grep -E 'Index|Login Time' | diff "$work/session" - || fail "it is another session"
expect 0 cli disconnect
unchanged
echo "$n times connected in it, $worst ms at most"
