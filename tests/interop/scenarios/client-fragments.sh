#!/bin/bash
# our client and a gateway of strongSwan on a path of 576 octets that loses IP fragments: chains of certificates pass
. "$(dirname "$0")/../lib.sh"
mkdir "$pki"
pki_ca ca
pki_gateway gw rsa
pki_client anu rsa
net_up
narrow_path
connection="fragmentation = yes"
options+=$'\nfragment_size = 576'
swan_files
swan_gateway "auth = pubkey
    certs = gw.pem
    id = gw.interop" "auth = pubkey
    cacerts = ca.pem
    id = %any"
swan_start "$head"
client_config auth=certificate "certificate=$pki/anu.pem" "key=$pki/anu.key"
agent_start
capture "$router" lan
client_up
pings
client_down
capture_stop
only_the_tunnel_on_the_wire
swan_logged 'parsed IKE_AUTH request 1 \[ EF\(3/3\) \]'
swan_logged 'splitting IKE message \([0-9]+ bytes\) into [2-9] fragments'
no_ip_fragments
