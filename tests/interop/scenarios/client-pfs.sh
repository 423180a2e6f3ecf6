#!/bin/bash
# our client and a gateway of strongSwan: either end rekeys child and IKE SA with each group that both have
. "$(dirname "$0")/../lib.sh"
net_up
psk_gateway_and_client
agent_stop
policy=legacy psk_client_config
printf '[ike]\nchild_octets = 60000\n' >>"$work/acclient.conf"
agent_start --export-keys "$work/keys"
capture "$router" wan
with_group() { # NAME
    expect 0 swan "$swan_dir" --list-sas
    has "ESP:AES_GCM_16-256/$1"
    has "AES_GCM_16-256/PRF_HMAC_SHA2_384/$1"
}
theirs= ours=
while read -r word name number; do
    ike=aes256gcm16-prfsha384-$word esp=aes256gcm16-$word
    psk_gateway
    swan_reload
    client_up
    rekeyed ike
    rekeyed child
    with_group "$name"
    # so much that our client wants new keys
    n=$(said_by_swan 'CHILD_SA closed')
    pings_each 0.005 60 -s 1200 172.16.1.10
    wait_until 30 more_of "$n" 'CHILD_SA closed' || fail "not rekeyed by our client: $word"
    still_pings
    with_group "$name"
    client_down
    theirs+="$number $number $number "
    ours+="$number $number 19 $([ "$number" = 19 ] || echo "$number ")" # its guess is told to be wrong, but for 19
done < <(shared_groups)
capture_stop
only_the_tunnel_on_the_wire
read_everything
CREATE_CHILD_SA=36
public_values_are $CREATE_CHILD_SA 10.0.0.1 "$theirs"
public_values_are $CREATE_CHILD_SA 192.168.1.1 "$ours"
