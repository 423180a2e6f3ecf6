#!/bin/bash
# a gateway of strongSwan wants a cookie, then another group than the one guessed: our client brings both
. "$(dirname "$0")/../lib.sh"
options="block_threshold = 1001
cookie_threshold = 1
cookie_threshold_ip = 1"
net_up
psk_gateway_and_client
agent_stop
printf '[ike]\nretransmit_tries = 2\n' >>"$work/acclient.conf"
agent_start
# half-open IKE SAs are what makes it ask: two attempts whose IKE_AUTH is lost
in_ns "$router" nft 'table ip path { chain forward { type filter hook forward priority 0; udp dport 4500 drop; }; }'
for attempt in 1 2; do expect 4 cli connect 10.0.0.1 --non-interactive </dev/null; done
in_ns "$router" nft delete table ip path
client_up
pings
client_down
swan_logged 'generating IKE_SA_INIT response 0 \[ N\(COOKIE\) \]'
swan_logged 'generating IKE_SA_INIT response 0 \[ N\(INVAL_KE\) \]'
