#!/bin/bash
# a new login that gets no answer leaves the old one as it is, and is tried again before that is too old
# waits
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../standard.sh"
command -v nft >/dev/null || { echo "nft is needed (tests/deps.sh all)" >&2; exit 1; }
key=kT4vQ9zLw2Xr7Nb5Yc8M
standard_config
sed -i "s/everybody-knows-it/$key/" "$ca/standard.cfg"
(umask 077; echo "$key" >"$work/psk")
up "$ca/standard.cfg" trust.ca_file="$ca/ca.pem" ike.reauth=80 ike.retransmit_tries=2 "host Anu-IKEV2.auth=psk" \
    "host Anu-IKEV2.identity=shared" "host Anu-IKEV2.psk_file=$work/psk"
said() { grep -q -- "$1" "$work/agent.log"; }
expect 0 cli connect Anu-IKEV2 --non-interactive
# IKE_SA_INIT, exchange type 34, behind the four octets of the marker
in_ns "$router" nft 'table ip path { chain forward { type filter hook forward priority 0; udp dport 4500 @th,240,8 34 counter drop; }; }'
wait_until 100 said 'logging in anew did not succeed' || fail 'no login was tried'
in_ns "$router" nft delete table ip path
pings
wait_until 30 said 'logged in anew' || fail 'no second try'
pings
[ "$(grep -c 'connected to Anu-IKEV2' "$work/agent.log")" = 1 ] || fail 'the tunnel was down'
expect 0 cli disconnect
unchanged
# Nor does the gateway keep the old login, which is let go of a little later than the new one is there.
expect 0 headend_show vpn-sessiondb detail anyconnect
has 'no active sessions'
