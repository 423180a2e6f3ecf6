#!/bin/bash
# our client rekeys child and IKE SA by its own clock at a gateway of strongSwan: no ping is lost
. "$(dirname "$0")/../lib.sh"
net_up
psk_gateway_and_client
agent_stop
printf '[ike]\nchild_lifetime = 4\nike_lifetime = 6\n' >>"$work/acclient.conf"
agent_start
client_up
ping_on
wait_until 20 more_of 1 'CHILD_SA closed' || fail "no new child SAs"
wait_until 20 more_of 0 'IKE_SA deleted' || fail "no new IKE SA"
still_pings
no_ping_lost
client_down
