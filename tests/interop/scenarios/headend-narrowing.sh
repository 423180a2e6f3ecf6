#!/bin/bash
# a client of strongSwan asks a split tunnel for more than it allows, for less, for several selectors, for nothing it has, for another child SA
. "$(dirname "$0")/../lib.sh"
net_up
ip -n "$inside" addr add 10.77.0.10/32 dev lo
ip -n "$head" route add 10.77.0.0/16 via 172.16.1.10
asa_global="access-list INSIDE standard permit 172.16.1.0 255.255.255.0
access-list INSIDE standard permit 10.77.0.0 255.255.0.0"
asa_policy=" split-tunnel-policy tunnelspecified
 split-tunnel-network-list value INSIDE"
# its own side it asks for is the whole world; and there is a second child
child="local_ts = 0.0.0.0/0
    }
    other {
        remote_ts = 10.77.0.0/16
        esp_proposals = $esp"
psk_headend_and_client --export-keys "$work/keys"
capture "$router" wan
asks() { # SELECTORS
    swan_wants=$1 psk_client
    swan_reload
}
agreed() { # SELECTORS RANGE...: as strongSwan names them, and as our headend does
    expect 0 swan "$swan_dir" --list-sas
    has 'local  10.2.4.1/32'
    grep -qx " *remote $1" "$work/out" || fail "not agreed: $1"
    expect 0 headend_show crypto ikev2 sa detail
    has 'remote selector 10.2.4.1/0 - 10.2.4.1/65535'
    [ "$(grep -c 'local selector' "$work/out")" = $(($# - 1)) ] || fail "other selectors than $*"
    shift
    for range in "$@"; do has "local selector  $range"; done
}
pings_far() { in_ns "$client" ping -q -c 1 -W 20 10.77.0.10 >/dev/null || fail "no ping into the second network"; }

asks 0.0.0.0/0
swan_up
pings
pings_far
agreed '10.77.0.0/16 172.16.1.0/24' '172.16.1.0/0 - 172.16.1.255/65535' '10.77.0.0/0 - 10.77.255.255/65535'
# new keys are for the same, though all is asked for again; and no other child SA is made beside it
rekeyed child
agreed '10.77.0.0/16 172.16.1.0/24' '172.16.1.0/0 - 172.16.1.255/65535' '10.77.0.0/0 - 10.77.255.255/65535'
expect 1 swan "$swan_dir" --initiate --child other
has NO_ADD_SAS
pings
pings_far
swan_down

asks '172.16.1.0/25, 10.77.0.0/24, 203.0.113.0/24'
swan_up
pings
pings_far
agreed '10.77.0.0/24 172.16.1.0/25' '172.16.1.0/0 - 172.16.1.127/65535' '10.77.0.0/0 - 10.77.0.255/65535'
swan_down

# by number: a small machine has no /etc/protocols and no /etc/services
asks '172.16.1.10/32[1], 10.77.0.0/16[6/80]'
swan_up
pings
agreed '10.77.0.0/16\[\(tcp\|6\)/\(http\|80\)\] 172.16.1.10/32\[\(icmp\|1\)\]' '172.16.1.10/0 - 172.16.1.10/65535' '10.77.0.0/80 - 10.77.255.255/80'
swan_down

# it is told, and then said goodbye to, so that neither end keeps half a session
asks 203.0.113.0/24
expect 1 swan "$swan_dir" --initiate --child net
has TS_UNACCEPT
alone() { swan "$swan_dir" --list-sas >"$work/out" && [ ! -s "$work/out" ]; }
wait_until 30 alone || fail "the client keeps an IKE SA"
expect 0 headend_show crypto ikev2 sa detail
has 'There are no IKEv2 SAs'

capture_stop
only_the_tunnel_on_the_wire
read_everything
TS_UNACCEPTABLE=38 NO_ADDITIONAL_SAS=35 IKE_AUTH=35 CREATE_CHILD_SA=36
seen "isakmp.notify.msgtype == $TS_UNACCEPTABLE && isakmp.exchangetype == $IKE_AUTH && ip.src == 10.0.0.1"
seen "isakmp.notify.msgtype == $NO_ADDITIONAL_SAS && isakmp.exchangetype == $CREATE_CHILD_SA && ip.src == 10.0.0.1"
seen "isakmp.ts.start_ipv4 == 203.0.113.0 && ip.src == 192.168.1.1"
unseen "isakmp.ts.start_ipv4 == 203.0.113.0 && ip.src == 10.0.0.1"
unseen "isakmp.ts.end_ipv4 == 255.255.255.255 && ip.src == 10.0.0.1"
