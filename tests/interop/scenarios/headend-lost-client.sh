#!/bin/bash
# of two clients of strongSwan one is killed and one goes with its host: our headend asks, misses both, and their addresses are free again
# waits
. "$(dirname "$0")/../lib.sh"
net_up
asa_last=10.2.4.2 # an address for each, and no more
asa_policy=" webvpn
  anyconnect dpd-interval gateway 5"
psk_headend_and_client --export-keys "$work/keys"
first=$charon_pid
capture "$router" wan
swan_up
pings
other_up
other_pings
expect 0 headend_show crypto ikev2 sa detail
has 'Assigned host addr: 10.2.4.1'
has 'Assigned host addr: 10.2.4.2'
swan_killed "$charon_pid"
ip netns del "$other"
swan_killed "$first"

# a third finds no address until they are missed
swan_id=third.interop psk_client
swan_start "$client"
expect 1 swan "$swan_dir" --initiate --child net
has INT_ADDR_FAIL
nobody() { headend_show crypto ikev2 sa detail | grep -qF 'There are no IKEv2 SAs'; }
wait_until 120 nobody || fail "our headend does not miss its clients"
logged headend 'user branch.interop disconnected'
logged headend 'user other.interop disconnected'
swan_up
pings
expect 0 headend_show crypto ikev2 sa detail
has 'Remote id: third.interop'
has 'Assigned host addr: 10.2.4.1'
swan_down
capture_stop
read_everything
# it has asked each of them one question, six times; an ICMP error that repeats it is no answer
INFORMATIONAL=37
for there in 192.168.1.1 192.168.3.1; do
    read_wire -Y "isakmp.exchangetype == $INFORMATIONAL && isakmp.flag_r == 0 && ip.dst == $there && !icmp" \
        -T fields -e isakmp.ispi -e isakmp.messageid | sort | uniq -c >"$work/asked"
    [ "$(grep -c '^ *6 ' "$work/asked")" = 1 ] || fail "asked of $there: $(cat "$work/asked")"
done
