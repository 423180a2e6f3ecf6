#!/bin/bash
# ten thousand failed logins from many addresses: no address is leased, the headend does not grow, and who knows the password gets in
. "$(dirname "$0")/../lib.sh"
sed -e 's/^username Anu .*/username Anu password lAuoFgF7KmB3D0WI encrypted privilege 15/' -e 's/^ group 20 19/ group 19/' \
    "$modern_cfg" >"$work/head.cfg"
up "$work/head.cfg"
connect
expect 0 cli disconnect
ip -n "$client" route add local 10.64.0.0/16 dev lo
ip -n "$router" route add 10.64.0.0/16 via 192.168.1.1
crowd() { in_ns "$client" "$bin/tests/crowd" --to 10.0.0.1 --pid "$headend_pid" --way anyconnect --identity Anu --secret wrong --spread --fails "$@"; }
n=$((count / 100))
crowd --count $((n / 10)) --at-once 16
before=$(own "$headend_pid")
crowd --count "$n" --at-once 16
after=$(own "$headend_pid")
[ "$((after - before))" -le 1024 ] || fail "the headend has grown from $before to $after KiB"
echo "$before KiB of its own, and $after KiB after $n failed logins"
expect 0 headend_show vpn-sessiondb detail anyconnect
lacks 'Username'
within_5_s login
expect 0 headend_show vpn-sessiondb detail anyconnect
grep -q 'Assigned IP *: 10.2.3.1 ' "$work/out" || fail "not the first address of the pool: $(cat "$work/out")"
pings
expect 0 cli disconnect
unchanged
