#!/bin/bash
# a client of strongSwan is killed and comes again: by INITIAL_CONTACT it replaces its own session, and nobody else's
. "$(dirname "$0")/../lib.sh"
net_up
psk_headend_and_client --export-keys "$work/keys"
last=$charon_pid
capture "$router" wan
swan_up
other_up
# sessions NUMBER IDENTITY ADDRESS ...: who has which, in the order of their coming
sessions() {
    expect 0 headend_show crypto ikev2 sa detail
    sed -n 's/^ *Session-id: //p; s/^ *Remote id: //p; s/^ *Assigned host addr: //p' "$work/out" | xargs >"$work/who"
    [ "$(cat "$work/who")" = "$*" ] || fail "sessions $(cat "$work/who"), not $*"
}
comes_again() {
    swan_killed "$last"
    psk_client
    swan_start "$client"
    last=$charon_pid
    swan_up
    pings
    other_pings
}
sessions 1 branch.interop 10.2.4.1 2 other.interop 10.2.4.2
comes_again
sessions 2 other.interop 10.2.4.2 3 branch.interop 10.2.4.1
# who does not say so may have two
connection="unique = never"
comes_again
sessions 2 other.interop 10.2.4.2 3 branch.interop 10.2.4.1 4 branch.interop 10.2.4.3
capture_stop
only_the_tunnel_on_the_wire
read_everything
INITIAL_CONTACT=16384
[ "$(read_wire -Y "isakmp.notify.msgtype == $INITIAL_CONTACT" -T fields -e ip.src | xargs)" = '192.168.1.1 192.168.3.1 192.168.1.1' ] ||
    fail "INITIAL_CONTACT was not said by the first three alone"
