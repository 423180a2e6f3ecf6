#!/bin/bash
# the client goes from one network to another, with MOBIKE and without, and through none: the session stays, nothing leaks
. "$(dirname "$0")/../lib.sh"
up "$modern_cfg" ike.dpd_interval=5 ike.retransmit_tries=4
sed 's|Anu-IKEV2|Still|; s|</HostEntry>|<MobileHostEntryInfo><NetworkRoaming>false</NetworkRoaming></MobileHostEntryInfo>&|' \
    "$top/tests/vectors/anyconnect-ikev2.xml" >"$work/profiles/still.xml"
agent_stop; agent_start
link "$client" wlan0 192.168.2.1/24 "$router" air 192.168.2.254/24
watch_clear
leave() { ip -n "$client" link set "$1" down; }
enter() { ip -n "$client" link set "$1" up; ip -n "$client" route replace default via "$2" dev "$1"; }
is_at() { headend_show crypto ipsec sa | grep -q "remote crypto endpt.: $1/"; }
leave wlan0
for host in Anu-IKEV2 Still; do
    enter eth0 192.168.1.254
    before=$(snapshot)
    expect 0 cli -s connect "$host" < <(answers y y Anu cisco123)
    pings
    is_at 192.168.1.1 || fail "$host: not at eth0"
    cli monitor >"$work/monitor" 2>&1 &
    monitor=$!
    wait_until 40 grep -q . "$work/monitor" || fail "$host: the monitor does not begin"
    # the default route goes to another interface, the old one stays for a while
    ip -n "$client" link set wlan0 up
    ip -n "$client" route replace default via 192.168.2.254 dev wlan0
    wait_until 40 is_at 192.168.2.1 || fail "$host: the gateway does not follow to wlan0"
    wait_until 40 ping_once || fail "$host: no ping over wlan0"
    leave eth0
    pings
    # a network that goes before the next one comes
    leave wlan0
    wait_until 40 grep -q 'waiting for a network' "$work/monitor" || fail "$host: it is not said that there is no network"
    expect 1 ping_once
    enter eth0 192.168.1.254
    wait_until 40 is_at 192.168.1.1 || fail "$host: the gateway does not follow to eth0"
    wait_until 40 ping_once || fail "$host: no ping over eth0"
    # there and back within a moment
    for to in 'wlan0 192.168.2.254' 'eth0 192.168.1.254' 'wlan0 192.168.2.254'; do enter $to; done
    leave eth0
    wait_until 40 ping_once || fail "$host: no ping after several moves at once"
    is_at 192.168.2.1 || fail "$host: not at wlan0"
    enter eth0 192.168.1.254
    leave wlan0
    wait_until 40 ping_once || fail "$host: no ping back on eth0"
    expect 0 cli status --json
    [ "$(jq -r .state "$work/out")" = connected ] || fail "$host: not connected any more"
    kill "$monitor"; wait "$monitor" || true
    grep -q 'Reconnecting' "$work/monitor" || fail "$host: nothing is said about the moves"
    expect 0 cli disconnect
    [ "$(snapshot)" = "$before" ] || fail "$host: the host's network has changed"
done
logged agent '(MOBIKE)'
no_clear
