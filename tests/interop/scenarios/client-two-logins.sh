#!/bin/bash
# our client and a gateway of strongSwan that wants a certificate and then EAP (RFC 4739), with a post-quantum key too; one of both is not enough
. "$(dirname "$0")/../lib.sh"
mkdir "$pki"
pki_ca ca
pki_ca stranger
pki_gateway gw p256
pki_client anu rsa
pki_issue untrusted stranger p256 "extendedKeyUsage=clientAuth\nkeyUsage=digitalSignature"
net_up
swan_files
ppk=$(openssl rand -hex 32)
(umask 077; echo "0x$ppk" >"$work/ppk")
echo cisco123 >"$work/right"
echo cisco124 >"$work/wrong"
gateway() { # METHOD
    swan_gateway "auth = pubkey
    certs = gw.pem
    id = gw.interop" "round = 1
    auth = pubkey
    cacerts = ca.pem
    id = %any }
    remote-eap { round = 2
    auth = eap-$1
    id = %any
    eap_id = %any" "eap { id = Anu
    secret = cisco123 }
    ppk { id = ppk of Anu
    secret = 0x$ppk }"
}
client_with() { # NAME SETTING...
    agent_stop
    client_config auth=certificate-eap gateway_identity=gw.interop "certificate=$pki/$1.pem" "key=$pki/$1.key" "${@:2}"
    agent_start
}
try() { expect "$1" cli connect 10.0.0.1 --non-interactive --user Anu --password-file "$work/$2" </dev/null; }
gateway mschapv2
swan_start "$head"
capture "$router" lan
for method in mschapv2 md5; do
    gateway $method
    swan_reload
    client_with anu eap=eap-$method
    try 0 right
    pings
    client_down
    swan_logged "authentication of 'CN=anu' with RSA_EMSA_PSS_SHA2_384_SALT_48 successful"
    swan_logged "EAP method EAP_${method^^} succeeded"
    swan_logged "authentication of 'CN=anu' with EAP successful"
    try 5 wrong
done
client_with anu eap=eap-md5 "ppk_id=ppk of Anu" "ppk_file=$work/ppk" ppk_required=true
try 0 right
pings
client_down
swan_logged "using PPK for PPK_ID 'ppk of Anu'"
n=$(said_by_swan 'EAP-Identity')
client_with untrusted eap=eap-md5
try 5 right
[ "$(said_by_swan 'EAP-Identity')" = "$n" ] || fail "EAP began under a certificate that is not trusted"
capture_stop
only_the_tunnel_on_the_wire
