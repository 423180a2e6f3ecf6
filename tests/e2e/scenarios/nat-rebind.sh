#!/bin/bash
# the client is behind a NAT that forgets it: the gateway follows what is authentic, with MOBIKE and without
. "$(dirname "$0")/../lib.sh"
up "$modern_cfg" ike.dpd_interval=2
sed 's|Anu-IKEV2|Still|; s|</HostEntry>|<MobileHostEntryInfo><NetworkRoaming>false</NetworkRoaming></MobileHostEntryInfo>&|' \
    "$top/tests/vectors/anyconnect-ikev2.xml" >"$work/profiles/still.xml"
agent_stop; agent_start
esp_at() { headend_show crypto ipsec sa | grep -o 'remote crypto endpt.*'; }
ike_at() { headend_show crypto ikev2 sa | grep READY | grep -o '10.0.0.254/[0-9]*'; }
esp_through() { esp_at | grep -q "10.0.0.254/$1"; }
ike_through() { ike_at | grep -q "10.0.0.254/$1"; }
nat_up 20000-20099
for host in Anu-IKEV2 Still; do
    nat_rebind 20000-20099
    expect 0 cli -s connect "$host" < <(answers y y Anu cisco123)
    pings
    esp_through 200 || fail "$(esp_at)"
    # the next mapping has another port; ESP is the first to come from there, then IKE
    nat_rebind 30000-30099
    wait_until 40 ping_once || fail 'the tunnel is dead after the NAT has forgotten it'
    pings
    esp_through 300 || fail "$(esp_at)"
    wait_until 40 ike_through 300 || fail "IKE is still at $(ike_at)"
    # what a stranger sends moves nothing, were it the very octets of packets that have just gone by
    mapped="$(esp_at) $(ike_at)"
    in_ns "$router" python3 "$top/tests/e2e/replay.py" wan 10.0.0.1 4500 10.0.0.99 4444 20 &
    stranger=$!
    while kill -0 "$stranger" 2>/dev/null; do quietly ping_once; done
    wait "$stranger" || fail 'the stranger failed'
    pings
    [ "$(esp_at) $(ike_at)" = "$mapped" ] || fail "a stranger has moved the client: $(esp_at) $(ike_at)"
    expect 0 cli status --json
    [ "$(jq -r .state "$work/out")" = connected ] || fail 'not connected any more'
    expect 0 cli disconnect
    unchanged
done
