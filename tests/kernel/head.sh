#!/bin/bash
# the kernel at the headend only, AES-CBC with HMAC-SHA-256, behind a NAT that forgets the client; new keys by octets
. "$(dirname "$0")/lib.sh"
sed '/^crypto ipsec ikev2 ipsec-proposal gcm/,/esp integrity/{s/encryption .*/encryption aes-256/;s/integrity .*/integrity sha-256/}
    s/^crypto dynamic-map \([^ ]* [0-9]*\) .*/&\ncrypto dynamic-map \1 set security-association lifetime kilobytes 1500/' "$modern_cfg" >"$work/cbc.cfg"
up none
headend_start "$work/cbc.cfg" --plane auto
nat_up 20000-20099
esp_through() { headend_show crypto ipsec sa | grep -q "remote crypto endpt.: 10.0.0.254/$1"; }
connect
kernel_has "$head" 2
kernel_clean "$client"
esp_through 200 || fail "$(headend_show crypto ipsec sa)"
pings
transfer
wait_until "$patience" grep -q 'has a new child SA' "$work/headend.log" || fail 'no new keys after so many octets'
nat_rebind 30000-30099
wait_until "$patience" ping_once || fail 'the tunnel is dead after the NAT has forgotten it'
pings
esp_through 300 || fail "$(headend_show crypto ipsec sa)"
transfer 300000
expect 0 cli disconnect
kernel_clean "$head"
