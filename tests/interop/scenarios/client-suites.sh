#!/bin/bash
# our client and a gateway of strongSwan: every IKE suite, group and ESP suite that both have
. "$(dirname "$0")/../lib.sh"
net_up
psk_file
swan_files
gateway() {
    swan_gateway "auth = psk
        id = gw.interop" "auth = psk
        id = branch.interop" "ike { id = branch.interop
        secret = $psk }"
}
gateway
swan_start "$head"
policy=legacy client_config auth=psk identity=branch.interop "psk_file=$work/psk"
agent_start
capture "$router" lan
try() { # WORDS...: with the suites of $ike and $esp; what strongSwan says it uses
    local word
    gateway
    swan_reload
    client_up
    in_ns "$client" ping -q -c 1 -W 20 172.16.1.10 >/dev/null || fail "no ping with $ike, $esp"
    expect 0 swan "$swan_dir" --list-sas
    for word in "$@"; do has "$word"; done
    client_down
}
while read -r ike words; do try $words; done <<'END'
aes128-sha256-modp2048                 AES_CBC-128/HMAC_SHA2_256_128/PRF_HMAC_SHA2_256/MODP_2048
aes192-sha384-modp3072                 AES_CBC-192/HMAC_SHA2_384_192/PRF_HMAC_SHA2_384/MODP_3072
aes256-sha512-modp4096                 AES_CBC-256/HMAC_SHA2_512_256/PRF_HMAC_SHA2_512/MODP_4096
aes256-sha1-modp1536                   AES_CBC-256/HMAC_SHA1_96/PRF_HMAC_SHA1/MODP_1536
3des-sha1-modp1024                     3DES_CBC/HMAC_SHA1_96/PRF_HMAC_SHA1/MODP_1024
3des-sha256-modp768                    3DES_CBC/HMAC_SHA2_256_128/PRF_HMAC_SHA2_256/MODP_768
aes128gcm16-prfsha256-ecp256           AES_GCM_16-128/PRF_HMAC_SHA2_256/ECP_256
aes256gcm16-prfsha512-ecp521           AES_GCM_16-256/PRF_HMAC_SHA2_512/ECP_521
chacha20poly1305-prfsha256-curve25519  CHACHA20_POLY1305/PRF_HMAC_SHA2_256/CURVE_25519
END
while read -r esp words; do try $words; done <<'END'
aes128-sha256     AES_CBC-128/HMAC_SHA2_256_128
aes192-sha384     AES_CBC-192/HMAC_SHA2_384_192
aes256-sha512     AES_CBC-256/HMAC_SHA2_512_256
aes256-sha1       AES_CBC-256/HMAC_SHA1_96
3des-sha1         3DES_CBC/HMAC_SHA1_96
aes128gcm16       AES_GCM_16-128
aes256gcm16       AES_GCM_16-256
chacha20poly1305  CHACHA20_POLY1305
END
capture_stop
only_the_tunnel_on_the_wire
