#!/bin/bash
# split include and exclude: only the named networks go in; the others stay outside
. "$(dirname "$0")/../lib.sh"
sed 's/^group-policy \(.*\) attributes/access-list INSIDE standard permit 172.16.1.0 255.255.255.0\n&\n split-tunnel-policy tunnelspecified\n split-tunnel-network-list value INSIDE/' "$modern_cfg" >"$work/split.cfg"
up "$work/split.cfg"
connect
pings
in_ns "$client" ip route get 8.8.8.8 | grep -q 'via 192.168.1.254' || fail "foreign traffic enters the tunnel"
expect 0 cli stats
has 'Split Include'
has 172.16.1.0
expect 0 cli disconnect
unchanged
