#!/bin/bash
# our client and a gateway of strongSwan with a post-quantum key (RFC 8784): PSK, certificate, EAP; optional, required, wrong, unknown, missing
. "$(dirname "$0")/../lib.sh"
mkdir "$pki"
pki_ca ca
pki_gateway gw p256
pki_client anu p256
net_up
psk_file
swan_files
ppk=$(openssl rand -hex 32)
(umask 077; echo "0x$ppk" >"$work/ppk"; openssl rand -base64 32 >"$work/other")
echo cisco123 >"$work/right"
gateway() { # REQUIRED LOCAL REMOTE
    connection="ppk_required = $1"
    swan_gateway "$2" "$3" "ike { id = branch.interop
    secret = $psk }
    eap { id = Anu
    secret = cisco123 }
    ppk { id = ppk of Anu
    secret = 0x$ppk }"
}
by_psk=("auth = psk
    id = gw.interop" "auth = psk
    id = branch.interop")
by_certificate="auth = pubkey
    certs = gw.pem
    id = gw.interop"
by_eap() { echo "auth = eap-$1
    id = %any
    eap_id = %any"; }
shared=(auth=psk identity=branch.interop "psk_file=$work/psk")
certificate=(auth=certificate "certificate=$pki/anu.pem" "key=$pki/anu.key")
ours=("ppk_id=ppk of Anu" "ppk_file=$work/ppk")
unknown=("ppk_id=ppk of Bo" "ppk_file=$work/ppk")
try() { # CODE SETTING...
    local code=$1; shift
    client_config gateway_identity=gw.interop "$@"
    agent_start
    expect "$code" cli connect 10.0.0.1 --non-interactive --user Anu --password-file "$work/right" </dev/null
    [ "$code" != 0 ] || { pings; client_down; }
    agent_stop
}
n_used=0 # how often the gateway has said so
used() { # so it has once more
    more_of "$n_used" 'using PPK for' || fail "the PPK was not used"
    count_used
}
count_used() { n_used=$(said_by_swan 'using PPK for'); }
without() { ! more_of "$n_used" 'using PPK for' || fail "a PPK was used"; }

gateway no "${by_psk[@]}"
swan_start "$head"
capture "$router" lan
try 0 "${shared[@]}" "${ours[@]}"; used
try 0 "${shared[@]}" "${ours[@]}" ppk_required=true; used
try 0 "${shared[@]}" "${unknown[@]}"; without
swan_logged 'no PPK available, using NO_PPK_AUTH notify'
try 5 "${shared[@]}" "${unknown[@]}" ppk_required=true
try 5 "${shared[@]}" "ppk_id=ppk of Anu" "ppk_file=$work/other"
has 'ppk_id and ppk_file too'
count_used
gateway yes "${by_psk[@]}"
swan_reload
try 0 "${shared[@]}" "${ours[@]}"; used
try 5 "${shared[@]}" "${unknown[@]}"
swan_logged "PPK required but no PPK found for 'ppk of Bo'"
try 5 "${shared[@]}"
swan_logged 'PPK required but peer does not support PPK'
gateway yes "$by_certificate" "auth = pubkey
    cacerts = ca.pem
    id = %any"
swan_reload
try 0 "${certificate[@]}" "${ours[@]}"; used
for method in mschapv2 md5; do # with a key of its own, and without
    gateway yes "$by_certificate" "$(by_eap $method)"
    swan_reload
    try 0 auth=eap-$method identity=laptop.interop "${ours[@]}"; used
    try 5 auth=eap-$method identity=laptop.interop "ppk_id=ppk of Anu" "ppk_file=$work/other"
    count_used
done
# a gateway that has none, and a client that must not be without
swan_gateway "${by_psk[@]}" "ike { id = branch.interop
    secret = $(cat "$work/psk") }"
swan_reload
try 4 "${shared[@]}" "${ours[@]}" ppk_required=true
has 'the gateway knows nothing of the PPK, without which it must not be'
capture_stop
only_the_tunnel_on_the_wire
