#!/bin/bash
# two routers for as long as an IKE SA of 120 s lives: it is replaced before, and of 5750 pings none is lost
# waits
. "$(dirname "${BASH_SOURCE[0]}")/../site.sh"

ike_spis() { router_show 1 crypto ikev2 sa detail | grep 'Local spi:'; }
esp_spi() { router_show 1 crypto ipsec sa | grep 'current outbound spi:'; }

site_up
router_start 1
router_start 2
in_ns "$one" ping -q -c 1 -W 5 -I 192.168.1.1 192.168.2.1 >/dev/null || fail "no ping"
ike=$(ike_spis) esp=$(esp_spi)

# 115 s: it is due after 96 to 108 s
expect 0 in_ns "$one" ping -q -c 5750 -i 0.02 -W 5 -I 192.168.1.1 192.168.2.1
has "5750 packets transmitted, 5750 received, 0% packet loss"

[ "$(ike_spis)" != "$ike" ] || fail "the IKE SA has not been rekeyed"
[ "$(esp_spi)" = "$esp" ] || fail "the child SA did not stay"
logged router1 "is rekeyed, by"
logged router2 "is rekeyed, by"
for n in 1 2; do
    expect 0 router_show "$n" crypto ikev2 sa detail
    [ "$(grep -c READY "$work/out")" = 1 ] || fail "not one IKE SA at Router $n"
    grep -qE 'Life/Active Time: 120/1?[0-9] sec' "$work/out" || fail "Router $n does not show the time of the new one"
    lacks "Local spi: ${ike##*: }"
    ! grep -E "is down|did not come up" "$work/router$n.log" || fail "not at one go"
done
[ "$(router_show 1 crypto ikev2 sa detail | sed -n 's/.*Local spi: \(.*\) .*Remote spi: \(.*\)/\2 \1/p' | tr -s ' ')" = \
    "$(router_show 2 crypto ikev2 sa detail | sed -n 's/.*Local spi: \(.*\) .*Remote spi: \(.*\)/\1 \2/p' | tr -s ' ')" ] ||
    fail "the two mean different IKE SAs"
