#!/bin/bash
# two routers for as long as an IKE SA of 120 s lives: it is replaced before, and of a ping every 20 ms none is lost
# waits
. "$(dirname "${BASH_SOURCE[0]}")/../site.sh"

ike_spis() { router_show 1 crypto ikev2 sa detail | sed -n 's/.*Local spi: \([0-9A-F]*\) *Remote spi: \([0-9A-F]*\)/\1 \2/p'; }
ike_spis_of_peer() { router_show 2 crypto ikev2 sa detail | sed -n 's/.*Local spi: \([0-9A-F]*\) *Remote spi: \([0-9A-F]*\)/\2 \1/p'; }
esp_spi() { router_show 1 crypto ipsec sa | grep 'current outbound spi:'; }

site_up
kill "$capture_pid"; wait "$capture_pid" 2>/dev/null || true
router_start 1
router_start 2
in_ns "$one" ping -q -c 1 -W 20 -I 192.168.1.1 192.168.2.1 >/dev/null || fail "no ping"
ike=$(ike_spis) esp=$(esp_spi)
[ "$ike" = "$(ike_spis_of_peer)" ] || fail "the two mean different IKE SAs"

pinger=$one ping_on 0.02 -I 192.168.1.1 192.168.2.1
# after 96 to 108 s
wait_until 120 grep -q 'is rekeyed, by' "$work/router1.log" || fail "not rekeyed before the end of its 120 s"
more_pings 100 "$pinging"
have_answered 1001 "$pinging" || fail "too few pings: $(ping_count "$pinging")"
no_ping_lost "$pinging"

[ "$(ike_spis)" != "$ike" ] || fail "the IKE SA has not been rekeyed"
[ "$(ike_spis)" = "$(ike_spis_of_peer)" ] || fail "the two mean different IKE SAs"
[ "$(esp_spi)" = "$esp" ] || fail "the child SA did not stay"
logged router2 "is rekeyed, by"
for n in 1 2; do
    expect 0 router_show "$n" crypto ikev2 sa detail
    [ "$(grep -c READY "$work/out")" = 1 ] || fail "not one IKE SA at Router $n"
    grep -qE 'Life/Active Time: 120/[0-9]{1,2} sec' "$work/out" || fail "Router $n does not count from the new one on"
    ! grep -E "is down|did not come up" "$work/router$n.log" || fail "not at one go"
done
