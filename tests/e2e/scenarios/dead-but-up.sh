#!/bin/bash
# the tunnel is up but carries nothing: new keys, then a new session or a plain word; one-way traffic is left alone
. "$(dirname "$0")/../lib.sh"
command -v nft >/dev/null || { echo "nft is needed (tests/deps.sh all)" >&2; exit 1; }
key=kT4vQ9zLw2Xr7Nb5Yc8M
sed -e 's/^crypto ca trustpoint gw$/&\n enrollment self/' -e '/^ enrollment terminal$/d' -e '/^!acheadend trustpoint/d' \
    -e '/remote-authentication certificate$/d' -e '/^tunnel-group both/,/local-authentication/d' -e '/^tunnel-group laptops/,/local-authentication/d' \
    -e "s/everybody-knows-it/$key/" -e '/^!acheadend ppk/d' \
    -e 's/standard permit 10.10.0.0 255.255.0.0/standard permit 172.16.0.0 255.255.0.0/' \
    "$top/tests/vectors/asa-standard.cfg" >"$work/standard.cfg"
(umask 077; echo "$key" >"$work/psk")
spi() { cli stats --json | jq -r .spi_in; }
# deaf SPI-MATCH...: what the client gets over UDP 4500 and is ESP to it is lost, and nobody is told
deaf() { in_ns "$client" nft "add table inet deaf; add chain inet deaf in { type filter hook input priority 0; }; add rule inet deaf in udp sport 4500 @th,64,32 $* drop"; }
hear() { in_ns "$client" nft delete table inet deaf; }
talk() {
    local host
    for host in 172.16.1.10 172.16.1.1; do # both have been heard before it gets silent
        in_ns "$client" ping -q -c 1 -W 20 "$host" >/dev/null || fail "no ping to $host"
    done
    in_ns "$client" ping -q -i 0.2 172.16.1.10 >/dev/null & talk10=$!
    in_ns "$client" ping -q -i 0.2 172.16.1.1 >/dev/null & talk1=$!
}
hush() { kill $talk10 $talk1; wait $talk10 $talk1 || true; }
said() { grep -q "$1" "$work/agent.log"; }

up "$modern_cfg" ike.silence=2
connect
pings
# nobody answers a syslog
in_ns "$client" bash -c 'for i in {1..60}; do echo hello >/dev/udp/172.16.1.10/514; sleep 0.1; done'
in_ns "$client" ping -q -c 20 -i 0.2 -W 1 172.16.1.99 >/dev/null || true    # nor a host that never was there
! said 'nothing comes in' || fail 'one-way traffic is taken for a dead tunnel'

# the gateway's half is gone: new keys bring it back
old=$(spi)
talk
deaf "$(printf '0x%08x' "$old")"
is_new() { [ "$(spi)" != "$old" ]; }
wait_until 40 is_new || fail 'no new keys'
wait_until 30 ping_once || fail 'no ping with the new keys'
hush; hear
logged agent 'nothing comes in through the tunnel'
expect 0 cli status
# nothing at all comes: a person would have to log in, so the end is said
talk
deaf '!= 0'
cli monitor >"$work/monitor" 2>&1 & monitor=$!
wait_until 30 said 'is up but carries nothing' || fail 'a dead tunnel is not noticed'
wait_until 40 cli wait disconnected --timeout 1 || fail 'the dead tunnel is still there'
hush; hear
kill $monitor; wait $monitor || true
grep -q 'is up but carries nothing' "$work/monitor" || fail 'monitor does not tell'
unchanged
agent_stop; headend_stop

# nobody has to be asked: the session is made anew by itself
agent_config ike.silence=2 "host Anu-IKEV2.auth=psk" "host Anu-IKEV2.identity=shared" "host Anu-IKEV2.psk_file=$work/psk"
headend_start "$work/standard.cfg"
: >"$work/agent.log"
agent_start
expect 0 cli -s connect Anu-IKEV2 < <(answers y y)
pings
talk
deaf '!= 0'
wait_until 30 said 'is up but carries nothing' || fail 'a dead tunnel is not noticed with a shared key'
hear
wait_until 30 ping_once || fail 'the session has not been made anew'
hush
expect 0 cli status
expect 0 cli disconnect
unchanged
