#!/bin/bash
# plane.sh - the data plane in one table: beside what a user would take instead, and beside the same path without ESP.
#   sudo tests/bench/plane.sh [--rounds N] [--seconds N] [--foreign CORES] [--patience SECONDS] [--only MEASURE]... [--log FILE] [--realtime] [--floors] [--threads auto|1|2]
# MEASURE: tcp streams udp ping connect memory clients sessions seal cable. A round has a turn of every peer, in namespaces
# of its own; ratios are taken within a round. What others on this machine disturb by more than --foreign (0.15 of a
# processor) is measured again, and left out after three times; all of that goes to --log. --patience: for so long in all
# it waits for others to be done. --floors: a short run, with a patience of 300 s, that fails below the floors, less a fifth;
# what is below is looked at in up to three times as many rounds more. --realtime: for TCP on a machine that has other work:
# everything here goes before it, which packets a second suffer from. --threads: of our own.
set -euo pipefail
cd "$(dirname "$0")/../.."
rounds=3 seconds=2 foreign_max=0.15 only=() floors='' log='' realtime='' step=0.4 await_s=0
usage() { sed -n '3,9s/^# \?//p' tests/bench/plane.sh >&2; exit 2; }
number() { [[ ${1:-} =~ ^[1-9][0-9]{0,2}$ ]] || usage; echo "$1"; }
while [ $# -gt 0 ]; do
    case $1 in
    --rounds) rounds=$(number "${2:-}"); shift ;;
    --seconds) seconds=$(number "${2:-}"); shift ;;
    --foreign) [[ ${2:-} =~ ^[0-9]+(\.[0-9]+)?$ ]] || usage; foreign_max=$2; shift ;;
    --patience) await_s=$(number "${2:-}"); shift ;;
    --only) [[ ${2:-} =~ ^(tcp|streams|udp|ping|connect|memory|clients|sessions|seal|cable)$ ]] || usage; only+=("$2"); shift ;;
    --log) [ -n "${2:-}" ] || usage; log=$(cd "$OLDPWD" && realpath "$2"); shift ;;
    --realtime) realtime=', before all others' ;;
    --threads) [[ ${2:-} =~ ^(auto|1|2)$ ]] || usage; threads=$2; shift ;;
    --floors) floors=1 rounds=3 seconds=1 step=0.25 await_s=300 ;;
    *) usage ;;
    esac
    shift
done
[ "$(id -u)" = 0 ] || { echo "tests/bench/plane.sh: root is needed for network namespaces (sudo tests/bench/plane.sh)" >&2; exit 1; }

. tests/bench/strongswan.sh
. tests/bench/handshakes.sh
. tests/bench/rivals.sh
. tests/bench/table.sh
tests/deps.sh
strongswan_install
[ -n "$floors" ] || { rivals_install; backport; }
cmake --preset release >/dev/null
cmake --build --preset release --target acclient acagentd acheadend crowd_light pump_ref datagrams bench_esp | tail -1
# Whoever else is busy here takes what is left, also where the kernel counts by session: that is nice again at the end.
session_nice=$(sed -n 's/.* nice //p' /proc/$$/autogroup 2>/dev/null || true)
[ -z "$realtime" ] || chrt -r -p 1 $$
{ renice -n -20 -p $$ && echo -20 >/proc/$$/autogroup; } >/dev/null 2>&1 || true
leave() {
    [ -z "$session_nice" ] || echo "$session_nice" >/proc/$$/autogroup || true
    [ -z "$log" ] || cp "$out/log" "$log"
    rm -rf "$out"
}
out=$(mktemp -d /tmp/acclient-plane.XXXXXX)
trap leave EXIT

wanted() { # MEASURE
    local m
    [ ${#only[@]} -gt 0 ] || return 0
    for m in "${only[@]}"; do [ "$m" != "$1" ] || return 0; done
    return 1
}

# turn PEER [MEASURE...]: a round's turn of one peer. Its failure ends the run: there is no table with holes.
turn() {
    peer=$1
    (   # a subshell, and hosts of its own
        . tests/e2e/lib.sh
        . tests/bench/pair.sh
        trap pair_down EXIT
        pair_up "${cable:-on}"
        "${peer%%-*}_up"
        first_ping
        route_is_ours
        server_start
        for measure in "${@:2}"; do $measure; done
    )
}

streams() { measure_tcp reverse -R; measure_tcp four -P 4; measure_tcp both --bidir; }
udp() { measure_udp 64; measure_udp 1300; }
gathered() { measure_udp 64 gathered; measure_udp 1300 gathered; }
memory() { measure_memory "${daemons[@]}"; }
connect_again() { in_ns "$client" $down_again >/dev/null 2>&1; measure_connect "$up_again" "$down_again"; }
if_wanted() { ! wanted "$1" || todo+=("$2"); }

# one PEER WHAT...: a turn with those of WHAT that are wanted
one() {
    local m todo=() name=$1; shift
    for m; do
        case $m in
        tcp) if_wanted tcp measure_tcp ;;
        streams) if_wanted streams streams ;;
        udp | gathered) if_wanted udp "$m" ;;
        ping) if_wanted ping measure_ping ;;
        memory) if_wanted memory memory ;;
        connect) if_wanted connect connect_again ;;
        clients) if_wanted clients measure_clients ;;
        sessions) if_wanted sessions measure_sessions ;;
        esac
    done
    [[ " ${todo[*]} " != *" streams "* || " ${todo[*]} " == *" measure_tcp "* ]] || todo=(measure_tcp "${todo[@]}")
    [ ${#todo[@]} -eq 0 ] || turn "$name" "${todo[@]}"
}
seal() { "$bin/tests/bench_esp" 200 >"$out/bench_esp.$round"; }

printf 'acclient %s, %s\n' "$(git describe --always --dirty 2>/dev/null || echo '')" "$(date -u +%FT%TZ)"
printf 'Linux %s, %s x %s, load before %s\n' "$(uname -r)" "$(nproc)" \
    "$(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -1)" "$(cut -d' ' -f1-3 /proc/loadavg)"
printf 'client and headend share it, veth, MTU 1500; %s rounds of %s s; others may use %s processors%s\n' "$rounds" "$seconds" "$foreign_max" "$realtime"
bin=$PWD/build/release

if [ -n "$floors" ]; then
    # Other work, also of the host that this machine is one of many of, can spoil rounds; what is slow is so in later ones as well.
    last=$((4 * rounds))
    for ((round = 1; round <= last; round++)); do
        turn swan_gcm measure_tcp
        turn ours_gcm measure_tcp 'measure_udp 1300'
        turn ceiling measure_tcp
        [ $((round % rounds)) != 0 ] || ! table_floors || exit 0
    done
    echo "tests/bench/plane.sh: below the floor" >&2
    exit 1
fi
for ((round = 1; round <= rounds; round++)); do
    one ours_gcm tcp streams udp gathered ping memory clients sessions connect
    one swan_gcm tcp udp gathered ping connect
    one ceiling tcp udp
    one ours_cbc tcp
    one swan_cbc tcp
    one openconnect tcp
    one wg12 tcp
    [ -z "$wg_new" ] || one wgnew tcp
    one plain ping
    if wanted cable; then
        cable=off turn ours_gcm-cable measure_tcp
        cable=off turn swan_gcm-cable measure_tcp
    fi
    ! wanted seal || seal
done
table_all
printf '\nload after %s; %s measurements left out because others were busy\n' "$(cut -d' ' -f1-3 /proc/loadavg)" \
    "$(cat "$out/left_out" 2>/dev/null | wc -l)"
