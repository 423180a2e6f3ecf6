#!/bin/bash
# our client and a gateway of strongSwan, certificates at both ends: RSA (PSS, PKCS#1, classic), ECDSA P-256 and P-384, Ed25519
. "$(dirname "$0")/../lib.sh"
mkdir "$pki"
pki_ca ca
for kind in rsa p256 p384 ed25519; do
    pki_gateway "gw-$kind" $kind
    pki_client "anu-$kind" $kind
done
net_up
capture "$router" lan
login() { # KIND AUTH OURS THEIRS: how strongSwan names the signatures of both ends
    local kind=$1
    swan_files
    swan_gateway "auth = $2
        certs = gw-$kind.pem
        id = gw.interop" "auth = pubkey
        cacerts = ca.pem
        id = %any"
    swan_start "$head"
    client_config auth=certificate "certificate=$pki/anu-$kind.pem" "key=$pki/anu-$kind.key" gateway_identity=gw.interop
    agent_start
    client_up
    pings
    client_down
    swan_logged "authentication of 'CN=anu-$kind' with $3 successful"
    swan_logged "authentication of 'gw.interop' \(myself\) with $4 successful"
    agent_stop
    charon_stop
    rm "$swan_dir/charon.log"
}
login p256 pubkey ECDSA_WITH_SHA384_DER ECDSA_WITH_SHA256_DER
login p384 pubkey ECDSA_WITH_SHA384_DER ECDSA_WITH_SHA384_DER
login ed25519 pubkey ED25519 ED25519
login rsa rsa/pss-sha256 RSA_EMSA_PSS_SHA2_384_SALT_48 RSA_EMSA_PSS_SHA2_256_SALT_32
login rsa rsa-sha256 RSA_EMSA_PSS_SHA2_384_SALT_48 RSA_EMSA_PKCS1_SHA2_256
options+=$'\nsignature_authentication = no' # the methods of RFC 4754 and of RFC 7296 itself
login p256 pubkey 'ECDSA-256 signature' 'ECDSA-256 signature'
login p384 pubkey 'ECDSA-384 signature' 'ECDSA-384 signature'
# method 1 goes with SHA-1 there
policy=legacy ike=aes256-sha1-modp2048
login rsa pubkey 'RSA signature' 'RSA signature'
capture_stop
only_the_tunnel_on_the_wire
