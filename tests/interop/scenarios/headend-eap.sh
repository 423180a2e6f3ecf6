#!/bin/bash
# a client of strongSwan and our headend: EAP-MSCHAPv2, EAP-GTC, EAP-MD5, EAP-TLS; a wrong password is refused
. "$(dirname "$0")/../lib.sh"
mkdir "$pki"
pki_ca ca
pki_gateway gw p256
pki_client anu rsa
net_up
swan_files
client_with() { swan_client "auth = $1
    id = laptop.interop
    eap_id = ${3:-Anu}
    certs = ${4:-}" "auth = pubkey
    cacerts = ca.pem
    id = gw.interop" "eap { id = Anu
    secret = $2 }"; }
client_with eap cisco123
swan_start "$client"
capture "$router" lan
for method in mschapv2 gtc md5; do
    asa_global="!acheadend eap-method $method
username Anu password cisco123"
    headend_config "ikev2 remote-authentication eap query-identity" "ikev2 local-authentication certificate gw"
    headend_start "$work/headend.cfg"
    client_with eap cisco123
    swan_reload
    swan_up
    pings
    logged headend 'user Anu connected'
    swan_down
    swan_logged "server requested EAP_${method^^} authentication"
    client_with eap cisco124
    swan_reload
    expect 1 swan "$swan_dir" --initiate --child net
    headend_stop
done
asa_global="!acheadend eap-method tls"
headend_config "ikev2 remote-authentication eap query-identity" "ikev2 local-authentication certificate gw"
headend_start "$work/headend.cfg"
client_with eap-tls none anu@interop anu.pem
swan_reload
swan_up
pings
swan_down
swan_logged 'EAP method EAP_TLS succeeded, MSK established'
capture_stop
only_the_tunnel_on_the_wire
