# lib.sh - strongSwan at one end, our own program at the other, and what is on the wire between them. Sourced by the
# scenarios. The network and our programs are those of tests/e2e/lib.sh.

. "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
. "$top/tests/interop/capture.sh"
. "$top/tests/interop/charon.sh"
. "$top/tests/interop/pki.sh"

swan_dir=$work/swan
# What most scenarios agree on; a scenario sets another before it starts the peer.
ike=aes256gcm16-prfsha384-ecp384 esp=aes256gcm16
plugins="eap-mschapv2 eap-gtc eap-tls xauth-generic md4 md5 curve25519 chapoly mgf1 gmp des revocation attr"
options="block_threshold = 1001
cookie_threshold = 1000
cookie_threshold_ip = 1000" # lines of strongswan.conf
connection= child=    # lines of swanctl.conf
trap 'charon_stop; net_down' EXIT

# swan_files: the authority, and every certificate with its key, where swanctl looks for them
swan_files() {
    charon_config "$swan_dir" "$plugins" "$options"
    [ ! -d "$pki" ] || cp "$pki/"*.key "$swan_dir/private/"
    [ ! -e "$pki/ca.pem" ] || cp "$pki/ca.pem" "$swan_dir/x509ca/"
}
# swan_gateway LOCAL REMOTE [SECRETS]: what stands in these sections of swanctl.conf; $swan_dir/swanctl.conf
swan_gateway() {
    [ ! -d "$pki" ] || cp "$pki/"*.pem "$swan_dir/x509/"
    cat >"$swan_dir/swanctl.conf" <<END
connections { net {
    version = 2
    local_addrs = 10.0.0.1
    proposals = $ike
    pools = pool
    send_cert = always
    $connection
    local { $1 }
    remote { $2 }
    children { net {
        local_ts = 0.0.0.0/0
        esp_proposals = $esp
        $child
    } }
} }
pools { pool { addrs = 10.2.4.0/24 } }
secrets { ${3:-} }
END
}
# swan_client LOCAL REMOTE [SECRETS]
swan_client() {
    [ ! -d "$pki" ] || cp "$pki/"*.pem "$swan_dir/x509/"
    cat >"$swan_dir/swanctl.conf" <<END
connections { net {
    version = 2
    remote_addrs = 10.0.0.1
    proposals = $ike
    vips = 0.0.0.0
    send_cert = always
    $connection
    local { $1 }
    remote { $2 }
    children { net {
        remote_ts = 0.0.0.0/0
        esp_proposals = $esp
        $child
    } }
} }
secrets { ${3:-} }
END
}
swan_start() { charon_start "$1" "$swan_dir"; } # NAMESPACE
swan_reload() { swan "$swan_dir" --load-all --clear >"$swan_dir/load.log" 2>&1 || fail "swanctl: $(cat "$swan_dir/load.log")"; }
swan_logged() { grep -qE -- "$1" "$swan_dir/charon.log" || fail "charon did not log: $1 $(grep -v "ENC\|NET" "$swan_dir/charon.log" | tail -n 40)"; }
swan_up() { expect 0 swan "$swan_dir" --initiate --child net; }
swan_down() { expect 0 swan "$swan_dir" --terminate --ike net; }

# client_config LINE...: acclient.conf; the lines are those of its section [host 10.0.0.1]
client_config() {
    local trust=()
    [ ! -e "$pki/ca.pem" ] || trust=("trust.ca_file=$pki/ca.pem")
    agent_config "${trust[@]}" trust.system_store=false "crypto.policy=${policy:-modern}"
    printf '[host 10.0.0.1]\n' >>"$work/acclient.conf"
    printf '%s\n' "$@" >>"$work/acclient.conf"
}
client_up() { expect 0 cli connect 10.0.0.1 --non-interactive "$@" </dev/null; } # OPTION...
client_down() { expect 0 cli disconnect; }
psk=$(openssl rand -hex 20)
psk_file() { (umask 077 && echo "$psk" >"$work/psk"); }

# Both ends by a shared key, for scenarios about something else: strongSwan as the gateway, our client.
psk_gateway() {
    swan_gateway "auth = psk
        id = gw.interop" "auth = psk
        id = branch.interop" "ike { id = branch.interop
        secret = $psk }"
}
# psk_client_config SETTING=VALUE...: more lines of [host 10.0.0.1]
psk_client_config() { client_config auth=psk identity=branch.interop gateway_identity=gw.interop "psk_file=$work/psk" "$@"; }
# psk_gateway_and_client: both started in the internet that is up, not connected
psk_gateway_and_client() {
    psk_file
    swan_files
    psk_gateway
    swan_start "$head"
    psk_client_config
    agent_start
}
