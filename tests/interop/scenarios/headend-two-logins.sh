#!/bin/bash
# a client of strongSwan and our headend that wants a certificate and then EAP (RFC 4739), under another name; one of both is not enough
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
headend_with() { # METHOD
    headend_stop
    asa_global="username Anu password cisco123
!acheadend ppk anu@interop $ppk
!acheadend eap-method $1"
    headend_config "ikev2 remote-authentication certificate" "ikev2 remote-authentication eap query-identity" \
        "ikev2 local-authentication certificate gw" "peer-id-validate nocheck"
    printf '%s\n' 'tunnel-group DefaultRAGroup webvpn-attributes' ' authentication aaa certificate' >>"$work/headend.cfg"
    headend_start "$work/headend.cfg"
}
client_with() { # CERTIFICATE PASSWORD
    swan_client "round = 1
    auth = pubkey
    certs = $1.pem
    }
    local-eap { round = 2
    auth = eap
    id = laptop.interop
    eap_id = Anu" "auth = pubkey
    cacerts = ca.pem
    id = gw.interop" "eap { id = Anu
    secret = $2 }
    ppk { id = anu@interop
    secret = 0x$ppk }"
    swan_reload
}
refused() { expect 1 swan "$swan_dir" --initiate --child net; }
swan_client "auth = psk" "auth = psk"
swan_start "$client"
capture "$router" lan
for method in mschapv2 md5; do
    headend_with $method
    client_with anu cisco123
    swan_up
    pings
    logged headend 'user Anu connected'
    swan_down
    swan_logged "authentication of 'laptop.interop' \(myself\) with EAP"
    client_with anu cisco124
    refused
done
connection="ppk_id = anu@interop
    ppk_required = yes"
client_with anu cisco123
swan_up
pings
swan_down
swan_logged "using PPK for PPK_ID 'anu@interop'"
connection=
client_with untrusted cisco123
refused
has AUTHENTICATION_FAILED
swan_client "auth = pubkey
    certs = anu.pem" "auth = pubkey
    cacerts = ca.pem
    id = gw.interop"
swan_reload
refused
logged headend 'the client wants no second login, which is asked for'
capture_stop
only_the_tunnel_on_the_wire
