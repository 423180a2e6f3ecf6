#!/bin/bash
# a client of strongSwan with a revoked certificate at our headend: refused by CRL and by OCSP, in IKE and in EAP-TLS; a good one is let in
. "$(dirname "$0")/../lib.sh"
mkdir "$pki"
pki_ca ca
pki_gateway gw p256
asked="authorityInfoAccess=OCSP;URI:http://10.0.0.254:8880/\ncrlDistributionPoints=URI:http://10.0.0.254:8881/ca.crl"
for name in good taken; do
    pki_issue $name ca p256 "subjectAltName=email:$name@interop\nextendedKeyUsage=clientAuth\nkeyUsage=digitalSignature\n$asked"
done
pki_revoke ca taken
serial=$(openssl x509 -in "$pki/taken.pem" -noout -serial | cut -d= -f2)
mkdir "$pki/www"
openssl crl -in "$pki/ca.crl" -outform DER -out "$pki/www/ca.crl"
net_up
ip netns exec "$router" openssl ocsp -port 8880 -index "$pki/ca/index" -CA "$pki/ca.pem" -rsigner "$pki/ca.pem" -rkey "$pki/ca.key" \
    -ndays 1 >"$work/ocsp.log" 2>&1 & disown
ip netns exec "$router" python3 -m http.server -d "$pki/www" 8881 >"$work/www.log" 2>&1 & disown
wait_until 40 in_ns "$router" sh -c 'ss -Htln | grep -q :8880 && ss -Htln | grep -q :8881' || fail "no OCSP or CRL server"
swan_files
client_with() { # NAME WAY
    swan_client "auth = $2
        id = $1@interop
        eap_id = $1@interop
        certs = $1.pem" "auth = pubkey
        cacerts = ca.pem
        id = gw.interop"
}
headend_asks() { # CHECK REMOTE-AUTHENTICATION
    headend_stop
    : >"$work/headend.log"
    headend_config "ikev2 remote-authentication $2" "ikev2 local-authentication certificate gw" "peer-id-validate nocheck"
    printf '%s\n' 'crypto ca trustpoint clients' " revocation-check $1" >>"$work/headend.cfg"
    headend_start "$work/headend.cfg"
}
login() { client_with "$1" "$2"; swan_reload; }
client_with good pubkey
swan_start "$client"
capture "$router" lan
asa_global="!acheadend eap-method tls"
for way in pubkey eap-tls; do
    remote=certificate
    [ $way = pubkey ] || remote='eap query-identity'
    for check in crl ocsp; do
        headend_asks $check "$remote"
        login good $way
        swan_up
        pings
        swan_down
        login taken $way
        expect 1 swan "$swan_dir" --initiate --child net
        [ $way = eap-tls ] || has AUTHENTICATION_FAILED
        logged headend "the certificate with serial number $serial has been revoked"
        headend_show vpn-sessiondb detail ra-ikev2-ipsec >"$work/out"
        has 'no active sessions'
    done
done
capture_stop
only_the_tunnel_on_the_wire
