#!/bin/bash
# a revoked certificate: OCSP and CRLs are asked, off, soft and strict; nobody is asked about a certificate that is not trusted
. "$(dirname "$0")/../lib.sh"
AC_LOG=debug
ca=$work/ca
mkdir "$ca"
key() { openssl ecparam -name prime256v1 -genkey -noout -out "$ca/$1.key" 2>/dev/null; }
sign() { # NAME SERIAL EXTENSION: a gateway certificate of the root's
    key "$1"
    openssl req -new -key "$ca/$1.key" -subj "/CN=$1" -out "$ca/$1.csr" 2>/dev/null
    printf 'subjectAltName=IP:10.0.0.1\nextendedKeyUsage=serverAuth\n%s\n' "$3" >"$ca/$1.ext"
    openssl x509 -req -in "$ca/$1.csr" -CA "$ca/root.pem" -CAkey "$ca/root.key" -set_serial "$2" -days 10 \
        -extfile "$ca/$1.ext" -out "$ca/$1.pem" 2>/dev/null
    sed "s|^crypto ca trustpoint.*|&\n!acheadend trustpoint modern-ikev2 certificate $ca/$1.pem key $ca/$1.key|; /^ enrollment self/d" \
        "$modern_cfg" >"$ca/$1.cfg"
}
key root
openssl req -x509 -new -key "$ca/root.key" -subj /CN=root -days 30 -out "$ca/root.pem" 2>/dev/null
sign good 0x11 'authorityInfoAccess=OCSP;URI:http://192.168.1.254:8880/'
sign taken 0x12 'authorityInfoAccess=OCSP;URI:http://192.168.1.254:8880/'
sign listed 0x13 'crlDistributionPoints=URI:http://192.168.1.254:8881/root.crl'
sign mute 0x14 'crlDistributionPoints=URI:http://192.168.1.254:8882/root.crl'
until=$(date -u -d '+10 days' +%y%m%d%H%M%SZ) today=$(date -u -d '-1 hour' +%y%m%d%H%M%SZ)
printf 'V\t%s\t\t11\tunknown\t/CN=good\n' "$until" >"$ca/index"
printf 'R\t%s\t%s\t12\tunknown\t/CN=taken\nR\t%s\t%s\t13\tunknown\t/CN=listed\n' "$until" "$today" "$until" "$today" >>"$ca/index"
printf '[ca]\ndefault_ca=d\n[d]\ndatabase=%s\ncrlnumber=%s\ndefault_md=sha256\ndefault_crl_days=10\n' "$ca/index" "$ca/number" >"$ca/ca.cnf"
echo 01 >"$ca/number"
mkdir "$ca/www"
openssl ca -config "$ca/ca.cnf" -gencrl -keyfile "$ca/root.key" -cert "$ca/root.pem" -out "$ca/root.pem.crl" 2>/dev/null
openssl crl -in "$ca/root.pem.crl" -outform DER -out "$ca/www/root.crl"
net_up
ip netns exec "$router" openssl ocsp -port 8880 -index "$ca/index" -CA "$ca/root.pem" -rsigner "$ca/root.pem" -rkey "$ca/root.key" \
    -ndays 1 >"$work/ocsp.log" 2>&1 & disown
ip netns exec "$router" python3 -m http.server -d "$ca/www" 8881 >"$work/www.log" 2>&1 & disown
wait_until 40 in_ns "$router" sh -c 'ss -Htln | grep -q :8880 && ss -Htln | grep -q :8881' || fail "no OCSP or CRL server"
mkdir -p "$work/profiles" && cp "$top/tests/vectors/anyconnect-ikev2.xml" "$work/profiles/"

# with NAME SETTING...: a gateway with that certificate, an agent with these settings
with() {
    local name=$1; shift
    headend_stop; agent_stop
    : >"$work/headend.log"
    agent_config "trust.ca_file=$ca/root.pem" "$@"
    headend_start "$ca/$name.cfg"
    agent_start
}
refused() {
    expect 6 cli connect Anu-IKEV2 --non-interactive --user Anu </dev/null
    ! grep -q 'type="init"' "$work/headend.log" || fail "an EAP response left the client"
}
connects() {
    expect 0 cli -s connect Anu-IKEV2 < <(answers Anu cisco123)
    lacks 'onnect anyway'
    expect 0 cli disconnect
}
agent_config
agent_start
remember_before
with good; connects
with good trust.revocation=strict; connects
with taken; refused; has revoked
with taken trust.revocation=off; connects
with listed; refused; has revoked
with listed "trust.crl_file=$ca/root.pem.crl" trust.revocation=strict; refused; has revoked
with mute; connects; logged agent 'revocation state is not known'
with mute trust.revocation=strict; refused; has 'nobody could say whether it has been revoked'
with mute "trust.crl_file=$ca/root.pem.crl" trust.revocation=strict; connects
: >"$work/ocsp.log"; : >"$work/www.log"
agent_config trust.revocation=strict; agent_stop; agent_start
headend_stop; headend_start "$ca/listed.cfg"
expect 6 cli connect Anu-IKEV2 --non-interactive --user Anu </dev/null
! grep -q GET "$work/www.log" || fail "a certificate that nobody trusts made the agent fetch"
unchanged
