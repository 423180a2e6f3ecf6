# strongswan.sh - the peer to compare with: Debian's charon with kernel-libipsec, at both ends. Sourced by run.sh.
# As near to our main job as it comes: an RSA certificate, one EAP round without an MSK, a pushed address, full tunnel.

strongswan_packages=(strongswan-swanctl charon-systemd libcharon-extra-plugins libstrongswan-standard-plugins)
strongswan_there() { [ -x /usr/sbin/charon-systemd ] && [ -e /usr/lib/ipsec/plugins/libstrongswan-kernel-libipsec.so ] && command -v swanctl >/dev/null; }
strongswan_install() {
    strongswan_there && return
    echo "installing: ${strongswan_packages[*]}"
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${strongswan_packages[@]}" >/dev/null
}

. tests/interop/charon.sh

# bench_strongswan IKE_PROPOSAL ESP_PROPOSAL
bench_strongswan() {
    local c=$work/swan-client h=$work/swan-head client_pid head_pid
    trap 'quietly kill "${servers[@]}" "${charon_pids[@]}"; quietly wait "${charon_pids[@]}"; net_down' EXIT
    net_up
    plain_route
    charon_config "$c"; charon_config "$h"
    openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=headend.bench -addext subjectAltName=DNS:headend.bench \
        -keyout "$h/private/head.pem" -out "$h/x509/head.pem" 2>/dev/null
    cp "$h/x509/head.pem" "$c/x509/"
    cat >"$h/swanctl.conf" <<END
connections { bench {
    version = 2
    local_addrs = 10.0.0.1
    proposals = $1
    pools = bench
    mobike = no
    send_cert = always
    local { auth = pubkey
            certs = head.pem
            id = headend.bench }
    remote { auth = eap-md5
             eap_id = %any }
    children { bench { local_ts = 0.0.0.0/0
                       esp_proposals = $2 } }
} }
pools { bench { addrs = 10.2.4.0/24 } }
secrets { eap { id = Anu
                secret = cisco123 } }
END
    cat >"$c/swanctl.conf" <<END
connections { bench {
    version = 2
    remote_addrs = 10.0.0.1
    proposals = $1
    vips = 0.0.0.0
    mobike = no
    local { auth = eap-md5
            eap_id = Anu }
    remote { auth = pubkey
             certs = head.pem
             id = headend.bench }
    children { bench { remote_ts = 0.0.0.0/0
                       esp_proposals = $2 } }
} }
secrets { eap { id = Anu
                secret = cisco123 } }
END
    charon_start "$head" "$h"; head_pid=$charon_pid
    charon_start "$client" "$c"; client_pid=$charon_pid
    swan "$c" --initiate --child bench >"$work/connect.out" 2>&1 || fail "swanctl: $(tail -n 20 "$work/connect.out")"
    wait_until 10 pings || fail "no ping through strongSwan's tunnel"
    printf '\nstrongSwan %s, kernel-libipsec: %s\n' "$(dpkg-query -W -f='${Version}' charon-systemd)" "$2"
    server_start
    throughput
    memory "$client_pid" "$head_pid"
    swan "$c" --terminate --ike bench >/dev/null
    export SWANCTL_DIR=$c STRONGSWAN_CONF=$c/strongswan.conf
    time_connects "swanctl --initiate --child bench --uri unix://$c/vici" \
        "swanctl --terminate --ike bench --uri unix://$c/vici" "$client_pid" "$head_pid"
}
