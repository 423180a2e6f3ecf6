#!/bin/bash
# run.sh - what the tunnel costs: throughput, latency and connect time beside the same route without it. Nothing here
# fails for being slow, and only ratios carry over to another machine: the turns of a round follow one another at once.
#   sudo tests/bench/run.sh [--rounds N] [--seconds N] [--connects N] [--with-strongswan] [handshakes|modern|seed|strongswan-modern|strongswan-seed]...
# --with-strongswan installs Debian's strongSwan and measures it too (kernel-libipsec: ESP in user space, as ours is);
# where it is installed already it is measured anyway.
set -euo pipefail
cd "$(dirname "$0")/../.."
rounds=5 seconds=2 connects=40 install= phases=()
usage() { sed -n '4,6s/^# \?//p' tests/bench/run.sh >&2; exit 2; }
number() { [[ ${1:-} =~ ^[1-9][0-9]{0,3}$ ]] || usage; echo "$1"; }
while [ $# -gt 0 ]; do
    case $1 in
    --rounds) rounds=$(number "${2:-}"); shift ;;
    --seconds) seconds=$(number "${2:-}"); shift ;;
    --connects) connects=$(number "${2:-}"); shift ;;
    --with-strongswan) install=1 ;;
    handshakes | modern | seed | strongswan-modern | strongswan-seed) phases+=("$1") ;;
    *) usage ;;
    esac
    shift
done
[ "$(id -u)" = 0 ] || { echo "tests/bench/run.sh: root is needed for network namespaces (sudo tests/bench/run.sh)" >&2; exit 1; }

