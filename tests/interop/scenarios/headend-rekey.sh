#!/bin/bash
# our headend and a client of strongSwan: each in turn rekeys child and IKE SA, with PFS and without, and no ping is lost
. "$(dirname "$0")/../lib.sh"
net_up
psk_headend_and_client
capture "$router" lan
headend_rekeys() { # WORDS: child SAs, or with "ike" the IKE SA
    local done='CHILD_SA closed' n
    [ "$*" = all ] || done='IKE_SA deleted'
    n=$(said_by_swan "$done")
    expect 0 in_ns "$head" "$bin/acheadend" --control "$work/head.sock" rekey "$@"
    wait_until 10 more_of "$n" "$done" || fail "not rekeyed by our headend: $*"
    still_pings
}
rekeys() {
    psk_client
    swan_reload
    swan_up
    ping_on
    rekeyed child
    headend_rekeys all
    rekeyed ike
    headend_rekeys all ike
    rekeyed child
    headend_rekeys all
    no_ping_lost
    swan_down
}
rekeys
headend_stop
asa_global="crypto dynamic-map dynmap 10 set pfs group20" esp=aes256gcm16-ecp384
psk_headend_config
headend_start "$work/headend.cfg"
rekeys
capture_stop
only_the_tunnel_on_the_wire
