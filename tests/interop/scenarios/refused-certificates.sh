#!/bin/bash
# a gateway's certificate that is no good: our client says why, and no EAP leaves it
. "$(dirname "$0")/../lib.sh"
mkdir "$pki"
pki_ca ca
pki_ca stranger
server='extendedKeyUsage=serverAuth\nkeyUsage=digitalSignature'
pki_gateway good p256
pki_gateway revoked p256
pki_revoke ca revoked
pki_issue expired ca p256 "subjectAltName=$gateway_san\n$server" '10 days ago' '1 day ago'
pki_issue early ca p256 "subjectAltName=$gateway_san\n$server" 'tomorrow' '10 days'
pki_issue name ca p256 "subjectAltName=DNS:other.interop,IP:10.0.0.2\n$server"
pki_issue untrusted stranger p256 "subjectAltName=$gateway_san\n$server"
pki_issue purpose ca p256 "subjectAltName=$gateway_san\nextendedKeyUsage=clientAuth"
pki_issue authority ca p256 "subjectAltName=$gateway_san\nbasicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign"

net_up
gateway_with() { swan_gateway "auth = pubkey
    certs = $1.pem
    id = gw.interop" "auth = eap-mschapv2
    eap_id = %any" "eap { id = Anu
    secret = cisco123 }"; }
swan_files
gateway_with good
swan_start "$head"
agent_config "trust.ca_file=$pki/ca.pem" trust.system_store=false "trust.crl_file=$pki/ca.crl" trust.revocation=strict
agent_start --export-keys "$work/keys"
capture "$router" lan
refused() { # NAME WORDS
    gateway_with "$1"
    swan_reload
    expect 6 cli connect 10.0.0.1 --non-interactive --user Anu </dev/null
    has "$2"
}
refused expired 'it has expired'
refused early 'it is not valid yet'
refused name "it is not made out to this server's name"
refused untrusted "it was not issued by an authority that this computer trusts"
refused purpose "it is not meant for a VPN gateway"
refused authority "it is not meant for a VPN gateway"
refused revoked "revoked"
capture_stop
# each time the gateway had proved itself and asked; each time there was no answer
[ "$(read_wire -Y 'isakmp.typepayload == 48 && ip.src == 10.0.0.1' | wc -l)" = 7 ] || fail "the gateway has not asked each time"
unseen 'isakmp.typepayload == 48 && ip.src == 192.168.1.1'
