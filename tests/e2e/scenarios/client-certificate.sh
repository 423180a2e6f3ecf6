#!/bin/bash
# a client certificate whose key is locked: the passphrase is asked for, a wrong one is told, what is wrong with the key is exit 17
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../standard.sh"
standard_up "host Anu-IKEV2.auth=certificate" "host Anu-IKEV2.identity=laptops" \
    "host Anu-IKEV2.certificate=$work/ca/laptops.pem" "host Anu-IKEV2.key=$work/ca/locked.key"
openssl pkcs8 -topk8 -in "$ca/laptops.key" -passout pass:sesame -out "$ca/locked.key"
chmod 600 "$ca/locked.key"
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
