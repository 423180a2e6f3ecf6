#!/bin/bash
# a client's certificate that has been revoked: the headend asks for CRLs and OCSP as its trustpoint says, with and without none, for IKE and EAP-TLS
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../standard.sh"
asked=10.0.0.254
net_up
standard_config
# certify NAME SERIAL: a client's certificate that names a list and a responder
certify() {
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1" -keyout "$ca/$1.key" -out "$ca/$1.csr" 2>>"$work/openssl.log"
    printf '%s\n' extendedKeyUsage=clientAuth "authorityInfoAccess=OCSP;URI:http://$asked:8880/" \
        "crlDistributionPoints=URI:http://$asked:8881/ca.crl" >"$ca/$1.ext"
    openssl x509 -req -in "$ca/$1.csr" -CA "$ca/ca.pem" -CAkey "$ca/ca.key" -set_serial "$2" -days 30 -extfile "$ca/$1.ext" \
        -out "$ca/$1.pem" 2>>"$work/openssl.log"
    chmod 600 "$ca/$1.key"
}
certify good 0x21
certify taken 0x22
until=$(date -u -d '+10 days' +%y%m%d%H%M%SZ) today=$(date -u -d '-1 hour' +%y%m%d%H%M%SZ)
printf 'V\t%s\t\t21\tunknown\t/CN=good\nR\t%s\t%s\t22\tunknown\t/CN=taken\n' "$until" "$until" "$today" >"$ca/index"
printf '[ca]\ndefault_ca=d\n[d]\ndatabase=%s\ncrlnumber=%s\ndefault_md=sha256\ndefault_crl_days=10\n' "$ca/index" "$ca/number" >"$ca/ca.cnf"
echo 01 >"$ca/number"
mkdir "$ca/www"
openssl ca -config "$ca/ca.cnf" -gencrl -keyfile "$ca/ca.key" -cert "$ca/ca.pem" -out "$ca/ca.crl" 2>>"$work/openssl.log"
openssl crl -in "$ca/ca.crl" -outform DER -out "$ca/www/ca.crl"
ip netns exec "$router" openssl ocsp -port 8880 -index "$ca/index" -CA "$ca/ca.pem" -rsigner "$ca/ca.pem" -rkey "$ca/ca.key" \
    -ndays 1 >"$work/ocsp.log" 2>&1 & disown
ip netns exec "$router" python3 -m http.server -d "$ca/www" 8881 >"$work/www.log" 2>&1 & disown
wait_until 40 in_ns "$router" sh -c 'ss -Htln | grep -q :8880 && ss -Htln | grep -q :8881' || fail "no OCSP or CRL server"

mkdir -p "$work/profiles"
settings=("trust.ca_file=$ca/ca.pem")
hosts=
for name in good taken; do
    for way in certificate eap-tls; do
        settings+=("host $name-$way.auth=$way" "host $name-$way.certificate=$ca/$name.pem" "host $name-$way.key=$ca/$name.key")
        [ "$way" = eap-tls ] || settings+=("host $name-$way.identity=laptops")
        hosts+="<HostEntry><HostName>$name-$way</HostName><HostAddress>10.0.0.1</HostAddress><PrimaryProtocol>IPsec</PrimaryProtocol></HostEntry>"
    done
done
echo "<ServerList>$hosts</ServerList>" >"$work/profiles/hosts.xml"
agent_config "${settings[@]}"
agent_start
remember_before

# asks LINE...: the trustpoint of the clients says so
asks() {
    headend_stop
    : >"$work/headend.log"
    { cat "$ca/standard.cfg"; echo "crypto ca trustpoint clients"; printf ' %s\n' "$@"; } >"$ca/asks.cfg"
    headend_start "$ca/asks.cfg"
}
comes_in() { # NAME
    expect 0 cli --non-interactive connect "$1-$way"
    expect 0 cli disconnect
    unchanged
}
is_refused() { # NAME SENTENCE
    expect 5 cli --non-interactive connect "$1-$way"
    logged headend "$2"
    unchanged
}
revoked='the certificate with serial number 22 has been revoked'
for way in certificate eap-tls; do
    for check in crl ocsp 'crl none' 'ocsp none'; do
        asks "revocation-check $check"
        comes_in good
        is_refused taken "$revoked"
    done
    # nobody answers where it is asked
    asks 'revocation-check crl' 'crl configure' ' policy static' " url 1 http://$asked:8882/ca.crl"
    is_refused good 'nobody can say whether the certificate with serial number 21 has been revoked'
    asks 'revocation-check ocsp none' "ocsp url http://$asked:8882/"
    comes_in good
    logged headend 'has been revoked (http://10.0.0.254:8882/: '
    logged headend '; it is let in'
    # who answers second
    asks 'revocation-check ocsp crl' "ocsp url http://$asked:8882/"
    comes_in good
    is_refused taken "$revoked"
    asks 'revocation-check none'
    comes_in taken
done
# an answer is kept: the list is fetched once for both
asks 'revocation-check crl'
: >"$work/www.log"
way=certificate
comes_in good
is_refused taken "$revoked"
comes_in good
[ "$(grep -c 'GET /ca.crl' "$work/www.log")" = 1 ] || fail "the list was not fetched once: $(cat "$work/www.log")"
expect 0 headend_show crypto ca crls
has 'CN=ca'
has "http://$asked:8881/ca.crl"
# nobody is asked about the certificate of a stranger
: >"$work/www.log"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=good -days 30 -keyout "$ca/good.key" -out "$ca/good.pem" \
    -addext "crlDistributionPoints=URI:http://$asked:8881/ca.crl" 2>>"$work/openssl.log"
chmod 600 "$ca/good.key"
is_refused good 'none of our authorities has issued its certificate'
! grep -q GET "$work/www.log" || fail "a certificate that nobody trusts made the headend fetch"
