#!/bin/bash
# a gateway of strongSwan rekeys child and IKE SA of our client, in turn, with PFS and without: no ping is lost; tshark reads all of it
. "$(dirname "$0")/../lib.sh"
net_up
psk_gateway_and_client
agent_stop
agent_start --export-keys "$work/keys"
capture "$router" lan
for esp in aes256gcm16 aes256gcm16-ecp384; do
    psk_gateway
    swan_reload
    client_up
    ping_on
    for what in child ike child ike; do rekeyed $what; done
    no_ping_lost "$pinging"
    client_down
done
capture_stop
only_the_tunnel_on_the_wire
read_everything
as_many 'Exchange type: CREATE_CHILD_SA' 16
as_many 'Notify \(41\) - REKEY_SA' 4
