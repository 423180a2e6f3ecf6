#!/bin/bash
# a client of strongSwan and our headend with a post-quantum key (RFC 8784): PSK, certificate, EAP; optional, required, wrong, unknown, missing
. "$(dirname "$0")/../lib.sh"
mkdir "$pki"
pki_ca ca
pki_gateway gw p256
pki_client anu p256
net_up
swan_files
ppk=$(openssl rand -hex 32) other=$(openssl rand -hex 32)
headend_with() { # PPK-LINE: DefaultRAGroup by PSK, Certs by certificate or EAP
    headend_stop
    asa_global="username Anu password cisco123
!acheadend eap-method mschapv2 md5
$1
tunnel-group Certs type remote-access
tunnel-group Certs general-attributes
 default-group-policy clients
tunnel-group Certs ipsec-attributes
 ikev2 remote-authentication certificate
 ikev2 remote-authentication eap query-identity
 ikev2 local-authentication certificate gw
 peer-id-validate nocheck"
    psk_headend_config
    headend_start "$work/headend.cfg"
}
client_with() { # PPK-ID PPK REQUIRED LOCAL REMOTE
    connection="ppk_id = $1
    ppk_required = $3"
    [ -n "$1" ] || connection=
    swan_client "$4" "$5" "ike { secret = $psk }
    eap { id = Anu
    secret = cisco123 }
    ppk { id = $1
    secret = 0x$2 }"
    swan_reload
}
by_psk=("auth = psk
    id = branch.interop" "auth = psk
    id = gw.interop")
gateway="auth = pubkey
    cacerts = ca.pem
    id = gw.interop"
by_certificate=("auth = pubkey
    id = Certs
    certs = anu.pem" "$gateway")
by_eap=("auth = eap
    id = Certs
    eap_id = Anu" "$gateway")
comes() { # used|unused: the login is let in, with the PPK or without
    local n
    n=$(said_by_swan 'using PPK for')
    swan_up
    pings
    swan_down
    if [ "$1" = used ]; then more_of "$n" 'using PPK for' || fail 'the PPK was not used'; else ! more_of "$n" 'using PPK for' || fail 'a PPK was used'; fi
}
refused() { # LINE: why, in the headend's log
    expect 1 swan "$swan_dir" --initiate --child net
    has AUTHENTICATION_FAILED
    logged headend "$1"
}
swan_client "${by_psk[@]}"
swan_start "$client"
capture "$router" lan
headend_with "!acheadend ppk anu@interop $ppk"
client_with anu@interop "$ppk" no "${by_psk[@]}"; comes used
client_with anu@interop "$ppk" yes "${by_psk[@]}"; comes used
client_with bo@interop "$ppk" no "${by_psk[@]}"; comes unused
swan_logged "peer didn't use PPK for PPK_ID 'bo@interop'"
client_with '' "$ppk" no "${by_psk[@]}"; comes unused
client_with bo@interop "$ppk" yes "${by_psk[@]}"; refused 'the client insists on a PPK that is not known here'
client_with anu@interop "$other" no "${by_psk[@]}"; refused 'the pre-shared keys differ; or the PPKs differ'
headend_with "!acheadend ppk anu@interop $ppk required"
client_with anu@interop "$ppk" no "${by_psk[@]}"; comes used
client_with '' "$ppk" no "${by_psk[@]}"; refused 'the client does not use the PPK without which it must not log in'
client_with anu@interop "$ppk" no "${by_certificate[@]}"; comes used
client_with anu@interop "$other" no "${by_certificate[@]}"; refused 'the signature does not match; or the PPKs differ'
for method in mschapv2 md5; do # with a key of its own, and without
    headend_with "!acheadend eap-method $method
!acheadend ppk anu@interop $ppk required"
    client_with anu@interop "$ppk" no "${by_eap[@]}"; comes used
    client_with anu@interop "$other" no "${by_eap[@]}"; refused 'it does not go with what EAP came to; or the PPKs differ'
done
capture_stop
only_the_tunnel_on_the_wire
