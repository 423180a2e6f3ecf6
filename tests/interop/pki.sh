# pki.sh - authorities and certificates, made anew for each scenario, every kind that a gateway or a client may show.
# Sourced by lib.sh. Everything is in $pki: NAME.pem, NAME.key, CA.crl.

pki=$work/pki
gateway_san=DNS:gw.interop,IP:10.0.0.1

# pki_key NAME KIND: rsa, p256, p384, p521 or ed25519
pki_key() {
    case $2 in
    rsa) openssl genrsa -out "$pki/$1.key" 2048 2>/dev/null ;;
    p256 | p384 | p521) openssl genpkey -algorithm EC -pkeyopt "ec_paramgen_curve:P-${2#p}" -out "$pki/$1.key" ;;
    ed25519) openssl genpkey -algorithm ED25519 -out "$pki/$1.key" ;;
    esac
}
# pki_ca NAME: an authority of its own
pki_ca() {
    mkdir -p "$pki/$1"
    : >"$pki/$1/index"
    echo 01 >"$pki/$1/serial"
    echo 01 >"$pki/$1/crlnumber"
    cat >"$pki/$1/conf" <<END
[ca]
default_ca = this
[this]
database = $pki/$1/index
serial = $pki/$1/serial
crlnumber = $pki/$1/crlnumber
new_certs_dir = $pki/$1
certificate = $pki/$1.pem
private_key = $pki/$1.key
default_md = sha256
default_crl_days = 5
policy = any
copy_extensions = none
unique_subject = no
[any]
commonName = supplied
[crl]
authorityKeyIdentifier = keyid
END
    pki_key "$1" "${2:-p256}"
    openssl req -x509 -new -key "$pki/$1.key" -subj "/CN=$1" -days 30 -out "$pki/$1.pem" \
        -addext keyUsage=critical,keyCertSign,cRLSign
}
# pki_issue NAME CA KIND EXTENSIONS [FROM UNTIL]: extensions as lines of openssl x509v3_config(5); dates as date(1) takes them
pki_issue() {
    pki_key "$1" "$3"
    openssl req -new -key "$pki/$1.key" -subj "/CN=$1" -out "$pki/$1.csr"
    printf '%b\n' "$4" >"$pki/$1.ext"
    openssl ca -batch -notext -config "$pki/$2/conf" -extfile "$pki/$1.ext" -in "$pki/$1.csr" -out "$pki/$1.pem" \
        -startdate "$(date -u -d "${5:-1 hour ago}" +%y%m%d%H%M%SZ)" -enddate "$(date -u -d "${6:-10 days}" +%y%m%d%H%M%SZ)" 2>/dev/null
}
# pki_gateway NAME KIND / pki_client NAME KIND: a good one, of the authority "ca"
pki_gateway() { pki_issue "$1" ca "$2" "subjectAltName=$gateway_san\nextendedKeyUsage=serverAuth\nkeyUsage=digitalSignature"; }
pki_client() { pki_issue "$1" ca "$2" "subjectAltName=email:$1@interop\nextendedKeyUsage=clientAuth\nkeyUsage=digitalSignature"; }
# pki_revoke CA [NAME...]: its list, these certificates on it
pki_revoke() {
    local ca=$1 name; shift
    for name in "$@"; do openssl ca -config "$pki/$ca/conf" -revoke "$pki/$name.pem" 2>/dev/null; done
    openssl ca -config "$pki/$ca/conf" -gencrl -crlexts crl -out "$pki/$ca.crl" 2>/dev/null
}
