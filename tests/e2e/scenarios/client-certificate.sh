#!/bin/bash
# a client certificate whose key is locked: the passphrase is asked for, a wrong one is told, what is wrong with the key is exit 17
. "$(dirname "$0")/../lib.sh"
ca=$work/ca
mkdir "$ca"
# issue NAME EXTENSIONS
issue() {
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1" -keyout "$ca/$1.key" -out "$ca/$1.csr"
    openssl x509 -req -in "$ca/$1.csr" -CA "$ca/ca.pem" -CAkey "$ca/ca.key" -days 30 -out "$ca/$1.pem" -extfile <(echo "$2")
}
{
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=ca -days 30 -keyout "$ca/ca.key" -out "$ca/ca.pem"
    issue gw 'subjectAltName=IP:10.0.0.1'
    issue laptops 'extendedKeyUsage=clientAuth'
    openssl pkcs8 -topk8 -in "$ca/laptops.key" -passout pass:sesame -out "$ca/locked.key"
} >"$work/openssl.log" 2>&1
chmod 600 "$ca"/*.key
grep -v '^!acheadend ppk' "$top/tests/vectors/asa-standard.cfg" |
    sed "s/standard permit 10.10.0.0 255.255.0.0/standard permit 172.16.0.0 255.255.0.0/
        s|gw.pem key gw.key chain ca.pem|$ca/gw.pem key $ca/gw.key chain $ca/ca.pem|; s| ca ca.pem| ca $ca/ca.pem|" >"$ca/standard.cfg"
up "$ca/standard.cfg" trust.ca_file="$ca/ca.pem" "host Anu-IKEV2.auth=certificate" "host Anu-IKEV2.identity=laptops" \
    "host Anu-IKEV2.certificate=$ca/laptops.pem" "host Anu-IKEV2.key=$ca/locked.key"
expect 5 cli --non-interactive connect Anu-IKEV2 --answer passphrase=wrong
has 'That is not the passphrase.'
expect 0 cli connect Anu-IKEV2 --password-stdin < <(answers sesame)
pings
expect 0 cli status
has 'Login:          certificate'
expect 0 cli disconnect
unchanged
chmod 644 "$ca/locked.key"
expect 7 cli connect Anu-IKEV2
has 'chmod 600'
chmod 600 "$ca/locked.key"
cp "$ca/ca.key" "$ca/locked.key"
expect 17 cli connect Anu-IKEV2
has 'is not the key of'
lacks sesame
