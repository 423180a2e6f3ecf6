#!/bin/bash
# a client of strongSwan and our headend, RSA by method 1 alone, which is SHA-1 there: refused, and let in where the configuration says so
. "$(dirname "$0")/../lib.sh"
mkdir "$pki"
pki_ca ca
pki_gateway gw rsa
pki_client anu rsa
options+=$'\nsignature_authentication = no'
ike=aes256-sha256-modp2048 asa_encryption=aes-256 asa_integrity=sha256 asa_prf=sha256 asa_group=14
ways=("ikev2 remote-authentication certificate" "ikev2 local-authentication certificate gw" "peer-id-validate nocheck")
net_up
headend_config "${ways[@]}"
headend_start "$work/headend.cfg"
swan_files
swan_client "auth = pubkey
    certs = anu.pem" "auth = pubkey
    cacerts = ca.pem
    id = gw.interop"
swan_start "$client"
expect 1 swan "$swan_dir" --initiate --child net
has AUTHENTICATION_FAILED
logged headend "the client's AUTH does not verify: "
logged headend 'SHA-1'
headend_stop
asa_global='!acheadend signature sha1'
headend_config "${ways[@]}"
headend_start "$work/headend.cfg"
logged headend 'signatures with SHA-1 can be forged'
swan_up
pings
swan_logged "authentication of 'gw.interop' with RSA signature successful"
swan_down
