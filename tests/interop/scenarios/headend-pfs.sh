#!/bin/bash
# our headend and a client of strongSwan: either end rekeys child and IKE SA with each group that both have
. "$(dirname "$0")/../lib.sh"
net_up
asa_group="1 2 5 14 15 16 19 20 21 31"
psk_headend_config
swan_files
psk_client
swan_start "$client"
capture "$router" wan
# with_group NAME NUMBER: that is what both ends say of the child SA
with_group() {
    expect 0 swan "$swan_dir" --list-sas
    has "ESP:AES_GCM_16-256/$1"
    has "AES_GCM_16-256/PRF_HMAC_SHA2_384/$1"
    expect 0 headend_show crypto ipsec sa
    has "PFS Group $2,"
}
expected=
while read -r word name number; do
    ike=aes256gcm16-prfsha384-$word esp=aes256gcm16-$word
    asa_global="crypto dynamic-map dynmap 10 set pfs group$number"
    psk_headend_config
    headend_start "$work/headend.cfg" --export-keys "$work/keys"
    psk_client
    swan_reload
    swan_up
    rekeyed child
    with_group "$name" "$number"
    headend_rekeys all
    with_group "$name" "$number"
    headend_rekeys all ike
    rekeyed ike
    rekeyed child
    with_group "$name" "$number"
    swan_down
    headend_stop
    expected+="$number $number $number $number $number "
done < <(shared_groups)
capture_stop
only_the_tunnel_on_the_wire
read_everything
CREATE_CHILD_SA=36
public_values_are $CREATE_CHILD_SA 192.168.1.1 "$expected"
public_values_are $CREATE_CHILD_SA 10.0.0.1 "$expected"
