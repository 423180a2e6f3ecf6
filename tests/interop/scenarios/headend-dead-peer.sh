#!/bin/bash
# our headend answers when a client of strongSwan asks; killed, it is missed by the client
. "$(dirname "$0")/../lib.sh"
connection="dpd_delay = 1s"
options+=$'\nretransmit_tries = 2\nretransmit_timeout = 0.5\nretransmit_base = 1'
net_up
psk_headend_and_client
swan_up
pings
charon_says() { grep -qE -- "$1" "$swan_dir/charon.log"; }
wait_until 30 charon_says 'sending DPD request' || fail "the client does not ask"
wait_until 30 charon_says 'parsed INFORMATIONAL response' || fail "our headend does not answer"
kill -KILL "$headend_pid"
wait_until 30 charon_says 'giving up after 2 retransmits' || fail "the client does not miss our headend"
