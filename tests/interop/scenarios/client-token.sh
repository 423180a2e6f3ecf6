#!/bin/bash
# our client with an RSA key in a token and a gateway of strongSwan: by certificate, and EAP-TLS
. "$(dirname "$0")/../lib.sh"
. "$top/tests/e2e/token.sh"
mkdir "$pki"
pki_ca ca
pki_gateway gw p256
pki_client laptops rsa
net_up
swan_files
ca=$pki
token_make 48151623
gateway() { swan_gateway "auth = pubkey
    certs = gw.pem
    id = gw.interop" "$1"; }
gateway "auth = pubkey
    cacerts = ca.pem
    id = %any"
swan_start "$head"
capture "$router" lan
client_config auth=certificate "certificate=$token_uri" gateway_identity=gw.interop
agent_start
client_up --answer pin=48151623
pings
client_down
swan_logged "authentication of 'CN=laptops' with RSA_EMSA_PSS_SHA2_384_SALT_48 successful"
agent_stop
gateway "auth = eap-tls
    id = %any
    eap_id = %any"
swan_reload
client_config auth=eap-tls identity=laptops@interop "certificate=$token_uri"
agent_start
client_up --answer pin=48151623
pings
client_down
swan_logged 'EAP method EAP_TLS succeeded, MSK established'
capture_stop
only_the_tunnel_on_the_wire
