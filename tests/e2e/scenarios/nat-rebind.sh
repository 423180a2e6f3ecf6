#!/bin/bash
# the client is behind a NAT that forgets it: the gateway follows what is authentic, and the session goes on
. "$(dirname "$0")/../lib.sh"
up "$modern_cfg"
nat_up 20000-20099
connect
pings
expect 0 headend_show crypto ipsec sa
has '10.0.0.254/200'
# the next mapping has another port; ESP is the first to come from there
nat_rebind 30000-30099
wait_until 20 ping_once || fail 'the tunnel is dead after the NAT has forgotten it'
pings
expect 0 headend_show crypto ipsec sa
has '10.0.0.254/300'
expect 0 cli status --json
[ "$(jq -r .state "$work/out")" = connected ] || fail 'not connected any more'
where() { headend_show crypto ipsec sa | grep -o 'remote crypto endpt.*'; }
mapped=$(where)
# what a stranger sends moves nothing, were it the very octets of packets that have just gone by
in_ns "$router" python3 "$top/tests/e2e/replay.py" wan 10.0.0.1 4500 10.0.0.99 4444 20 &
stranger=$!
while kill -0 "$stranger" 2>/dev/null; do quietly ping_once; done
wait "$stranger" || fail 'the stranger failed'
pings
[ "$(where)" = "$mapped" ] || fail "a stranger has moved the client to $(where)"
expect 0 cli disconnect
unchanged
