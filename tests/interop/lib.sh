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
    local_addrs = ${gateway_at:-10.0.0.1}
    proposals = $ike
    pools = ${pools:-pool}
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
pools { pool { addrs = 10.2.4.0/24 }
        pool6 { addrs = 2001:db8:4::/120 } }
secrets { ${3:-} }
END
}
# swan_client LOCAL REMOTE [SECRETS]
swan_client() {
    [ ! -d "$pki" ] || cp "$pki/"*.pem "$swan_dir/x509/"
    cat >"$swan_dir/swanctl.conf" <<END
connections { net {
    version = 2
    remote_addrs = ${gateway_at:-10.0.0.1}
    proposals = $ike
    vips = ${swan_vips:-0.0.0.0}
    send_cert = always
    $connection
    local { $1 }
    remote { $2 }
    children { net {
        remote_ts = ${swan_wants:-0.0.0.0/0}
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
    printf '[host %s]\n' "${host:-10.0.0.1}" >>"$work/acclient.conf"
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
# psk_gateway_and_client [OPTION...]: both started in the internet that is up, not connected; options of the agent
psk_gateway_and_client() {
    psk_file
    swan_files
    psk_gateway
    swan_start "$head"
    psk_client_config
    agent_start "$@"
}

# The other way round: strongSwan as the client of our headend.
asa_encryption="aes-gcm-256" asa_integrity=null asa_group=20 asa_prf=sha384 # of the IKE policy
asa_esp="aes-gcm-256" asa_esp_integrity=null
asa_global= asa_interface= asa_policy= # more lines, of the interface, of the group policy
# headend_config LINE...: $work/headend.cfg; the lines are those of the ipsec-attributes of the one tunnel group
headend_config() {
    cat >"$work/headend.cfg" <<END
hostname gw
domain-name interop
interface Ethernet0/1
 nameif outside
 ip address 10.0.0.1 255.255.255.0
$asa_interface
ip local pool clients 10.2.4.1-${asa_last:-10.2.4.100} mask 255.255.255.0
crypto ipsec ikev2 ipsec-proposal one
 protocol esp encryption $asa_esp
 protocol esp integrity $asa_esp_integrity
crypto dynamic-map dynmap 10 set ikev2 ipsec-proposal one
crypto map crymap 10 ipsec-isakmp dynamic dynmap
crypto map crymap interface outside
crypto isakmp identity hostname
crypto ikev2 policy 10
 encryption $asa_encryption
 integrity $asa_integrity
 group $asa_group
 prf $asa_prf
crypto ca trustpoint gw
 enrollment $([ -d "$pki" ] && echo terminal || echo self)
$([ ! -d "$pki" ] || echo "!acheadend trustpoint gw certificate $pki/${asa_certificate:-gw}.pem key $pki/${asa_certificate:-gw}.key")
crypto ca trustpoint clients
 enrollment terminal
$([ ! -d "$pki" ] || echo "!acheadend trustpoint clients ca $pki/ca.pem")
crypto ikev2 enable outside
crypto ikev2 remote-access trustpoint gw
$asa_global
group-policy clients internal
group-policy clients attributes
 vpn-tunnel-protocol ikev2
 address-pools value clients
$asa_policy
tunnel-group DefaultRAGroup general-attributes
 default-group-policy clients
tunnel-group DefaultRAGroup ipsec-attributes
$(printf ' %s\n' "$@")
END
}

# psk_client: strongSwan asks our headend, both by a shared key, as $swan_id; psk_headend_config LINE...: its configuration
psk_client() {
    swan_client "auth = psk
        id = ${swan_id:-branch.interop}" "auth = psk
        id = gw.interop" "ike { secret = $psk }"
}
psk_headend_config() { headend_config "ikev2 remote-authentication pre-shared-key $psk" "ikev2 local-authentication pre-shared-key $psk" "$@"; }
# psk_headend_and_client [OPTION...]: both started in the internet that is up, not connected; options of the headend
psk_headend_and_client() {
    psk_headend_config
    headend_start "$work/headend.cfg" "$@"
    swan_files
    psk_client
    swan_start "$client"
}

# Another client of strongSwan, on the host $other at 192.168.3.1, as other.interop, connected; its files are in $other_dir.
other=$net-other other_dir=$work/other
other_up() {
    ip netns add "$other"
    ip -n "$other" link set lo up
    link "$other" eth0 192.168.3.1/24 "$router" lan3 192.168.3.254/24
    ip -n "$other" route add default via 192.168.3.254
    swan_dir=$other_dir swan_files
    swan_dir=$other_dir swan_id=other.interop psk_client
    charon_start "$other" "$other_dir"
    expect 0 swan "$other_dir" --initiate --child net
}
other_pings() { in_ns "$other" ping -q -c 2 -i 0.2 -W 20 172.16.1.10 >/dev/null || fail "no ping of the other client"; }
# swan_killed PID: with no goodbye
swan_killed() { quietly kill -KILL "$1"; quietly wait "$1"; }

# narrow_path: 576 octets between the two, and no IP fragment passes; no_ip_fragments: nor was one sent
narrow_path() {
    local end
    for end in "$client eth0" "$router lan" "$router wan" "$head outside"; do ip -n "${end% *}" link set "${end#* }" mtu 576; done
    in_ns "$router" nft 'table ip path { chain forward { type filter hook forward priority 0; ip frag-off & 0x3fff != 0 counter drop; }; }'
}
no_ip_fragments() { expect 0 in_ns "$router" nft list chain ip path forward; has 'counter packets 0 '; }
# lossy_path: each fourth packet of either direction is lost; some_lost: and some were
lossy_path() {
    in_ns "$router" nft 'table ip path { chain forward { type filter hook forward priority 0;
        udp dport { 500, 4500 } numgen inc mod 4 == 0 counter drop;
        udp sport { 500, 4500 } numgen inc mod 4 == 0 counter drop; }; }'
}
some_lost() { expect 0 in_ns "$router" nft list chain ip path forward; lacks 'counter packets 0 '; }

# swapping_path: between router and headend each third packet is overtaken by the next; some_swapped: and some were
swapping_path() {
    local end
    ip netns add "$net-swap"
    ip -n "$head" link del outside
    link "$head" outside 10.0.0.1/24 "$net-swap" near 169.254.0.1/32
    link "$router" wan 10.0.0.254/24 "$net-swap" far 169.254.0.2/32
    ip -n "$head" route add default via 10.0.0.254
    ip -n "$net-swap" addr flush dev near; ip -n "$net-swap" addr flush dev far
    for end in "$client eth0" "$router lan" "$router wan" "$head outside"; do
        ip netns exec "${end% *}" python3 "$top/tests/interop/swap.py" plain "${end#* }"
    done
    ip netns exec "$net-swap" python3 "$top/tests/interop/swap.py" carry near far >"$work/swapped" 2>&1 &
    swapping=$!
    wait_until 30 in_ns "$router" ping -q -c 1 -W 1 10.0.0.1 || fail "the path does not carry: $(cat "$work/swapped")"
}
some_swapped() {
    kill -TERM "$swapping"; wait "$swapping" || fail "$(cat "$work/swapped")"
    [ "$(cat "$work/swapped")" -ge 10 ] || fail "too few packets were overtaken: $(cat "$work/swapped")"
}

still_pings() { in_ns "$client" ping -q -c 2 -i 0.2 -W 20 172.16.1.10 >/dev/null || fail "no ping with new keys"; }
# rekeyed child|ike: by strongSwan, until it has seen the old one off
rekeyed() {
    local done='CHILD_SA closed' n
    [ "$1" = child ] || done='IKE_SA deleted'
    n=$(said_by_swan "$done")
    expect 0 swan "$swan_dir" --rekey --"$1" net
    wait_until 30 more_of "$n" "$done" || fail "not rekeyed: $1"
    still_pings
}
# headend_rekeys all [ike]: all child SAs, or the IKE SA, by our headend
headend_rekeys() {
    local done='CHILD_SA closed' n
    [ "$*" = all ] || done='IKE_SA deleted'
    n=$(said_by_swan "$done")
    expect 0 in_ns "$head" "$bin/acheadend" --control "$work/head.sock" rekey "$@"
    wait_until 30 more_of "$n" "$done" || fail "not rekeyed by our headend: $*"
    still_pings
}
said_by_swan() { grep -cE -- "$1" "$swan_dir/charon.log" || true; } # PATTERN: how often
more_of() { [ "$(said_by_swan "$2")" -gt "$1" ]; }                 # N PATTERN

# The groups that strongSwan and we have: its word, its name, the number
shared_groups() {
    cat <<'END'
modp768    MODP_768    1
modp1024   MODP_1024   2
modp1536   MODP_1536   5
modp2048   MODP_2048   14
modp3072   MODP_3072   15
modp4096   MODP_4096   16
ecp256     ECP_256     19
ecp384     ECP_384     20
ecp521     ECP_521     21
curve25519 CURVE_25519 31
END
}
# public_values_are EXCHANGE SENDER GROUPS: the numbers of its KE payloads in that exchange, in the order of the wire; a
# message that is sent again counts once
public_values_are() {
    local sent
    sent=$(read_wire -Y "isakmp.exchangetype == $1 && ip.src == $2 && isakmp.key_exchange.dh_group" \
        -T fields -e isakmp.key_exchange.dh_group -e isakmp.ispi -e isakmp.rspi -e isakmp.messageid -e isakmp.flag_r |
        awk '!seen[$0]++ { printf "%s ", $1 }')
    [ "$sent" = "$3" ] || fail "$2 has sent public values of other groups: $sent"
}
