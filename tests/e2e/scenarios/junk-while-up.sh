#!/bin/bash
# malformed, truncated and random datagrams at both ends while connected: the session goes on
. "$(dirname "$0")/../lib.sh"
up "$seed_cfg" crypto.policy=legacy
connect
port=$(in_ns "$client" ss -Huanp 'dport = :4500' | awk '{ print $4; exit }' | sed 's/.*://')
[ -n "$port" ] || fail "the client's socket was not found"
in_ns "$router" python3 "$top/tests/e2e/junk.py" 192.168.1.1 "$port" 10.0.0.1 4500 lan 7 3000
in_ns "$router" python3 "$top/tests/e2e/junk.py" 10.0.0.1 4500 192.168.1.1 "$port" wan 8 3000
in_ns "$router" python3 "$top/tests/e2e/junk.py" 10.0.0.1 500 192.168.1.1 "$port" wan 9 3000
pings
expect 0 cli status -q
expect 0 cli disconnect
unchanged
# the headend takes new clients as before
expect 0 cli -s connect Anu-IKEV2 < <(answers Anu cisco123)
pings
