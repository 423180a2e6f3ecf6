#!/bin/bash
# a router that lies to its peer: it is refused in plain words or does no harm, and the honest one is as welcome as before
. "$(dirname "${BASH_SOURCE[0]}")/../site.sh"
# Only test builds can lie, so the liar is of another build than what is tried.
liars=${AC_LIARS:-$top/build/asan}
export ASAN_OPTIONS=detect_leaks=0 # what is not dumpable cannot be searched for leaks
[ -x "$liars/acheadend" ] || fail "$liars/acheadend is needed (cmake --preset asan)"

ping_two() { in_ns "$one" ping -q -c 1 -W 2 -I 192.168.1.1 192.168.2.1; }
lies() { router_stop 2; bin=$liars router_start 2 --impair "$1"; }
said_anew() { [ "$(grep -cF -- "$1" "$work/router1.log")" -gt "$2" ]; }
refused() {
    local before
    lies "$2"
    before=$(grep -cF -- "$1" "$work/router1.log" || true)
    ! ping_two >/dev/null || fail "packets pass with a liar: $2"
    wait_until 40 said_anew "$1" "$before" || fail "Router 1 does not say: $1"
}
harmless() {
    lies "$1"
    wait_until 40 ping_two || fail "no ping with $1"
}

site_up
kill "$capture_pid"; wait "$capture_pid" 2>/dev/null || true
router_start 1
router_start 2
wait_until 40 ping_two || fail "no ping between honest routers"
harmless double,unknown,reserved
harmless 'drop*1'
refused "did not prove who it is" omit=AUTH@IKE_AUTH.response
refused "critical payload of unknown type" unknown-critical@IKE_AUTH.response
refused "AUTH" auth=bit@IKE_AUTH.response
router_stop 2
router_start 2
wait_until 40 ping_two || fail "an honest router is not found again"
