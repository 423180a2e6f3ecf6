# site.sh - two routers on one wire, for the scenarios of site mode. Sourced by them instead of lib.sh.
#
#   Router 1 10.0.0.1 -- 10.0.0.2 Router 2

. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
one=$net-one two=$net-two
declare -A router_pid=()

router_ns() { if [ "$1" = 1 ]; then echo "$one"; else echo "$two"; fi; }
# site_up: the wire, and a capture of all that is on it in $work/wire.txt, as $capture_pid
site_up() {
    local ns
    command -v tcpdump >/dev/null || { echo "tcpdump is needed (tests/deps.sh all)" >&2; exit 1; }
    for ns in $one $two; do
        ip netns add "$ns"
        ip -n "$ns" link set lo up
        in_ns "$ns" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
    done
    link "$one" outside 10.0.0.1/24 "$two" outside 10.0.0.2/24
    in_ns "$two" tcpdump -U -l -n -i outside >"$work/wire.txt" 2>"$work/tcpdump.log" &
    capture_pid=$!
    wait_until 30 grep -q listening "$work/tcpdump.log"
}
# router_start N [OPTION...]: with the configuration of the vectors
router_start() {
    local n=$1; shift
    rm -f "$work/router$n.sock"
    ip netns exec "$(router_ns "$n")" "$bin/acheadend" --config "$top/tests/vectors/ios-router$n.cfg" --state "$work/state$n" \
        --control "$work/router$n.sock" --log "${AC_LOG:-message}" "$@" >>"$work/router$n.log" 2>&1 &
    router_pid[$n]=$!
    wait_until 60 test -S "$work/router$n.sock" || { cat "$work/router$n.log" >&2; return 1; }
}
router_stop() {
    quietly kill "${router_pid[$1]}"; wait "${router_pid[$1]}" 2>/dev/null || true
}
router_show() { local n=$1; shift; in_ns "$(router_ns "$n")" "$bin/acheadend" --control "$work/router$n.sock" show "$@"; }
# routers_idle [N...]: those, or both, have no IKE SA
routers_idle() {
    local n
    for n in "${@:-1 2}"; do
        for n in $n; do router_show "$n" crypto ikev2 sa | grep -q '^There are no IKEv2 SAs$' || return 1; done
    done
}
