#!/bin/bash
# a certificate of a known authority: nothing is asked, name and dates are checked; ECDSA
. "$(dirname "$0")/../lib.sh"
ca=$work/ca
mkdir "$ca"
key() { openssl ecparam -name prime256v1 -genkey -noout -out "$ca/$1.key" 2>/dev/null; }
sign() { # NAME SAN DAYS: a gateway certificate, its chain leads to the root
    key "$1"
    openssl req -new -key "$ca/$1.key" -subj "/CN=$1" -out "$ca/$1.csr" 2>/dev/null
    printf 'subjectAltName=%s\nextendedKeyUsage=serverAuth\n' "$2" >"$ca/$1.ext"
    openssl x509 -req -in "$ca/$1.csr" -CA "$ca/root.pem" -CAkey "$ca/root.key" -CAcreateserial -days "$3" \
        -extfile "$ca/$1.ext" -out "$ca/$1.pem" 2>/dev/null
}
key root
openssl req -x509 -new -key "$ca/root.key" -subj /CN=root -days 30 -out "$ca/root.pem" 2>/dev/null
sign good IP:10.0.0.1 10
sign other IP:10.0.0.2 10
config() { sed "s|^crypto ca trustpoint.*|&\n!acheadend trustpoint modern-ikev2 certificate $ca/$1.pem key $ca/$1.key|; /^ enrollment self/d" "$modern_cfg" >"$ca/$1.cfg"; }
config good
config other
net_up
mkdir -p "$work/profiles" && cp "$top/tests/vectors/anyconnect-ikev2.xml" "$work/profiles/"
agent_config "trust.ca_file=$ca/root.pem"
headend_start "$ca/good.cfg"
agent_start
remember_before
expect 0 cli -s connect Anu-IKEV2 < <(answers Anu cisco123)
lacks 'onnect anyway'
pings
expect 0 headend_show crypto ikev2 sa detail
has 'Auth sign: ECDSA'
expect 0 cli disconnect
headend_stop
headend_start "$ca/other.cfg"
expect 6 cli connect Anu-IKEV2 --non-interactive --user Anu </dev/null
has 'name'
unchanged
