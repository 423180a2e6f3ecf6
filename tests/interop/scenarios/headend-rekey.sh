#!/bin/bash
# our headend and a client of strongSwan: each in turn rekeys child and IKE SA, with PFS and without, and no ping is lost
. "$(dirname "$0")/../lib.sh"
net_up
psk_headend_and_client
capture "$router" lan
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
    no_ping_lost "$pinging"
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
