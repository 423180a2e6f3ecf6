#!/bin/bash
# a client of strongSwan logs in anew at our headend before it lets go of the old login: it keeps its address, and no ping is lost for which it still has keys
. "$(dirname "$0")/../lib.sh"
net_up
charon_log='esp = 2'
options="$options
make_before_break = yes"
connection="reauth_time = 5s
    over_time = 60s
    rand_time = 0s"
psk_headend_and_client --export-keys "$work/keys"
capture "$router" wan
swan_up
swan_ip() { swan "$swan_dir" --list-sas | grep -oE '\[10\.2\.4\.[0-9]+\]' | sort -u; }
before=$(swan_ip)
[ "$before" = '[10.2.4.1]' ] || fail "an address: $before"
ping_on
wait_until 60 more_of 2 'IKE_SA deleted' || fail 'no new login'
still_pings
# This client forgets its half of the old keys as it sends the Delete: an answer that is on its way then it throws away, and
# says so. Nothing else may be missing.
thrown() { said_by_swan 'inbound ESP packet does not belong to an installed SA'; }
is_accounted_for() { [ "$(unanswered "$pinging")" = "$(thrown)" ]; }
wait_until 20 is_accounted_for || fail "pings lost, $(thrown) thrown away by the client, answered/sent: $(ping_count "$pinging")"
[ "$(thrown)" -le "$(grep -c 'logged in anew' "$work/headend.log")" ] || fail "more than one for a login: $(thrown)"
quietly kill -KILL "$pinging"; quietly wait "$pinging"
capture_stop
# Nor does our headend send anything over an SA whose Delete (42) it has answered.
read_wire -Y 'isakmp.typepayload == 42 && ip.dst == 10.0.0.1 || ip.src == 10.0.0.1 && (esp || isakmp.flag_r == 1)' \
    -T fields -e esp.spi -e isakmp.ispi -e isakmp.messageid -e isakmp.flag_r >"$work/order"
late=$(awk -F '\t' '$1 && !login[$1] { login[$1] = ++logins }
    $2 && $4 == 0 { asked[$2, $3] = 1 }
    $2 && $4 == 1 && asked[$2, $3] && !said[$2]++ { deleted++ }
    $1 && login[$1] <= deleted { print "a packet of login", login[$1], "behind Delete", deleted }
    END { if (deleted < 2 || logins < deleted) print logins, "logins,", deleted, "Deletes" }' "$work/order")
[ -z "$late" ] || fail "sent too late: $late"
[ "$(swan_ip)" = "$before" ] || fail "another address: $(swan_ip)"
logged headend 'logged in anew'
swan_down
