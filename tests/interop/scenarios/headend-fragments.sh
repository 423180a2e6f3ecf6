#!/bin/bash
# a client of strongSwan and our headend on a path of 576 octets that loses IP fragments: chains of certificates pass
. "$(dirname "$0")/../lib.sh"
mkdir "$pki"
pki_ca ca
pki_gateway gw rsa
pki_client anu rsa
net_up
narrow_path
options+=$'\nfragment_size = 576'
headend_config "ikev2 remote-authentication certificate" "ikev2 local-authentication certificate gw" "peer-id-validate nocheck"
headend_start "$work/headend.cfg"
swan_files
swan_client "auth = pubkey
    certs = anu.pem" "auth = pubkey
    cacerts = ca.pem
    id = gw.interop"
swan_start "$client"
capture "$router" lan
swan_up
pings
swan_down
capture_stop
only_the_tunnel_on_the_wire
swan_logged 'parsed IKE_AUTH response 1 \[ EF\(3/3\) \]'
swan_logged 'splitting IKE message \([0-9]+ bytes\) into [2-9] fragments'
no_ip_fragments
