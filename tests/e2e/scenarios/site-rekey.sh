#!/bin/bash
# two routers for as long as an IKE SA of 120 s lives: it is replaced before, and of a ping every 20 ms none is lost
# waits
. "$(dirname "${BASH_SOURCE[0]}")/../site.sh"

ike_spis() { router_show 1 crypto ikev2 sa detail | sed -n 's/.*Local spi: \([0-9A-F]*\) *Remote spi: \([0-9A-F]*\)/\1 \2/p'; }
ike_spis_of_peer() { router_show 2 crypto ikev2 sa detail | sed -n 's/.*Local spi: \([0-9A-F]*\) *Remote spi: \([0-9A-F]*\)/\2 \1/p'; }
esp_spi() { router_show 1 crypto ipsec sa | grep 'current outbound spi:'; }
answered() { grep -c 'icmp_seq=' "$work/ping.txt"; }
more_than() { [ "$(answered)" -gt "$1" ]; }

site_up
kill "$capture_pid"; wait "$capture_pid" 2>/dev/null || true
router_start 1
router_start 2
in_ns "$one" ping -q -c 1 -W 5 -I 192.168.1.1 192.168.2.1 >/dev/null || fail "no ping"
ike=$(ike_spis) esp=$(esp_spi)
[ "$ike" = "$(ike_spis_of_peer)" ] || fail "the two mean different IKE SAs"

ip netns exec "$one" ping -n -i 0.02 -W 5 -I 192.168.1.1 192.168.2.1 >"$work/ping.txt" &
ping_pid=$!
# after 96 to 108 s
wait_until 120 grep -q 'is rekeyed, by' "$work/router1.log" || fail "not rekeyed before the end of its 120 s"
wait_until 30 more_than $(($(answered) + 100)) || fail "no pings after it"
kill -INT "$ping_pid"; wait "$ping_pid" || fail "ping has lost some"

# every one has been answered, but perhaps the last, which was stopped in flight
sent=$(sed -n 's/^\([0-9]*\) packets transmitted.*/\1/p' "$work/ping.txt")
[ "$sent" -gt 1000 ] || fail "only $sent pings"
sed -n 's/.*icmp_seq=\([0-9]*\) .*/\1/p' "$work/ping.txt" | sort -un | head -n $((sent - 1)) | diff -q - <(seq $((sent - 1))) >/dev/null ||
    fail "a ping is lost: $(grep 'packets transmitted' "$work/ping.txt")"

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
