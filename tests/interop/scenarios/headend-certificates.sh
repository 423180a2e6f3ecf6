#!/bin/bash
# a client of strongSwan and our headend, certificates at both ends: RSA, ECDSA P-256 and P-384, Ed25519; four that are refused
. "$(dirname "$0")/../lib.sh"
mkdir "$pki"
pki_ca ca
pki_ca stranger
for kind in rsa p256 p384 ed25519; do
    pki_gateway "gw-$kind" $kind
    pki_client "anu-$kind" $kind
done
usage='extendedKeyUsage=clientAuth\nkeyUsage=digitalSignature'
pki_issue expired ca p256 "$usage" '10 days ago' '1 day ago'
pki_issue early ca p256 "$usage" 'tomorrow' '10 days'
pki_issue untrusted stranger p256 "$usage"
pki_issue purpose ca p256 "extendedKeyUsage=serverAuth\nkeyUsage=digitalSignature"
net_up
capture "$router" lan
client_with() { # CERTIFICATE AUTH
    swan_files
    swan_client "auth = $2
        certs = $1.pem" "auth = pubkey
        cacerts = ca.pem
        id = gw.interop"
}
headend_with() { # CERTIFICATE
    headend_stop
    asa_certificate=$1 headend_config "ikev2 remote-authentication certificate" "ikev2 local-authentication certificate gw" "peer-id-validate nocheck"
    headend_start "$work/headend.cfg"
}
login() { # KIND AUTH OURS THEIRS: how strongSwan names the signatures of both ends
    headend_with "gw-$1"
    client_with "anu-$1" "$2"
    swan_start "$client"
    swan_up
    pings
    expect 0 headend_show crypto ikev2 sa detail
    has "anu-$1"
    swan_down
    swan_logged "authentication of 'CN=anu-$1' \(myself\) with $4 successful"
    swan_logged "authentication of 'gw.interop' with $3 successful"
    charon_stop
    rm "$swan_dir/charon.log"
}
login p256 pubkey ECDSA_WITH_SHA384_DER ECDSA_WITH_SHA256_DER
login p384 pubkey ECDSA_WITH_SHA384_DER ECDSA_WITH_SHA384_DER
login ed25519 pubkey ED25519 ED25519
login rsa rsa/pss-sha256 RSA_EMSA_PSS_SHA2_384_SALT_48 RSA_EMSA_PSS_SHA2_256_SALT_32
login rsa rsa-sha256 RSA_EMSA_PSS_SHA2_384_SALT_48 RSA_EMSA_PKCS1_SHA2_256
for bad in expired early untrusted purpose; do
    client_with $bad pubkey
    swan_start "$client"
    expect 1 swan "$swan_dir" --initiate --child net
    has AUTHENTICATION_FAILED
    charon_stop
done
capture_stop
only_the_tunnel_on_the_wire
