# charon.sh - strongSwan of Debian in a namespace, without systemd, its ESP in user space. Sourced by lib.sh and tests/bench.

# charon_config DIR [PLUGINS [OPTIONS]]: more plugins to load, more lines of the section charon-systemd; $charon_log is
# another line about what it logs.
# Its own packets carry a mark, so that they do not enter the tunnel.
charon_config() {
    mkdir -p "$1/run" "$1"/{x509,x509ca,x509crl,private}
    cat >"$1/strongswan.conf" <<END
charon-systemd {
    load_modular = no
    load = random nonce aesni aes gcm sha1 sha2 hmac kdf openssl pem pkcs1 pkcs8 x509 pubkey constraints kernel-libipsec kernel-netlink socket-default vici eap-identity eap-md5 ${2:-}
    install_virtual_ip_on = ipsec0
    filelog { log {
        path = $1/charon.log
        flush_line = yes
        ${charon_log:-}
    } }
    plugins {
        kernel-libipsec { allow_peer_ts = yes }
        kernel-netlink { fwmark = !0x42 }
        socket-default { fwmark = 0x42 }
        vici { socket = unix://$1/vici }
    }
    ${3:-}
}
END
}
swan() { # DIR ARGUMENT...
    SWANCTL_DIR=$1 STRONGSWAN_CONF=$1/strongswan.conf swanctl "${@:2}" --uri "unix://$1/vici"
}
# charon_start NAMESPACE DIR; its number is in $charon_pid
charon_pids=()
charon_start() {
    rm -f "$2/vici"
    STRONGSWAN_CONF=$2/strongswan.conf SWANCTL_DIR=$2 ip netns exec "$1" \
        sh -c 'mount --bind "$1/run" /run && exec /usr/sbin/charon-systemd' sh "$2" >"$2/out.log" 2>&1 &
    charon_pid=$!
    charon_pids+=($charon_pid)
    wait_until 60 test -S "$2/vici" || fail "charon: $(cat "$2/out.log" "$2/charon.log")"
    swan "$2" --load-all >"$2/load.log" 2>&1 || fail "swanctl: $(cat "$2/load.log")"
}
# At once: what a peer should notice of a goodbye is said with swanctl --terminate.
charon_stop() {
    [ ${#charon_pids[@]} -gt 0 ] || return 0
    quietly kill -KILL "${charon_pids[@]}"; quietly wait "${charon_pids[@]}"
    charon_pids=()
}
