# handshakes.sh - what logging in costs: a gateway, ours and strongSwan's, with the same clients (crowd.c), by turns;
# and a client, ours and strongSwan's, with the same gateway (strongSwan's). Sourced by run.sh.

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
    person { version = 2
        local_addrs = 10.0.0.1
        proposals = aes256gcm16-prfsha256-ecp256
        pools = bench
        local { auth = psk
                id = gw.bench }
        remote { auth = psk
                 id = person.bench }
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

# measured our|swan WHAT COMMAND...: a line of what crowd says, kept for compared
measured() { printf '  %-5s %-21s %s\n' "$1" "$2" "$("${@:3}")" | tee -a "$work/turns"; }
turn_of() { # our|swan: one round of it, a line for each thing measured
    local never=() always=()
    case $1 in
    our) never=('crypto ikev2 limit max-in-negotiation-sa 8000' 'crypto ikev2 cookie-challenge never')
        always=('crypto ikev2 cookie-challenge always') ;;
    swan) never=('dos_protection = no' 'half_open_timeout = 300')
        always=('cookie_threshold = 1' 'cookie_threshold_ip = 1' 'block_threshold = 0') ;;
    esac
    "$1_gateway" "${never[@]}"
    by_key "$pid" --count 20 >/dev/null
    measured "$1" 'by a key' by_key "$pid" --count 200
    by_password "$pid" --count 20 >/dev/null
    measured "$1" 'by EAP-MSCHAPv2' by_password "$pid" --count 200
    measured "$1" 'by a key, 16 wide' by_key "$pid" --count 1000 --at-once 16
    measured "$1" 'by a key, 1400 stand' by_key "$pid" --count 200
    gateway_stop
    "$1_gateway" "${never[@]}"
    by_key "$pid" --count 20 >/dev/null
    measured "$1" 'half open' by_key "$pid" --half --count 1000 --at-once 16
    gateway_stop
    "$1_gateway" "${always[@]}"
    by_key "$pid" --half --count 2 >/dev/null
    measured "$1" 'cookie' by_key "$pid" --init --count 5000 --at-once 16
    gateway_stop
}
# ratio WHAT PATTERN: ours to strongSwan's of the number in it, round by round
ratio() {
    local who
    for who in our swan; do
        sed -n "s/^  $who  *$1   *[0-9].*$2.*/\\1/p" "$work/turns" >"$work/turns.$who"
    done
    ratios "$work/turns.our" "$work/turns.swan"
}
compared() {
    local what
    printf '\n  gateway, ours to strongSwan'"'"'s: median of the rounds [least..most]\n'
    for what in 'by a key' 'by EAP-MSCHAPv2' 'by a key, 16 wide' 'by a key, 1400 stand' 'half open' 'cookie'; do
        printf '  %-21s time %-19s processor time %-19s memory %s\n' "$what" "$(ratio "$what" 'median \([0-9.]*\) ms')" \
            "$(ratio "$what" 'gateway \([0-9.]*\);')" "$(ratio "$what" 'each \([0-9.]*\) KiB')"
    done
}

# One client logs in $connects times by the key, with nothing else to do: what a person waits for, and what its daemon takes.
our_client() {
    (umask 077 && echo everybody-knows-it >"$work/psk")
    agent_config crypto.policy=modern
    printf '%s\n' '[host 10.0.0.1]' auth=psk identity=person.bench gateway_identity=gw.bench "psk_file=$work/psk" >>"$work/acclient.conf"
    agent_start
    client_pid=$agent_pid
    commands=("$bin/acclient --socket $work/agent.sock connect 10.0.0.1 --non-interactive" "$bin/acclient --socket $work/agent.sock disconnect"
        "$bin/acclient --socket $work/agent.sock status")
}
swan_client() {
    local h=$work/swan-client
    charon_config "$h"
    cat >"$h/swanctl.conf" <<END
connections { key { version = 2
    remote_addrs = 10.0.0.1
    proposals = aes256gcm16-prfsha256-ecp256
    vips = 0.0.0.0
    local { auth = psk
            id = person.bench }
    remote { auth = psk
             id = gw.bench }
    children { bench { remote_ts = 0.0.0.0/0
                       esp_proposals = aes256gcm16 } } } }
secrets { ike { secret = everybody-knows-it } }
END
    charon_start "$client" "$h"
    client_pid=$charon_pid
    export SWANCTL_DIR=$h STRONGSWAN_CONF=$h/strongswan.conf
    commands=("swanctl --initiate --child bench --uri unix://$h/vici" "swanctl --terminate --ike key --uri unix://$h/vici"
        "swanctl --stats --uri unix://$h/vici")
}
client_stop() { quietly kill "$client_pid"; quietly wait "$client_pid"; unset SWANCTL_DIR STRONGSWAN_CONF; agent_pid=; }
# clock COUNT COMMAND [COMMAND]: milliseconds that the first took, each time; the second undoes it
clock() {
    in_ns "$client" bash -c "
        for ((i = 0; i < $1; i++)); do
            from=\${EPOCHREALTIME/[.,]/}
            $2 || exit 1
            to=\${EPOCHREALTIME/[.,]/}
            echo \$(((to - from) / 1000)).\$(printf %03d \$(((to - from) % 1000))) >&3
            ${3:-:} || exit 1
        done" 3>"$work/clock" >"$work/connect.out" 2>&1 || fail "connect: $(cat "$work/connect.out")"
    sorted <"$work/clock" | cut -d' ' -f1
}
client_turn() { # our|swan
    local idle up before after
    "$1_client"
    clock 2 "${commands[0]}" "${commands[1]}" >/dev/null
    idle=$(clock "$connects" "${commands[2]} || true") # "not connected" is an answer too
    before=$(cpu "$client_pid")
    up=$(clock "$connects" "${commands[0]}" "${commands[1]}")
    after=$(cpu "$client_pid")
    client_stop
    echo "$up" >>"$work/client.$1.ms"
    awk -v a="$before" -v b="$after" -v n="$connects" 'BEGIN { print (b - a) / n * 1e3 }' >>"$work/client.$1.cpu"
    printf '  %-5s client by a key    median %s ms, of which its command line takes %s; processor time of a connect and a disconnect %s ms\n' \
        "$1" "$up" "$idle" "$(tail -n 1 "$work/client.$1.cpu")"
}
bench_clients() {
    local i
    swan_gateway
    for ((i = 0; i < rounds; i++)); do
        client_turn our
        client_turn swan
    done
    printf '  client, ours to strongSwan'"'"'s: time %s, processor time %s\n' \
        "$(ratios "$work/client.our.ms" "$work/client.swan.ms")" "$(ratios "$work/client.our.cpu" "$work/client.swan.cpu")"
    gateway_stop
}
bench_handshakes() {
    local i
    trap 'gateway_stop; net_down' EXIT
    net_up
    printf '\nlogins: AES-GCM-256, HMAC-SHA-256, ECP256, RSA 2048; client and gateway share the machine\n'
    printf '  our   %s\n' "$("$bin/tests/bench_ike")"
    for ((i = 0; i < rounds; i++)); do
        turn_of our
        ! strongswan_there || turn_of swan
    done
    ! strongswan_there || { compared; bench_clients; }
}
