#!/bin/bash
# our client and a gateway of strongSwan, pre-shared key; a wrong one is refused at both ends
. "$(dirname "$0")/../lib.sh"
net_up
psk_file
swan_files
swan_gateway "auth = psk
    id = gw.interop" "auth = psk
    id = branch.interop" "ike { id = branch.interop
    secret = $psk }"
swan_start "$head"
capture "$router" lan
client_config auth=psk identity=branch.interop gateway_identity=gw.interop "psk_file=$work/psk"
agent_start
client_up
pings
client_down
swan_logged "authentication of 'branch.interop' with pre-shared key successful"
capture_stop
only_the_tunnel_on_the_wire
agent_stop
openssl rand -hex 20 >"$work/psk"
agent_start
expect 5 cli connect 10.0.0.1 --non-interactive </dev/null
has 'check identity and psk_file in acclient.conf'
swan_logged "tried 1 shared key for .*'branch.interop', but MAC mismatched"
