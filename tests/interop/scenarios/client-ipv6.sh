#!/bin/bash
# our client and a gateway of strongSwan: IPv6 outside, both families inside
. "$(dirname "$0")/../lib.sh"
net_up
net6_up
inside6_up
gateway_at=2001:db8:a::1
pools="pool, pool6"
child="local_ts = 0.0.0.0/0, ::/0"
psk_file
swan_files
psk_gateway
swan_start "$head"
host=2001:db8:a::1 psk_client_config
agent_start
capture "$router" lan
expect 0 cli connect "[2001:db8:a::1]" --non-interactive </dev/null
pings
in_ns "$client" ping -6 -q -c 3 -i 0.2 -W 20 2001:db8:1::10 >/dev/null || fail "no IPv6 ping through the tunnel"
expect 0 swan "$swan_dir" --list-sas
has '2001:db8:c::1['
client_down
capture_stop
only_the_tunnel_on_the_wire
