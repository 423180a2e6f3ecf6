#!/bin/bash
# a login that is as old as it may be: made anew where nobody types anything, else a person is told in time and the tunnel stays
. "$(dirname "$0")/../lib.sh"
key=kT4vQ9zLw2Xr7Nb5Yc8M
sed -e 's/^crypto ca trustpoint gw$/&\n enrollment self/' -e '/^ enrollment terminal$/d' -e '/^!acheadend trustpoint/d' \
    -e '/remote-authentication certificate$/d' -e '/^tunnel-group both/,/local-authentication/d' -e '/^tunnel-group laptops/,/local-authentication/d' \
    -e "s/everybody-knows-it/$key/" -e '/^!acheadend ppk/d' \
    -e 's/standard permit 10.10.0.0 255.255.0.0/standard permit 172.16.0.0 255.255.0.0/' \
    "$top/tests/vectors/asa-standard.cfg" >"$work/standard.cfg"
(umask 077; echo "$key" >"$work/psk")
said() { grep -q "$1" "$work/$2"; }
up "$modern_cfg" ike.reauth=5
connect
cli monitor >"$work/monitor" 2>&1 & monitor=$!
wait_until 20 said 'The login expires soon' monitor || fail 'nobody is told'
kill $monitor; wait $monitor || true
pings
expect 0 cli disconnect
unchanged
agent_stop; headend_stop

agent_config ike.reauth=6 "host Anu-IKEV2.auth=psk" "host Anu-IKEV2.identity=shared" "host Anu-IKEV2.psk_file=$work/psk"
headend_start "$work/standard.cfg"
: >"$work/agent.log"
agent_start
expect 0 cli -s connect Anu-IKEV2 < <(answers y y)
pings
twice() { [ "$(grep -c 'connected to Anu-IKEV2' "$work/agent.log")" -ge 2 ]; }
wait_until 30 twice || fail 'no second login'
logged agent 'the login is as old as it may be'
wait_until 10 ping_once || fail 'no ping after the second login'
expect 0 cli disconnect
unchanged
