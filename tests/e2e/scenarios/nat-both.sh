#!/bin/bash
# NAT in front of both ends: the client hidden, the headend behind a forwarded port, which follows nobody but by MOBIKE
. "$(dirname "$0")/../lib.sh"
up "$modern_cfg" ike.dpd_interval=2
# the world knows the headend as 10.9.9.9
in_ns "$router" nft -f - <<'RULES'
table ip port {
    chain pre { type nat hook prerouting priority -100; ip daddr 10.9.9.9 udp dport { 500, 4500 } dnat to 10.0.0.1; }
}
RULES
sed -i 's|10.0.0.1|10.9.9.9|' "$work/profiles/anyconnect-ikev2.xml"
agent_stop; agent_start
connect
pings
expect 0 headend_show crypto ipsec sa
has '10.0.0.1/4500'
expect 0 cli disconnect
unchanged
nat_up 20000-20099
connect
pings
esp_through() { headend_show crypto ipsec sa | grep -q "remote crypto endpt.: 10.0.0.254/$1"; }
esp_through 200 || fail 'not through the NAT'
nat_rebind 30000-30099
wait_until 30 esp_through 300 || fail 'the gateway does not follow MOBIKE'
wait_until 40 ping_once || fail 'the tunnel is dead after the NAT has forgotten it'
pings
expect 0 cli disconnect
unchanged
