#!/bin/bash
# a client of strongSwan and our headend, pre-shared key; a wrong one is refused
. "$(dirname "$0")/../lib.sh"
net_up
psk_headend_config
headend_start "$work/headend.cfg"
swan_files
client_with() { swan_client "auth = psk
    id = branch.interop" "auth = psk
    id = gw.interop" "ike { secret = $1 }"; }
client_with "$psk"
capture "$router" lan
swan_start "$client"
swan_up
pings
expect 0 headend_show crypto ikev2 sa detail
has branch.interop
swan_down
client_with "not $psk"
swan_reload
expect 1 swan "$swan_dir" --initiate --child net
has AUTHENTICATION_FAILED
capture_stop
only_the_tunnel_on_the_wire
