#!/bin/bash
# our client and a gateway of strongSwan over a link that loses each fourth packet, in both directions
. "$(dirname "$0")/../lib.sh"
net_up
psk_gateway_and_client
in_ns "$router" nft -f - <<'RULES'
table ip path {
    chain forward {
        type filter hook forward priority 0;
        udp dport { 500, 4500 } numgen inc mod 4 == 0 counter drop
        udp sport { 500, 4500 } numgen inc mod 4 == 0 counter drop
    }
}
RULES
for round in 1 2; do
    client_up
    wait_until 10 in_ns "$client" ping -q -c 1 -W 1 172.16.1.10 || fail "no ping in ten seconds"
    client_down
done
in_ns "$router" nft list chain ip path forward | grep -qE 'counter packets [1-9]' || fail "nothing was lost"
