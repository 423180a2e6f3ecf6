#!/bin/bash
# the kernel at the client only, AES-CBC with HMAC-SHA1, behind a NAT; then at both, logging in anew under pings
. "$(dirname "$0")/lib.sh"
up "$seed_cfg" crypto.policy=legacy tunnel.plane=kernel tunnel.threads=2
nat_up 20000-20099
connect
logged agent 'threads = 2 has no meaning: it is the kernel that moves packets'
kernel_has "$client" 2
kernel_clean "$head"
pings
transfer
nat_rebind 30000-30099
wait_until "$patience" ping_once || fail 'the tunnel is dead after the NAT has forgotten it'
pings
expect 0 cli disconnect
kernel_clean "$client"
unchanged
agent_stop; headend_stop
rm -f "$work/head.sock"

key=kT4vQ9zLw2Xr7Nb5Yc8M
sed -e 's/^crypto ca trustpoint gw$/&\n enrollment self/' -e '/^ enrollment terminal$/d' -e '/^!acheadend trustpoint/d' \
    -e '/remote-authentication certificate$/d' -e '/^tunnel-group both/,/local-authentication/d' -e '/^tunnel-group laptops/,/local-authentication/d' \
    -e "s/everybody-knows-it/$key/" -e '/^!acheadend ppk/d' \
    -e 's/standard permit 10.10.0.0 255.255.0.0/standard permit 172.16.0.0 255.255.0.0/' \
    "$top/tests/vectors/asa-standard.cfg" >"$work/standard.cfg"
(umask 077; echo "$key" >"$work/psk")
agent_config tunnel.plane=kernel ike.reauth=20 "host Anu-IKEV2.auth=psk" "host Anu-IKEV2.identity=shared" "host Anu-IKEV2.psk_file=$work/psk"
headend_start "$work/standard.cfg" --plane kernel
agent_start
expect 0 cli -s connect Anu-IKEV2 < <(answers y y)
stream_start 172.16.1.10
wait_until "$patience" grep -q 'logged in anew' "$work/agent.log" || fail 'nobody logs in anew'
wait_until "$patience" grep -q 'logged in anew' "$work/headend.log" || fail 'the headend does not know of it'
stream_end
[ "$(grep -c 'connected to Anu-IKEV2' "$work/agent.log")" = 2 ] || fail 'the tunnel was down'
expect 0 cli disconnect
kernel_clean "$client" "$head"
