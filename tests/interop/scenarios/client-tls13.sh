#!/bin/bash
# our client and a gateway of strongSwan that does EAP-TLS 1.3 as a draft had it: refused by name, and with TLS 1.2 it works
. "$(dirname "$0")/../lib.sh"
mkdir "$pki"
pki_ca ca
pki_gateway gw p256
pki_client anu rsa
options+=$'\ntls { version_max = 1.3\n}\nfilelog { log { tls = 2\n} }'
net_up
swan_files
swan_gateway "auth = pubkey
    certs = gw.pem
    id = gw.interop" "auth = eap-tls
    id = %any
    eap_id = %any"
swan_start "$head"
tls=(auth=eap-tls identity=anu@interop "certificate=$pki/anu.pem" "key=$pki/anu.key")
client_config "${tls[@]}"
agent_start
remember_before
expect 4 cli connect 10.0.0.1 --non-interactive </dev/null
has 'without the confirmation that belongs to TLS 1.3 (RFC 9190 §2.1.1)'
swan_logged 'negotiated TLS 1.3'
unchanged
agent_stop
client_config "${tls[@]}" tls_12=true
agent_start
client_up
pings
client_down
swan_logged 'negotiated TLS 1.2'
swan_logged 'EAP method EAP_TLS succeeded, MSK established'
