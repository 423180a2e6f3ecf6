#!/bin/bash
# EAP-TLS with a client certificate whose key is locked; a certificate of somebody else's authority is refused
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../standard.sh"
standard_up "host Anu-IKEV2.auth=eap-tls" "host Anu-IKEV2.certificate=$work/ca/laptops.pem" "host Anu-IKEV2.key=$work/ca/locked.key"
openssl pkcs8 -topk8 -in "$ca/laptops.key" -passout pass:sesame -out "$ca/locked.key"
chmod 600 "$ca/locked.key"
expect 0 cli connect Anu-IKEV2 --password-stdin < <(answers sesame)
pings
expect 0 cli status
has 'Login:          EAP-TLS'
has 'CN=laptops'
expect 0 cli disconnect
unchanged
logged headend 'user laptops connected'
# the same name, another authority
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=laptops -days 30 \
    -keyout "$ca/locked.key" -out "$ca/laptops.pem" 2>>"$work/openssl.log"
chmod 600 "$ca/locked.key"
expect 5 cli connect Anu-IKEV2
has 'check the certificate'
unchanged
rm "$ca/laptops.pem"
expect 17 cli connect Anu-IKEV2
has "$ca/laptops.pem"
