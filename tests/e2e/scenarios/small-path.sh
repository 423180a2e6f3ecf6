#!/bin/bash
# a path of 576 octets where IP fragments are lost: IKE cuts its messages itself, in both forms
. "$(dirname "$0")/../lib.sh"
command -v nft >/dev/null || { echo "nft is needed (tests/deps.sh all)" >&2; exit 1; }
ca=$(mktemp -d /tmp/acclient-ca.XXXXXX)
trap 'rm -rf "$ca"; net_down' EXIT

issue() { # NAME ISSUER EXTENSIONS
    openssl req -new -newkey rsa:2048 -nodes -keyout "$ca/$1.key" -subj "/CN=$1/O=a name of some length" -out "$ca/$1.csr" 2>/dev/null
    printf '%b' "$3" >"$ca/$1.ext"
    openssl x509 -req -in "$ca/$1.csr" -CA "$ca/$2.pem" -CAkey "$ca/$2.key" -CAcreateserial -days 10 \
        -extfile "$ca/$1.ext" -out "$ca/$1.pem" 2>/dev/null
}
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$ca/root.key" -subj /CN=root -days 30 -out "$ca/root.pem" 2>/dev/null
issue upper root 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n'
issue lower upper 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n'
issue gateway lower 'subjectAltName=IP:10.0.0.1\nextendedKeyUsage=serverAuth\n'
cat "$ca/lower.pem" "$ca/upper.pem" >"$ca/chain.pem"
for i in $(seq 40); do
    printf ' banner value line %s of a text that everybody has to read before he may do his work in here\n' "$i"
done >"$ca/banner"
config() { # FILE LINE: a chain of three certificates, 3.6 KB of banner
    sed -e "s|^crypto ca trustpoint.*|&\n!acheadend trustpoint modern-ikev2 certificate $ca/gateway.pem key $ca/gateway.key chain $ca/chain.pem|" \
        -e '/^ enrollment self/d' -e "/^group-policy .* attributes/r $ca/banner" -e "s|^crypto ikev2 enable.*|&\n$2|" "$modern_cfg" >"$ca/$1.cfg"
}
config ietf 'crypto ikev2 fragmentation'
config cisco 'crypto ikev2 fragmentation preferred-method cisco'
config off 'no crypto ikev2 fragmentation'

net_up
ip -n "$client" link set eth0 mtu 576
ip -n "$router" link set lan mtu 576
ip -n "$router" link set wan mtu 576
ip -n "$head" link set outside mtu 576
# IKE_SA_INIT, which nothing may cut (RFC 7383 2.2), is larger than this path and passes on port 500.
in_ns "$router" nft -f - <<'RULES'
table ip path {
    chain forward {
        type filter hook forward priority 0;
        ip frag-off & 0x3fff != 0 udp dport 4500 counter drop
        ip frag-off & 0x3fff != 0 udp sport 4500 counter drop
    }
}
RULES
ip_fragments() { in_ns "$router" nft list chain ip path forward | awk '/counter/ { for (i = 1; i < NF; i++) if ($i == "packets") n += $(i + 1) } END { print n + 0 }'; }

mkdir -p "$work/profiles" && cp "$top/tests/vectors/anyconnect-ikev2.xml" "$work/profiles/"
agent_config "trust.ca_file=$ca/root.pem" ike.retransmit_tries=3
AC_LOG=debug agent_start
remember_before
for form in ietf cisco; do
    AC_LOG=debug headend_start "$ca/$form.cfg"
    expect 0 cli -s connect Anu-IKEV2 < <(answers Anu cisco123 y)
    has 'line 40 of a text'
    pings
    logged headend 'Fragmenting packet, Fragment MTU: 5'
    logged agent 'Reassembled packet, Number of fragments: '
    expect 0 cli disconnect
    headend_stop
    [ "$(ip_fragments)" = 0 ] || fail "$form: IP fragments were sent"
    unchanged
done
logged headend 'Fragment MTU: 544, Number of fragments: '
# and this is what it is good for
headend_start "$ca/off.cfg"
expect 4 cli -s connect Anu-IKEV2 < <(answers Anu cisco123 y)
[ "$(ip_fragments)" -gt 0 ] || fail 'the path lets fragments through'
unchanged
