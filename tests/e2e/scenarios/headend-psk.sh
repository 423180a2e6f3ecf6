#!/bin/bash
# a tunnel group with a shared key: who knows it gets in, who does not learns nothing; no secret is shown
. "$(dirname "$0")/../lib.sh"
key=kT4vQ9zLw2Xr7Nb5Yc8M
sed -e 's/^crypto ca trustpoint gw$/&\n enrollment self/' -e '/^ enrollment terminal$/d' -e '/^!acheadend trustpoint/d' \
    -e '/remote-authentication certificate$/d' -e '/^tunnel-group both/,/local-authentication/d' -e '/^tunnel-group laptops/,/local-authentication/d' \
    -e "s/everybody-knows-it/$key/" -e '/^!acheadend ppk/d' \
    -e 's/standard permit 10.10.0.0 255.255.0.0/standard permit 172.16.0.0 255.255.0.0/' \
    "$top/tests/vectors/asa-standard.cfg" >"$work/standard.cfg"
psk() { (umask 077; echo "$1" >"$work/psk"); }
psk "$key"
up "$work/standard.cfg" "host Anu-IKEV2.auth=psk" "host Anu-IKEV2.identity=shared" "host Anu-IKEV2.psk_file=$work/psk"
expect 0 cli -s connect Anu-IKEV2 < <(answers y y)
pings
expect 0 headend_show vpn-sessiondb detail ra-ikev2-ipsec
has 'Username       : shared'
has 'Rem Auth Mode  : preSharedKeys'
expect 0 headend_show running-config
has 'pre-shared-key *****'
lacks "$key"
expect 0 cli disconnect
unchanged
