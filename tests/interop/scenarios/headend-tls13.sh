#!/bin/bash
# a client of strongSwan that offers TLS 1.3 as a draft had it, and our headend that keeps EAP-TLS to TLS 1.2 for it
. "$(dirname "$0")/../lib.sh"
mkdir "$pki"
pki_ca ca
pki_gateway gw p256
pki_client anu rsa
options+=$'\ntls { version_max = 1.3\n}\nfilelog { log { tls = 2\n} }'
asa_global="!acheadend eap-method tls
!acheadend eap-tls version-max 1.2"
net_up
headend_config "ikev2 remote-authentication eap query-identity" "ikev2 local-authentication certificate gw"
headend_start "$work/headend.cfg"
swan_files
swan_client "auth = eap-tls
    id = laptop.interop
    eap_id = anu@interop
    certs = anu.pem" "auth = pubkey
    cacerts = ca.pem
    id = gw.interop"
swan_start "$client"
swan_up
pings
logged headend 'user anu connected'
swan_down
swan_logged 'negotiated TLS 1.2'
swan_logged 'EAP method EAP_TLS succeeded, MSK established'
