#!/bin/bash
# our client and a gateway of strongSwan, RSA by method 1 alone, which is SHA-1 there: refused by the modern policy, used by compatible
. "$(dirname "$0")/../lib.sh"
mkdir "$pki"
pki_ca ca
pki_gateway gw rsa
pki_client anu rsa
options+=$'\nsignature_authentication = no'
ike=aes256-sha256-modp2048
net_up
swan_files
swan_gateway "auth = pubkey
    certs = gw.pem
    id = gw.interop" "auth = pubkey
    cacerts = ca.pem
    id = %any"
swan_start "$head"
login=(auth=certificate "certificate=$pki/anu.pem" "key=$pki/anu.key" gateway_identity=gw.interop)
policy=modern client_config "${login[@]}"
agent_start
expect 5 cli connect 10.0.0.1 --non-interactive </dev/null
has AUTHENTICATION_FAILED
agent_stop
policy=compatible client_config "${login[@]}"
agent_start
client_up
pings
client_down
swan_logged "authentication of 'CN=anu' with RSA signature successful"
