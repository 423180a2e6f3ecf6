# standard.sh - a headend for standard clients, its authority and certificates. Sourced by scenarios after lib.sh.

ca=$work/ca
# issue NAME EXTENSIONS
issue() {
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1" -keyout "$ca/$1.key" -out "$ca/$1.csr"
    openssl x509 -req -in "$ca/$1.csr" -CA "$ca/ca.pem" -CAkey "$ca/ca.key" -days 30 -out "$ca/$1.pem" -extfile <(echo "$2")
}
# standard_config: the authority, the certificate "laptops" of clients, and in $ca/standard.cfg that of the vectors without its PPK
standard_config() {
    mkdir "$ca"
    {
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=ca -days 30 -keyout "$ca/ca.key" -out "$ca/ca.pem"
        issue gw 'subjectAltName=IP:10.0.0.1'
        issue laptops 'extendedKeyUsage=clientAuth'
    } >"$work/openssl.log" 2>&1
    chmod 600 "$ca"/*.key
    grep -v '^!acheadend ppk' "$top/tests/vectors/asa-standard.cfg" |
        sed "s/standard permit 10.10.0.0 255.255.0.0/standard permit 172.16.0.0 255.255.0.0/
            s/^tunnel-group both ipsec-attributes/&\n peer-id-validate nocheck/
            s|gw.pem key gw.key chain ca.pem|$ca/gw.pem key $ca/gw.key chain $ca/ca.pem|; s| ca ca.pem| ca $ca/ca.pem|" >"$ca/standard.cfg"
}
# standard_up [SETTING...]
standard_up() {
    standard_config
    up "$ca/standard.cfg" trust.ca_file="$ca/ca.pem" "$@"
}
