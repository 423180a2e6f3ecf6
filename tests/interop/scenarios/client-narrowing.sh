#!/bin/bash
# a gateway of strongSwan narrows to two networks: our client sends only what goes there into the tunnel
. "$(dirname "$0")/../lib.sh"
child="local_ts = 172.16.1.0/24, 10.77.0.0/16"
net_up
ip -n "$head" addr add 10.77.0.1/32 dev lo # strongSwan wants an address of its own in each of its networks
psk_gateway_and_client
client_up
pings
in_ns "$client" ip route get 10.77.1.1 | grep -q 'dev acc' || fail "the second network stays outside"
in_ns "$client" ip route get 8.8.8.8 | grep -q 'via 192.168.1.254' || fail "foreign traffic enters the tunnel"
expect 0 swan "$swan_dir" --list-sas
has 'local  10.77.0.0/16 172.16.1.0/24'
client_down
