#!/bin/bash
# tshark reads our own handshakes and ESP with the keys of --export-keys, and nothing without them
. "$(dirname "$0")/../lib.sh"
net_up
profile_of_the_vectors
capture "$router" lan
session() { # POLICY CONFIG
    agent_config "crypto.policy=$1"
    headend_start "$2"
    agent_start --export-keys "$work/keys"
    expect 0 cli -s connect Anu-IKEV2 < <(answers y n Anu cisco123)
    pings
    expect 0 cli disconnect
    agent_stop
    headend_stop
}
# the suites of 2013 and Cisco's fragments; then AES-GCM and fragments of RFC 7383. tshark 4.0 knows no
# extended sequence numbers, which only the policy modern offers
sed 's/^crypto ikev2 enable.*/crypto ikev2 fragmentation preferred-method cisco\n&/' "$seed_cfg" >"$work/seed.cfg"
session legacy "$work/seed.cfg"
session compatible "$modern_cfg"
capture_stop
only_the_tunnel_on_the_wire
read_everything
# of each of the two logins: both certificates of the gateway, its signature, the proofs after EAP, goodbye
as_many 'Payload: Cisco-Fragmentation' 2
as_many 'Payload: Encrypted and Authenticated Fragment' 2
as_many 'Payload: Extensible Authentication' 14
as_many 'Payload: Certificate \(37\)' 4
as_many 'Payload: Authentication' 6
as_many 'Payload: Configuration' 4
as_many 'Payload: Delete' 2
as_many '^Internet Control Message Protocol$' 12

# without the keys the same capture says nothing
read_wire_blind -V >"$work/read"
as_many 'Payload: Encrypted and Authenticated' 8
as_many '^Encapsulating Security Payload' 12
none 'Payload: (Extensible|Certificate \(37\)|Authentication|Configuration|Delete)'
none '^Internet Control Message Protocol$'

[ "$(stat -c %a "$work/keys" "$work/keys/esp_sa" "$work/keys/ikev2_decryption_table" | xargs)" = "700 600 600" ] || fail "others can read the keys"
logged agent "ALL KEYS ARE WRITTEN TO $work/keys"
# an open folder is no place for keys
chmod 755 "$work/keys"
expect 1 "$bin/acheadend" --config "$modern_cfg" --state "$work/head" --export-keys "$work/keys"
has 'only root can enter'
