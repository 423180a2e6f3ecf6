# handshakes.sh - what logging in costs a gateway: ours and strongSwan's, the same clients (crowd.c), by turns. Sourced by run.sh.

crowd() { in_ns "$client" "$bin/tests/crowd" --to 10.0.0.1 "$@" || fail "crowd"; }
# PID OPTION...: by the key, or by EAP-MSCHAPv2 under the gateway's RSA certificate
by_key() { crowd --pid "$1" --identity shared --secret everybody-knows-it "${@:2}"; }
by_password() { crowd --pid "$1" --way mschapv2 --identity alice --secret correct-horse "${@:2}"; }

our_config() { # FILE LINE...: the standard methods, room for thousands
    sed -e 's/trustpoint gw$/&\n enrollment self/' -e '/^ enrollment terminal$/d' -e '/^!acheadend trustpoint/d' \
        -e '/remote-authentication certificate$/d' -e '/^tunnel-group both/,/local-authentication/d' \
        -e '/^tunnel-group laptops/,/local-authentication/d' -e '/^!acheadend ppk/d' \
        -e 's/10.2.4.1-10.2.4.100 mask 255.255.255.0/10.3.0.1-10.3.15.250 mask 255.255.0.0/' \
        -e 's/^group-policy standard attributes/&\n vpn-simultaneous-logins 5000/' \
        -e "s/^crypto ikev2 enable.*/&$(printf '\\n%s' "${@:2}")/" "$top/tests/vectors/asa-standard.cfg" >"$1"
}
our_gateway() { our_config "$work/bench.cfg" "$@"; headend_start "$work/bench.cfg"; pid=$headend_pid; }
swan_gateway() { # LINE...: of strongswan.conf
    local h=$work/swan
    charon_config "$h" eap-mschapv2\ md4 "$(printf '%s\n' "$@")"
    openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=gw.bench -addext subjectAltName=DNS:gw.bench \
        -keyout "$h/private/gw.pem" -out "$h/x509/gw.pem" 2>/dev/null
    cat >"$h/swanctl.conf" <<END
connections {
    key { version = 2
        local_addrs = 10.0.0.1
        proposals = aes256gcm16-prfsha256-ecp256
        pools = bench
        unique = never
        local { auth = psk
                id = gw.bench }
        remote { auth = psk
                 id = shared }
        children { bench { local_ts = 0.0.0.0/0
                           esp_proposals = aes256gcm16 } } }
    password { version = 2
        local_addrs = 10.0.0.1
        proposals = aes256gcm16-prfsha256-ecp256
        pools = bench
        unique = never
        send_cert = always
        local { auth = pubkey
                certs = gw.pem
                id = gw.bench }
        remote { auth = eap-mschapv2
                 eap_id = %any }
        children { bench { local_ts = 0.0.0.0/0
                           esp_proposals = aes256gcm16 } } }
}
pools { bench { addrs = 10.3.0.0/20 } }
secrets {
    ike { secret = everybody-knows-it }
    eap { id = alice
          secret = correct-horse }
}
END
    charon_start "$head" "$h"; pid=$charon_pid
}
gateway_stop() { headend_stop; charon_stop; }

turn_of() { # our|swan: one round of it, a line for each thing measured
    local never=() always=() i
    case $1 in
    our) never=('crypto ikev2 limit max-in-negotiation-sa 8000' 'crypto ikev2 cookie-challenge never')
        always=('crypto ikev2 cookie-challenge always') ;;
    swan) never=('dos_protection = no' 'half_open_timeout = 300')
        always=('cookie_threshold = 1' 'cookie_threshold_ip = 1' 'block_threshold = 0') ;;
    esac
    "$1_gateway" "${never[@]}"
    by_key "$pid" --count 20 >/dev/null
    printf '  %-5s by a key           %s\n' "$1" "$(by_key "$pid" --count 200)"
    by_password "$pid" --count 20 >/dev/null
    printf '  %-5s by EAP-MSCHAPv2    %s\n' "$1" "$(by_password "$pid" --count 200)"
    printf '  %-5s by a key, 16 wide  %s\n' "$1" "$(by_key "$pid" --count 1000 --at-once 16)"
    gateway_stop
    "$1_gateway" "${never[@]}"
    by_key "$pid" --count 20 >/dev/null
    printf '  %-5s half open          %s\n' "$1" "$(by_key "$pid" --half --count 1000 --at-once 16)"
    gateway_stop
    "$1_gateway" "${always[@]}"
    by_key "$pid" --half --count 2 >/dev/null
    printf '  %-5s cookie             %s\n' "$1" "$(by_key "$pid" --init --count 5000 --at-once 16)"
    gateway_stop
}
bench_handshakes() {
    local i
    trap 'gateway_stop; net_down' EXIT
    net_up
    printf '\nlogins: AES-GCM-256, HMAC-SHA-256, ECP256, RSA 2048; client and gateway share the machine\n'
    for ((i = 0; i < rounds; i++)); do
        turn_of our
        ! strongswan_there || turn_of swan
    done
}
