#!/bin/bash
# our client and a gateway of strongSwan: EAP-MSCHAPv2, EAP-GTC, EAP-MD5, EAP-TLS; a wrong password is refused
. "$(dirname "$0")/../lib.sh"
mkdir "$pki"
pki_ca ca
pki_gateway gw p256
pki_client anu rsa
options+=$'\nplugins { eap-gtc { backend = generic } }' # as xauth-generic knows the users
net_up
swan_files
gateway_asks() { swan_gateway "auth = pubkey
    certs = gw.pem
    id = gw.interop" "auth = $1
    id = %any
    eap_id = %any" "eap { id = Anu
    secret = cisco123 }
    xauth { id = Anu
    secret = cisco123 }"; }
gateway_asks eap-md5
swan_start "$head"
capture "$router" lan
echo cisco123 >"$work/right"
echo cisco124 >"$work/wrong"
for method in mschapv2 gtc md5; do
    gateway_asks eap-$method
    swan_reload
    client_config auth=eap-$method identity=laptop.interop
    agent_start
    client_up --user Anu --password-file "$work/right"
    pings
    client_down
    swan_logged "EAP method EAP_${method^^} succeeded"
    swan_logged "IKE_SA net.*established .*laptop.interop"
    expect 5 cli connect 10.0.0.1 --non-interactive --user Anu --password-file "$work/wrong" </dev/null
    agent_stop
done
gateway_asks eap-tls
swan_reload
client_config auth=eap-tls identity=anu@interop "certificate=$pki/anu.pem" "key=$pki/anu.key"
agent_start
client_up
pings
client_down
swan_logged 'EAP method EAP_TLS succeeded, MSK established'
capture_stop
only_the_tunnel_on_the_wire
