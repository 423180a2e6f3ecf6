# rivals.sh - each peer's tunnel between the two hosts of pair.sh: ours, those of others, and the pump without ESP.
# Sourced by plane.sh. X_up sets $daemons (client, headend) and $tun.

# Debian 12's, and what is newer in its backports: that one is unpacked beside, not installed.
rival_packages=(ethtool openconnect ocserv wireguard-go wireguard-tools)
wg_new=
rivals_install() {
    local p missing=()
    for p in "${rival_packages[@]}"; do
        dpkg-query -W -f='${Status}' "$p" 2>/dev/null | grep -q '^install ok installed' || missing+=("$p")
    done
    [ ${#missing[@]} -eq 0 ] || tests/deps.sh "${missing[@]}"
}
backport() { # of wireguard-go, which has offloads; $wg_new stays empty where there is none
    local dir=build/backport options deb
    wg_new=$PWD/$dir/root/usr/bin/wireguard-go
    [ ! -x "$wg_new" ] || return 0
    wg_new=
    mkdir -p $dir/{lists/partial,cache/archives/partial,sources}
    printf 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian bookworm-backports main\n' >$dir/sources/backports.list
    options=(-qq -o Acquire::Retries=1 -o "Dir::Etc::SourceList=/dev/null" -o "Dir::Etc::SourceParts=$PWD/$dir/sources"
        -o "Dir::State::Lists=$PWD/$dir/lists" -o "Dir::Cache=$PWD/$dir/cache" -o APT::Sandbox::User=root)
    (cd $dir && timeout 120 apt-get "${options[@]}" update && apt-get "${options[@]}" download wireguard-go/bookworm-backports) >/dev/null 2>&1 || return 0
    deb=$(ls $dir/*.deb 2>/dev/null | tail -1)
    [ -n "$deb" ] && dpkg-deb -x "$deb" $dir/root && wg_new=$PWD/$dir/root/usr/bin/wireguard-go
}

# ---- ours ---------------------------------------------------------------------------------------------------------

# ours_up gcm|cbc
ours_up() {
    local esp=' protocol esp encryption aes-gcm\n protocol esp integrity null' policy=modern config=$work/bench.cfg
    [ "$1" = gcm ] || { esp=' protocol esp encryption aes-256\n protocol esp integrity sha-1' policy=legacy; }
    our_config "$config"
    sed -i -e '/^crypto ipsec ikev2 ipsec-proposal cbc/,+2d' -e 's/ipsec-proposal gcm cbc$/ipsec-proposal gcm/' \
        -e "/^crypto ipsec ikev2 ipsec-proposal gcm/{n;N;s/.*/$esp/}" -e 's/10.10.0.0 255.255.0.0$/172.16.0.0 255.255.0.0/' "$config"
    headend_start "$config" --offload "${offload:-all}" --threads "${threads:-auto}"
    (umask 077 && echo everybody-knows-it >"$work/psk")
    agent_config crypto.policy=$policy "tunnel.offload=${offload:-all}" "tunnel.threads=${threads:-auto}"
    printf '%s\n' '[host 10.0.0.1]' auth=psk identity=shared gateway_identity=gw.example.com "psk_file=$work/psk" >>"$work/acclient.conf"
    agent_start
    daemons=("$agent_pid" "$headend_pid") tun=acc0
    up_again="$bin/acclient --socket $work/agent.sock connect 10.0.0.1 --non-interactive"
    down_again="$bin/acclient --socket $work/agent.sock disconnect"
}
ours_connect() {
    expect 0 in_ns "$client" $up_again
    expect 0 in_ns "$client" "$bin/acclient" --socket "$work/agent.sock" stats
    echo "round $round $peer: $(sed -n 's/^ *Cipher: *//p' "$work/out")" >>"$out/log"
}
ours_gcm_up() { ours_up gcm; ours_connect; }
ours_cbc_up() { ours_up cbc; ours_connect; }

# ---- strongSwan's, ESP in user space ------------------------------------------------------------------------------

# swan_up ESP_PROPOSAL
swan_up() {
    local c=$work/swan-client h=$work/swan-head client_pid ike=aes256gcm16-prfsha256-ecp256
    charon_config "$c"; charon_config "$h"
    cat >"$h/swanctl.conf" <<END
connections { bench { version = 2
    local_addrs = 10.0.0.1
    proposals = $ike
    pools = bench
    local { auth = psk
            id = gw.example.com }
    remote { auth = psk
             id = shared }
    children { bench { local_ts = 172.16.0.0/16
                       esp_proposals = $1 } } } }
pools { bench { addrs = 10.2.4.0/24 } }
secrets { ike { secret = everybody-knows-it } }
END
    cat >"$c/swanctl.conf" <<END
connections { bench { version = 2
    remote_addrs = 10.0.0.1
    proposals = $ike
    vips = 0.0.0.0
    local { auth = psk
            id = shared }
    remote { auth = psk
             id = gw.example.com }
    children { bench { remote_ts = 172.16.0.0/16
                       esp_proposals = $1 } } } }
secrets { ike { secret = everybody-knows-it } }
END
    charon_start "$head" "$h"; daemons=("$charon_pid")
    charon_start "$client" "$c"; daemons=("$charon_pid" "${daemons[@]}")
    tun=ipsec0
    up_again="env SWANCTL_DIR=$c STRONGSWAN_CONF=$c/strongswan.conf swanctl --initiate --child bench --uri unix://$c/vici"
    down_again="env SWANCTL_DIR=$c STRONGSWAN_CONF=$c/strongswan.conf swanctl --terminate --ike bench --uri unix://$c/vici"
}
swan_gcm_up() { swan_up aes128gcm16; expect 0 in_ns "$client" $up_again; }
swan_cbc_up() { swan_up aes256-sha1; expect 0 in_ns "$client" $up_again; }

# ---- OpenConnect with ocserv --------------------------------------------------------------------------------------

openconnect_up() {
    local d=$work/oc
    mkdir -p "$d"
    openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=10.0.0.1 -addext subjectAltName=IP:10.0.0.1 \
        -keyout "$d/key.pem" -out "$d/cert.pem" 2>/dev/null
    printf 'bench:*:%s\n' "$(openssl passwd -6 bench)" >"$d/passwd"
    cat >"$d/ocserv.conf" <<END
auth = "plain[passwd=$d/passwd]"
listen-host = 10.0.0.1
tcp-port = 443
udp-port = 443
run-as-user = root
run-as-group = root
socket-file = $d/socket
server-cert = $d/cert.pem
server-key = $d/key.pem
tls-priorities = "NORMAL:-CIPHER-ALL:+AES-128-GCM:%SERVER_PRECEDENCE"
isolate-workers = false
max-clients = 4
max-same-clients = 4
rate-limit-ms = 0
keepalive = 300
try-mtu-discovery = false
mtu = 1420
device = vpns
cisco-client-compat = true
dtls-legacy = false
ipv4-network = 10.2.4.0/24
route = 172.16.0.0/16
END
    cat >"$d/script" <<'END'
#!/bin/sh
[ "$reason" = connect ] || exit 0
ip link set "$TUNDEV" up mtu "$INTERNAL_IP4_MTU"
ip addr add "$INTERNAL_IP4_ADDRESS/32" dev "$TUNDEV"
ip route add 172.16.0.0/16 dev "$TUNDEV"
END
    chmod 755 "$d/script"
    ip netns exec "$head" ocserv -f -c "$d/ocserv.conf" -p "$d/pid" >"$work/ocserv.log" 2>&1 &
    daemons=($!)
    wait_until 20 in_ns "$head" sh -c 'ss -ltn | grep -q :443' || fail "ocserv does not listen"
    ip netns exec "$client" openconnect 10.0.0.1 --passwd-on-stdin -u bench -i oc0 --script "$d/script" --no-system-trust \
        --cafile "$d/cert.pem" --dtls12-ciphers=AES128-GCM-SHA256 >"$work/openconnect.log" 2>&1 <<<bench &
    daemons=($! "${daemons[@]}")
    tun=oc0
    wait_until 20 grep -q 'DTLS.*AES-128-GCM' "$work/openconnect.log" || fail "no DTLS with AES-128-GCM"
}

# ---- wireguard-go -------------------------------------------------------------------------------------------------

# wg_end NAMESPACE NAME PROGRAM OWN_KEY CONFIG ADDRESS: its number is in $wg_pid. Its control socket is in a /run of its own.
wg_end() {
    local d=$work/wg-$2
    mkdir -p "$d/wireguard"
    WG_PROCESS_FOREGROUND=1 ip netns exec "$1" sh -c 'mount --bind "$1" /run && exec "$2" -f "$3"' sh "$d" "$3" "$2" >"$work/$2.log" 2>&1 &
    wg_pid=$!
    wait_until 20 test -S "$d/wireguard/$2.sock" || fail "wireguard-go: no socket"
    nsenter -t "$wg_pid" -m -n wg setconf "$2" "$5" || fail "wg setconf $2"
    ip -n "$1" addr add "$6" dev "$2"
    ip -n "$1" link set "$2" up mtu 1420
}
wg_up() { # PROGRAM
    local a b
    a=$(wg genkey) b=$(wg genkey)
    printf '[Interface]\nPrivateKey = %s\nListenPort = 51820\n[Peer]\nPublicKey = %s\nAllowedIPs = 10.2.4.2/32\n' "$b" "$(wg pubkey <<<"$a")" >"$work/wgh.conf"
    printf '[Interface]\nPrivateKey = %s\n[Peer]\nPublicKey = %s\nAllowedIPs = 172.16.0.0/16\nEndpoint = 10.0.0.1:51820\n' "$a" "$(wg pubkey <<<"$b")" >"$work/wgc.conf"
    wg_end "$head" wgh "$1" "$b" "$work/wgh.conf" 10.2.4.1/24; daemons=($wg_pid)
    wg_end "$client" wgc "$1" "$a" "$work/wgc.conf" 10.2.4.2/32; daemons=($wg_pid "${daemons[@]}")
    ip -n "$client" route add 172.16.0.0/16 dev wgc
    tun=wgc
}
wg12_up() { wg_up wireguard-go; }
wgnew_up() { wg_up "$wg_new"; }

# ---- no ESP at all ------------------------------------------------------------------------------------------------

ref_end() { # NAMESPACE MODE NAME LOCAL REMOTE ADDRESS
    ip netns exec "$1" "$bin/tests/pump_ref" "$2" "$3" "$4" "$5" >"$work/$3.log" 2>&1 &
    ref_pid=$!
    wait_until 10 grep -q ready "$work/$3.log" || fail "pump_ref: $(cat "$work/$3.log")"
    ip -n "$1" addr add "$6" dev "$3"
    tc -n "$1" qdisc replace dev "$3" root noqueue # as our own interfaces are
    ip -n "$1" link set "$3" up mtu 1400 txqueuelen 8192
}
ref_up() { # MODE
    ref_end "$head" "$1" ref1 10.0.0.1:4500 10.0.0.2:4500 10.2.4.1/24; daemons=($ref_pid)
    ref_end "$client" "$1" ref0 10.0.0.2:4500 10.0.0.1:4500 10.2.4.2/24; daemons=($ref_pid "${daemons[@]}")
    ip -n "$client" route add 172.16.0.0/16 dev ref0
    tun=ref0
}
ceiling_up() { ref_up gso; }
plain_up() { ref_up plain; }
