#!/bin/bash
# the certificate, then EAP (RFC 4739): both have to be right
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../standard.sh"
standard_up "host Anu-IKEV2.auth=certificate-eap" "host Anu-IKEV2.identity=both" "host Anu-IKEV2.certificate=$work/ca/laptops.pem" \
    "host Anu-IKEV2.key=$work/ca/laptops.key"
both() {
    expect 0 cli connect Anu-IKEV2 --user alice --password-stdin < <(answers correct-horse)
    pings
    expect 0 cli status
    has "Login:          certificate and $1"
    has alice
    expect 0 cli disconnect
    unchanged
}
both EAP-MSCHAPv2
expect 5 cli connect Anu-IKEV2 --non-interactive --user alice --password-stdin < <(answers wrong-horse)
has 'wrong user name or password'
unchanged
agent_stop
echo 'eap = eap-gtc' >>"$work/acclient.conf" # the last section is the host's
agent_start
both EAP-GTC
# whose certificate nobody has issued is not asked for a password
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=laptops -days 30 \
    -keyout "$ca/laptops.key" -out "$ca/laptops.pem" 2>>"$work/openssl.log"
expect 5 cli -s connect Anu-IKEV2 < <(answers alice correct-horse)
lacks 'Password:'
has 'check the certificate, the user name and the password'
unchanged
