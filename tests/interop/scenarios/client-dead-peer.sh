#!/bin/bash
# our client answers when a gateway of strongSwan asks; killed, it is missed by the gateway; a killed gateway is missed by it
. "$(dirname "$0")/../lib.sh"
connection="dpd_delay = 1s"
options+=$'\nretransmit_tries = 2\nretransmit_timeout = 0.5\nretransmit_base = 1'
net_up
psk_gateway_and_client
agent_stop
printf '[ike]\ndpd_interval = 3\nretransmit_tries = 2\n' >>"$work/acclient.conf"
agent_start
client_up
pings
charon_says() { grep -qE -- "$1" "$swan_dir/charon.log"; }
wait_until 30 charon_says 'sending DPD request' || fail "the gateway does not ask"
wait_until 30 charon_says 'parsed INFORMATIONAL response' || fail "our client does not answer"
kill -KILL "$agent_pid"; quietly wait "$agent_pid"
wait_until 30 charon_says 'giving up after 2 retransmits' || fail "the gateway does not miss our client"
rm "$work/agent.sock"
agent_start
client_up
pings
charon_stop
not_connected() { ! quietly_ok cli status -q; }
quietly_ok() { "$@" >/dev/null 2>&1; }
wait_until 40 not_connected || fail "our client does not miss the gateway"
expect 11 cli status -q
