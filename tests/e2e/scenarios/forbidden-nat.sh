#!/bin/bash
# a client that may have no NAT in front of it connects without one, and not through one; nothing of the login leaves
. "$(dirname "$0")/../lib.sh"
up "$modern_cfg" ike.allow_nat=false
connect
pings
expect 0 cli disconnect
unchanged
nat_up 20000-20099
expect 4 cli -s connect Anu-IKEV2 < <(answers Anu cisco123)
has "UNEXPECTED_NAT_DETECTED"
has "allow_nat"
[ "$(grep -c 'a NAT stands before the client' "$work/headend.log")" = 3 ] || fail 'it has not been tried three times'
unchanged
# the NAT goes, and all is well
in_ns "$router" nft delete table ip nat
expect 0 cli -s connect Anu-IKEV2 < <(answers Anu cisco123)
pings
expect 0 cli disconnect
unchanged
