#!/bin/bash
# a narrow path and a headend that lets ESP be fragmented: as the inner packet's DF says, or always
. "$(dirname "$0")/../lib.sh"
command -v tcpdump >/dev/null || { echo "tcpdump is needed (tests/deps.sh all)" >&2; exit 1; }
{ cat "$modern_cfg"; echo 'crypto ipsec df-bit copy-df outside'; } >"$work/copy.cfg"
{ cat "$modern_cfg"; echo 'crypto ipsec df-bit clear-df outside'; } >"$work/clear.cfg"
large() { in_ns "$inside" ping -c 1 -W "$1" -M "$2" -s 1300 "$address" >"$work/ping" 2>&1; }
narrow() { # MTU
    ip -n "$router" link set lan mtu "$1"
    ip -n "$client" link set eth0 mtu "$1"
}
client_knows() { [ "$(in_ns "$client" cat /sys/class/net/acc0/mtu)" -lt 1300 ]; }
pieces() { grep -c 10.0.0.1 "$work/pieces.txt" || true; }

up "$work/copy.cfg"
connect
pings
address=$(in_ns "$client" ip -4 -o addr show dev acc0 | awk '{ sub("/.*", "", $4); print $4 }')
in_ns "$client" tcpdump -U -l -n -i eth0 'src 10.0.0.1 and ip[6:2] & 0x3fff != 0' >"$work/pieces.txt" 2>"$work/tcpdump.log" &
wait_until 30 grep -q listening "$work/tcpdump.log"
large 20 do || fail 'a large packet does not pass while the path is wide'
narrow 1300
wait_until 40 client_knows || fail 'the client does not see that its own interface is narrower'

# DF inside: nothing larger than the path leaves, and the sender is told; without it: fragments
told() { ! large 1 do && grep -q 'mtu *= *12[0-9][0-9]' "$work/ping"; }
wait_until 40 told || fail "the inside is not told: $(cat "$work/ping")"
[ "$(pieces)" = 0 ] || fail "pieces of what must stay whole: $(head -3 "$work/pieces.txt")"
in_ns "$inside" ip route flush cache
large 20 dont || fail 'what may be cut does not pass'
wait_until 30 grep -q 10.0.0.1 "$work/pieces.txt" || fail 'it was not cut on its way'
expect 0 cli disconnect
headend_stop
rm -f "$work/head.sock"

# without a DF nothing is too large
narrow 1500
headend_start "$work/clear.cfg"
connect
pings
narrow 1300
wait_until 40 client_knows || fail 'the client does not see it again'
in_ns "$inside" ip route flush cache
before=$(pieces)
large 20 do || fail "clear-df: a large packet does not pass: $(cat "$work/ping")"
more() { [ "$(pieces)" -gt "$before" ]; }
wait_until 30 more || fail 'clear-df: it was not cut on its way'
expect 0 cli disconnect
