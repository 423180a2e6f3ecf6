#!/bin/bash
# a client whose certificate has expired meanwhile is refused: the old login goes on to its end, and only then the session is over
# waits
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../standard.sh"
standard_config
: >"$ca/index"
openssl req -new -key "$ca/laptops.key" -subj /CN=laptops -out "$ca/soon.csr"
printf '%s\n' '[ca]' 'default_ca=this' '[this]' "database=$ca/index" "new_certs_dir=$ca" 'rand_serial=yes' 'default_md=sha256' \
    'policy=any' '[any]' 'commonName=supplied' >"$ca/conf"
openssl ca -batch -notext -config "$ca/conf" -cert "$ca/ca.pem" -keyfile "$ca/ca.key" -extfile <(echo 'extendedKeyUsage=clientAuth') -in "$ca/soon.csr" -out "$ca/laptops.pem" \
    -startdate "$(date -u -d '1 hour ago' +%y%m%d%H%M%SZ)" -enddate "$(date -u -d '20 seconds' +%y%m%d%H%M%SZ)" 2>>"$work/openssl.log" ||
    fail "openssl: $(tail "$work/openssl.log")"
up "$ca/standard.cfg" trust.ca_file="$ca/ca.pem" ike.reauth=30 "host Anu-IKEV2.auth=certificate" "host Anu-IKEV2.identity=laptops" \
    "host Anu-IKEV2.certificate=$ca/laptops.pem" "host Anu-IKEV2.key=$ca/laptops.key"
said() { grep -q -- "$1" "$work/agent.log"; }
expect 0 cli connect Anu-IKEV2 --non-interactive
wait_until 60 said 'logging in anew did not succeed, and the tunnel goes on' || fail 'no login was tried'
pings
wait_until 30 said 'the login is as old as it may be' || fail 'no end'
said 'CERTIFICATE\|AUTHENTICATION_FAILED' || fail 'not why'
over() { ! cli status; }
wait_until 40 over || fail 'the session goes on for ever'
unchanged
