#!/bin/bash
# our client behind a NAT, which then gives it another port: it asks where the silence comes from, and a gateway of strongSwan follows
. "$(dirname "$0")/../lib.sh"

net_up
psk_gateway_and_client
agent_stop
printf '[ike]\ndpd_interval = 2\n' >>"$work/acclient.conf" # this gateway looks at IKE only to learn where a client is
agent_start
nat_up 20000-20999
capture "$router" lan
client_up
pings
expect 0 swan "$swan_dir" --list-sas
has '10.0.0.254[20'
nat_rebind 30000-30999
wait_until 40 in_ns "$client" ping -q -c 1 -W 1 172.16.1.10 || fail "no ping after the NAT's change"
pings
expect 0 swan "$swan_dir" --list-sas
has '10.0.0.254[30'
client_down
capture_stop
only_the_tunnel_on_the_wire
