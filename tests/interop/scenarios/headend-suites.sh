#!/bin/bash
# a client of strongSwan and our headend: every IKE suite, group and ESP suite that both have
. "$(dirname "$0")/../lib.sh"
net_up
asa_encryption="aes-256 aes-192 aes 3des" asa_integrity="sha512 sha384 sha256 sha" asa_group="21 20 19 31 16 15 14 5 2 1" asa_prf="sha512 sha384 sha256 sha"
asa_esp="aes-gcm-256 aes-gcm-192 aes-gcm aes-256 aes-192 aes 3des" asa_esp_integrity="sha-512 sha-384 sha-256 sha-1"
asa_global="crypto ikev2 policy 20
 encryption aes-gcm-256 aes-gcm-192 aes-gcm
 integrity null
 group 21 20 19 31 14
 prf sha512 sha384 sha256"
psk_headend_config
headend_start "$work/headend.cfg"
swan_files
psk_client
swan_start "$client"
capture "$router" lan
try() { # WORDS...: with the suites of $ike and $esp; what strongSwan says it uses
    local word
    psk_client
    swan_reload
    swan_up
    in_ns "$client" ping -q -c 1 -W 20 172.16.1.10 >/dev/null || fail "no ping with $ike, $esp"
    expect 0 swan "$swan_dir" --list-sas
    for word in "$@"; do has "$word"; done
    swan_down
}
while read -r ike words; do try $words; done <<'END'
aes128-sha256-modp2048                 AES_CBC-128/HMAC_SHA2_256_128/PRF_HMAC_SHA2_256/MODP_2048
aes192-sha384-modp3072                 AES_CBC-192/HMAC_SHA2_384_192/PRF_HMAC_SHA2_384/MODP_3072
aes256-sha512-modp4096                 AES_CBC-256/HMAC_SHA2_512_256/PRF_HMAC_SHA2_512/MODP_4096
aes256-sha1-modp1536                   AES_CBC-256/HMAC_SHA1_96/PRF_HMAC_SHA1/MODP_1536
3des-sha1-modp1024                     3DES_CBC/HMAC_SHA1_96/PRF_HMAC_SHA1/MODP_1024
3des-sha256-modp768                    3DES_CBC/HMAC_SHA2_256_128/PRF_HMAC_SHA2_256/MODP_768
aes128gcm16-prfsha256-ecp256           AES_GCM_16-128/PRF_HMAC_SHA2_256/ECP_256
aes192gcm16-prfsha384-ecp384           AES_GCM_16-192/PRF_HMAC_SHA2_384/ECP_384
aes256gcm16-prfsha512-ecp521           AES_GCM_16-256/PRF_HMAC_SHA2_512/ECP_521
aes256gcm16-prfsha256-curve25519       AES_GCM_16-256/PRF_HMAC_SHA2_256/CURVE_25519
END
while read -r esp words; do try $words; done <<'END'
aes128-sha256     AES_CBC-128/HMAC_SHA2_256_128
aes192-sha384     AES_CBC-192/HMAC_SHA2_384_192
aes256-sha512     AES_CBC-256/HMAC_SHA2_512_256
aes256-sha1       AES_CBC-256/HMAC_SHA1_96
3des-sha1         3DES_CBC/HMAC_SHA1_96
aes128gcm16       AES_GCM_16-128
aes192gcm16       AES_GCM_16-192
aes256gcm16       AES_GCM_16-256
END
capture_stop
only_the_tunnel_on_the_wire
