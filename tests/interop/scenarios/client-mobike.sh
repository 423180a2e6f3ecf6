#!/bin/bash
# our client goes to another network; by MOBIKE a gateway of strongSwan follows
. "$(dirname "$0")/../lib.sh"
net_up
link "$client" eth1 192.168.2.1/24 "$router" lan2 192.168.2.254/24
ip -n "$client" link set eth1 down
psk_gateway_and_client
client_up
pings
ip -n "$client" link set eth0 down
ip -n "$client" link set eth1 up
ip -n "$client" route replace default via 192.168.2.254 dev eth1
at_eth1() { expect 0 swan "$swan_dir" --list-sas; grep -qF '192.168.2.1[' "$work/out"; }
wait_until 30 at_eth1 || fail "the gateway does not follow"
wait_until 40 in_ns "$client" ping -q -c 1 -W 1 172.16.1.10 || fail "no ping from the other network"
pings
swan_logged 'parsed INFORMATIONAL request [0-9]+ \[ .*N\(UPD_SA_ADDR\)'
client_down
