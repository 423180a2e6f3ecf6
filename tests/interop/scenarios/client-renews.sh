#!/bin/bash
# our client rekeys child and IKE SA by its own clock at a gateway of strongSwan: no ping is lost
# waits
. "$(dirname "$0")/../lib.sh"
net_up
options="$options
delete_rekeyed_delay = 0" # what it has deleted it does not open any more
psk_gateway_and_client
agent_stop
printf '[ike]\nchild_lifetime = 20\nike_lifetime = 24\n' >>"$work/acclient.conf"
agent_start
client_up
ping_on
wait_until 60 more_of 1 'CHILD_SA closed' || fail "no new child SAs"
wait_until 60 more_of 0 'IKE_SA deleted' || fail "no new IKE SA"
still_pings
no_ping_lost "$pinging"
client_down