tests/deps.sh
. tests/bench/strongswan.sh
. tests/bench/handshakes.sh
[ -z "$install" ] || strongswan_install
if [ ${#phases[@]} -eq 0 ]; then
    phases=(handshakes modern seed)
    ! strongswan_there || phases=(handshakes modern strongswan-modern seed strongswan-seed)
fi
cmake --preset release >/dev/null
cmake --build --preset release --target acclient acagentd acheadend crowd bench_ike | tail -1

# ---- numbers ------------------------------------------------------------------------------------------------------

# spread: numbers on standard input as "median [least..most]"
sorted() { sort -g | awk '{ v[NR] = $1 } END { print NR ? v[int((NR + 1) / 2)] : "-", v[1], v[NR], v[int(NR * 0.95 + 0.999)] }'; }
spread() { sorted | awk '{ printf "%.4g [%.4g..%.4g]", $1, $2, $3 }'; }
# ratios FILE FILE: of the values of each round
ratios() { paste "$1" "$2" | awk '$2 > 0 { print $1 / $2 }' | sorted | awk '{ printf "%.3g [%.3g..%.3g]", $1, $2, $3 }'; }

# cpu PID: seconds of processor time, ended threads too
cpu() { awk -v hz="$(getconf CLK_TCK)" '{ sub(/.*\) /, ""); print ($12 + $13) / hz }' "/proc/$1/stat"; }
rss() { awk '/^VmRSS:/ { printf "%.1f", $2 / 1024 }' "/proc/$1/status"; }

# ---- one turn -----------------------------------------------------------------------------------------------------

# The inside host has a second address, which the client reaches past every tunnel: same namespaces, same cables.
through=172.16.1.10 past=172.16.2.10
plain_route() {
    ip -n "$inside" addr add $past/32 dev eth0
    ip -n "$head" route add $past dev inside
    ip -n "$router" route add 172.16.0.0/16 via 10.0.0.1
    ip -n "$client" rule add to $past lookup main priority 100
}

# packetwise 1|65535: how many packets TCP may hand to the cable in one piece. 65535 is the cables' own way.
packetwise() {
    ip -n "$client" link set eth0 gso_max_segs "$1"
    ip -n "$inside" link set eth0 gso_max_segs "$1"
}

servers=()
server_start() {
    ip netns exec "$inside" iperf3 -s >"$work/iperf.log" 2>&1 &
    servers+=($!)
    wait_until 10 in_ns "$inside" sh -c 'ss -ltn | grep -q :5201'
}
# tcp ADDRESS OPTION...: Gb/s that arrived
tcp() {
    in_ns "$client" iperf3 -c "$1" -t "$seconds" -f k "${@:2}" >"$work/iperf.out" 2>&1 || fail "iperf3: $(tail -n 1 "$work/iperf.out")"
    awk '/receiver/ { for (i = 2; i <= NF; i++) if ($i == "Kbits/sec") gbit = $(i - 1) / 1e6 } END { print gbit }' "$work/iperf.out"
}
# echoes ADDRESS: median round trip in microseconds
echoes() {
    in_ns "$client" ping -c 100 -i 0.01 -W 2 "$1" >"$work/ping.out" || fail "ping $1"
    sed -n 's/.*time=\([0-9.]*\) ms/\1/p' "$work/ping.out" | sorted | awk '{ print $1 * 1000 }'
}
# turn NAME ADDRESS
turn() {
    tcp "$2" >>"$work/$1.out"
    tcp "$2" -R >>"$work/$1.in"
    tcp "$2" -P 4 >>"$work/$1.out4"
    tcp "$2" -P 4 -R >>"$work/$1.in4"
    echoes "$2" >>"$work/$1.ping"
}

row() { printf '  %-22s %-25s %-25s %-25s %-24s %s\n' "$@"; }
# throughput: all rounds of one tunnel, in turns
throughput() {
    local i m
    for ((i = 0; i < rounds; i++)); do
        turn plain $past
        packetwise 1; turn packets $past; packetwise 65535
        turn tunnel $through
    done
    row '' 'plain' 'plain, single packets' 'tunnel' 'tunnel/plain' 'tunnel/single packets'
    for m in 'out|TCP out, Gb/s' 'in|TCP in, Gb/s' 'out4|TCP out, 4 streams' 'in4|TCP in, 4 streams' 'ping|ping, us'; do
        local key=${m%%|*}
        row "${m#*|}" "$(spread <"$work/plain.$key")" "$(spread <"$work/packets.$key")" "$(spread <"$work/tunnel.$key")" \
            "$(ratios "$work/tunnel.$key" "$work/plain.$key")" "$(ratios "$work/tunnel.$key" "$work/packets.$key")"
    done
}

# memory CLIENT_PID HEADEND_PID
memory() { printf '  resident memory with one tunnel, after load, MB: client %s, headend %s\n' "$(rss "$1")" "$(rss "$2")"; }

# time_connects COMMAND_TO_CONNECT COMMAND_TO_DISCONNECT CLIENT_PID HEADEND_PID; both commands are shell words
time_connects() {
    local a b
    a=$(cpu "$3") b=$(cpu "$4")
    in_ns "$client" bash -c "
        for ((i = 0; i < $connects; i++)); do
            from=\${EPOCHREALTIME/[.,]/}
            $1 >$work/connect.out 2>&1 || exit 1
            echo \$((\${EPOCHREALTIME/[.,]/} - from))
            $2 >$work/connect.out 2>&1 || exit 1
        done" >"$work/connects" || fail "connect: $(cat "$work/connect.out")"
    sorted <"$work/connects" | awk -v n="$connects" '{ printf "  connect, ms: median %.1f, p95 %.1f [%.1f..%.1f] of %d\n", $1 / 1e3, $4 / 1e3, $2 / 1e3, $3 / 1e3, n }'
    awk -v n="$connects" -v a="$a" -v b="$b" -v c="$(cpu "$3")" -v d="$(cpu "$4")" \
        'BEGIN { printf "  processor time of a connect and a disconnect, ms: client %.1f, headend %.1f\n", (c - a) / n * 1e3, (d - b) / n * 1e3 }'
}

# ---- ours ---------------------------------------------------------------------------------------------------------

# bench_ours CONFIG [SETTING...]
bench_ours() {
    local as="setpriv --reuid=$user --regid=$user --clear-groups --no-new-privs $bin/acclient --socket $work/agent.sock"
    up "$@"
    trap 'quietly kill "${servers[@]}"; net_down' EXIT
    plain_route
    connect # from here on the certificate is remembered
    printf '\nacclient and acheadend, %s: %s\n' "$(basename "$1")" "$(cli stats | sed -n 's/^ *Cipher: *//p')"
    server_start
    throughput
    memory "$agent_pid" "$headend_pid"
    cli disconnect >/dev/null
    answers Anu cisco123 >"$work/answers"
    time_connects "$as -s connect Anu-IKEV2 <$work/answers" "$as disconnect" "$agent_pid" "$headend_pid"
}

printf 'acclient %s, %s\n' "$(git describe --always --dirty 2>/dev/null || echo '')" "$(date -u +%FT%TZ)"
printf 'Linux %s, %s x %s, load before %s\n' "$(uname -r)" "$(nproc)" \
    "$(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -1)" "$(cut -d' ' -f1 /proc/loadavg)"
printf 'client, router, headend and inside host share it; %s rounds of %s s a cell; median [least..most]; ratios within a round\n' "$rounds" "$seconds"
printf 'plain: TCP hands the cables up to 64 KB in one piece; single packets: one segment a piece, a path without offloads\n'
for phase in "${phases[@]}"; do
    (   # a subshell and an internet of its own
        . tests/e2e/lib.sh
        case $phase in
        handshakes) bench_handshakes ;;
        modern) bench_ours "$modern_cfg" ;;
        seed) bench_ours "$seed_cfg" crypto.policy=legacy ;;
        strongswan-modern) bench_strongswan aes256gcm16-prfsha384-ecp384 aes256gcm16 ;;
        strongswan-seed) bench_strongswan aes192-sha1-modp1024 aes256-sha1 ;;
        esac
    )
done
printf '\nload after %s\n' "$(cut -d' ' -f1 /proc/loadavg)"
