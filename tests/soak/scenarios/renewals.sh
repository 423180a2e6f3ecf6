#!/bin/bash
# new keys of every kind that the gateway wants at any moment, while the client logs in anew again and again: no ping is lost
. "$(dirname "$0")/../lib.sh"
. "$top/tests/e2e/standard.sh"
seconds=${AC_SOAK_SECONDS:-60}
RANDOM=$seed
echo "seed $seed"
standard_up ike.reauth=20 "host Anu-IKEV2.auth=certificate" "host Anu-IKEV2.identity=laptops" "host Anu-IKEV2.certificate=$ca/laptops.pem" \
    "host Anu-IKEV2.key=$ca/laptops.key"
expect 0 cli connect Anu-IKEV2 --non-interactive
ping_on 0.004
end=$((SECONDS + seconds))
while [ $SECONDS -lt $end ]; do
    sleep "$((RANDOM % 2)).$((RANDOM % 10))"
    what=(all)
    [ $((RANDOM % 3)) != 0 ] || what+=(ike)
    expect 0 in_ns "$head" "$bin/acheadend" --control "$work/head.sock" rekey "${what[@]}"
done
wait_until 60 is_anew $((seconds / 20)) || fail 'logins do not come'
no_ping_lost "$pinging"
[ "$(times_said agent 'connected to Anu-IKEV2')" = 1 ] || fail 'the tunnel was down'
for what in 'logged in anew' 'the tunnel has new keys' 'the IKE SA has new keys'; do
    n=$(times_said agent "$what")
    echo "$n times: $what"
    [ "$n" -ge $((seconds / 20)) ] || fail "so seldom: $what"
done
expect 0 cli disconnect
unchanged
