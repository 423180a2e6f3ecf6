#!/bin/bash
# a gateway of strongSwan says how long a login counts: our client logs in anew in time, and no ping is lost
# waits
. "$(dirname "$0")/../lib.sh"
net_up
connection="reauth_time = 20s
    over_time = 60s
    rand_time = 0s"
psk_gateway_and_client --export-keys "$work/keys"
capture "$router" wan
client_up
ping_on 0.004
for n in 1 2 3; do
    wait_until 60 is_anew $n || fail "login $n does not come"
    more_pings 600 "$pinging"
done
no_ping_lost "$pinging"
capture_stop
[ "$(grep -c 'connected to' "$work/agent.log")" = 1 ] || fail 'the tunnel was down'
# What is under way on the old SA may come behind its Delete, and the gateway has no key for it then: each Delete comes only
# when packets have been going over the new SA for a while.
read_wire -Y 'ip.src == 192.168.1.1 && (esp || isakmp.typepayload == 42)' \
    -T fields -e esp.spi -e isakmp.ispi >"$work/order"
early=$(awk -F '\t' '$1 { n = $1 == spi ? n + 1 : 1; logins += $1 != spi; spi = $1 }
    $2 && !said[$2]++ && (++deletes >= logins || n < 10) { print "Delete", deletes, "behind", n, "packets of login", logins }
    END { if (deletes < 2) print "too few Deletes" }' "$work/order")
[ -z "$early" ] || fail "deleted too early: $early"
swan_logged 'AUTH_LFT'
swan_logged 'reassigning online lease'
client_down
