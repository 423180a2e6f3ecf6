#!/bin/bash
# the gateway ends the old login while the new one is under way: the tunnel and all that is on the host wait for the new one
# waits
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../standard.sh"
command -v nft >/dev/null || { echo "nft is needed (tests/deps.sh all)" >&2; exit 1; }
AC_LOG=info
key=kT4vQ9zLw2Xr7Nb5Yc8M
standard_config
sed -i "s/everybody-knows-it/$key/" "$ca/standard.cfg"
(umask 077; echo "$key" >"$work/psk")
up "$ca/standard.cfg" trust.ca_file="$ca/ca.pem" ike.reauth=10 ike.retransmit_tries=8 "host Anu-IKEV2.auth=psk" \
    "host Anu-IKEV2.identity=shared" "host Anu-IKEV2.psk_file=$work/psk"
said() { grep -q -- "$1" "$work/agent.log"; }
expect 0 cli connect Anu-IKEV2 --non-interactive
snapshot >"$work/connected"
# IKE_SA_INIT, exchange type 34, behind the four octets of the marker
in_ns "$router" nft 'table ip path { chain forward { type filter hook forward priority 0; udp dport 4500 @th,240,8 34 counter drop; }; }'
wait_until 30 said 'logging in anew' || fail 'no login was tried'
in_ns "$head" "$bin/acheadend" --control "$work/head.sock" vpn-sessiondb logoff all >"$work/out"
wait_until 30 said 'the old login has ended' || fail 'the end was not noticed'
snapshot | diff -u "$work/connected" - >&2 || fail "the host's network was touched"
in_ns "$router" nft delete table ip path
wait_until 60 said 'logged in anew' || fail 'no new login'
pings
snapshot | diff -u "$work/connected" - >&2 || fail "the host's network was touched"
[ "$(grep -c 'connected to Anu-IKEV2' "$work/agent.log")" = 1 ] || fail 'the tunnel was down'
expect 0 cli disconnect
unchanged
