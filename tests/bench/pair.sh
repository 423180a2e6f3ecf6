# pair.sh - two hosts on one cable, and what a tunnel between them is measured with. Sourced by plane.sh after lib.sh.
#
#   client 10.0.0.2 -- MTU 1500 -- 10.0.0.1 headend, which is 172.16.1.10 inside
#
# A peer is up when $daemons has its programs and $tun the client's interface. Nothing but a tunnel leads to $to.

to=172.16.1.10
daemons=() server=

pair_up() { # [on|off]: the cable's offloads
    local ns
    for ns in $client $head; do
        ip netns add "$ns"
        ip -n "$ns" link set lo up
    done
    link "$client" eth0 10.0.0.2/24 "$head" outside 10.0.0.1/24
    ip -n "$head" addr add $to/32 dev lo
    [ "${1:-on}" = on ] || for ns in "$client eth0" "$head outside"; do
        in_ns "${ns% *}" ethtool -K "${ns#* }" tso off gso off gro off tx off rx off >/dev/null
    done
}
# What was started in the namespaces ends with them (net_down), and the rest by its number.
pair_down() {
    local all=($server "${daemons[@]}" "${charon_pids[@]}")
    quietly kill -KILL "${all[@]}"
    [ ${#all[@]} = 0 ] || quietly wait "${all[@]}" # without a number wait is for everything
    net_down
}

# route_is_ours: the way to the inside is the tunnel and nothing else
route_is_ours() {
    local route
    route=$(ip -n "$client" route get $to 2>&1 | head -1)
    echo "round $round $peer: $route" >>"$out/log"
    [[ $route == *" dev $tun "* ]] || fail "$peer: the route is no tunnel's: $route"
}
server_start() {
    ip netns exec "$head" iperf3 -s -B $to >"$work/iperf.log" 2>&1 &
    server=$!
    wait_until 10 in_ns "$head" sh -c 'ss -ltn | grep -q :5201' || fail "iperf3: $(cat "$work/iperf.log")"
}
first_ping() { wait_until 10 in_ns "$client" ping -q -c 1 -W 1 $to || fail "$peer: no ping through the tunnel"; }

# ---- whose processor time it was ----------------------------------------------------------------------------------

# ns_of PID...: nanoseconds of all threads
ns_of() {
    local p files=()
    for p; do files+=(/proc/"$p"/task/*/schedstat); done
    cat "${files[@]}" 2>/dev/null | awk '{ n += $1 } END { printf "%.0f\n", n }' || true
}
family() { # PID...: with all that they have started
    local p
    for p; do
        echo "$p"
        family $(ps -o pid= --ppid "$p")
    done
}
kernel_threads=$(ps -o pid= --ppid 2)
ours_ns() { ns_of $kernel_threads $(ip netns pids "$client") $(ip netns pids "$head"); }
# ticks of this shell and of what it has waited for; ticks without work, all processors
shell_ticks() { awk '{ sub(/.*\) /, ""); print $12 + $13 + $14 + $15 }' "/proc/$self/stat"; }
idle_ticks() { awk '/^cpu / { print $5 + $6 }' /proc/stat; }
hz=$(getconf CLK_TCK) self=$BASHPID
disturbed= # a suffix of what is kept

mark() {
    local p
    members=()
    for p in "${daemons[@]}"; do members+=("$(family "$p" | tr '\n' ' ')"); done
    before=("$EPOCHREALTIME" "$(ours_ns)" "$(shell_ticks)" "$(idle_ticks)")
    spent=()
    for p in "${members[@]}"; do spent+=("$(ns_of $p)"); done
}
# settle: $foreign is what others took, in processors; $cpu what the daemons took, in seconds; $least that of the lazier one
settle() {
    local p i after=("$EPOCHREALTIME" "$(ours_ns)" "$(shell_ticks)" "$(idle_ticks)") took=()
    for i in "${!members[@]}"; do took+=("$(($(ns_of ${members[i]}) - spent[i]))"); done
    read -r foreign < <(awk -v n="$(nproc)" -v hz="$hz" -v a="${before[*]}" -v b="${after[*]}" 'BEGIN {
        split(a, x); split(b, y); wall = y[1] - x[1]
        f = n - ((y[4] - x[4]) / hz + (y[2] - x[2]) / 1e9 + (y[3] - x[3]) / hz) / wall
        if (f < 0) f = 0; printf "%.3f\n", f }')
    read -r cpu least < <(printf '%s\n' "${took[@]}" | awk '{ s += $1; if (NR == 1 || $1 < m) m = $1 } END { printf "%.6f %.6f\n", s / 1e9, m / 1e9 }')
}

# calm: whether others leave all processors to whoever wants them, now
calm() {
    local i busy=() daemons=() members spent foreign cpu least
    mark
    for ((i = $(nproc); i > 0; i--)); do timeout 0.3 sh -c 'while :; do :; done' & busy+=($!); done
    wait "${busy[@]}" || true
    settle
    awk -v f="$foreign" -v m="$foreign_max" 'BEGIN { exit f > m }'
}
# await_calm: for $await_s seconds in all
await_calm() {
    local waited from=$SECONDS
    waited=$(cat "$out/waited" 2>/dev/null || echo 0)
    until calm || [ $((waited + SECONDS - from)) -ge "$await_s" ]; do sleep 1; done
    echo $((waited + SECONDS - from)) >"$out/waited"
}

# guarded COMMAND...: run it until others leave the machine alone meanwhile, three times at most; its output is in $said.
# Returns 1 when they never did, or when a daemon did nothing for it. Where floors are looked at the least
# disturbed one is kept apart.
guarded() {
    local try best=
    disturbed=
    for try in 1 2 3; do
        [ "$await_s" = 0 ] || await_calm
        mark
        said=$("$@") || fail "$peer: $*: $(tail -n 3 "$work/iperf.out" 2>/dev/null)"
        settle
        echo "round $round $peer: $*: $said; foreign $foreign, daemons $cpu s, the lazier $least s" >>"$out/log"
        if awk -v l="$least" 'BEGIN { exit l >= 0.001 }'; then
            echo "round $round $peer: $*: rejected, a daemon used no processor time" | tee -a "$out/log" >&2
            return 1
        fi
        awk -v f="$foreign" -v m="$foreign_max" 'BEGIN { exit f <= m }' || return 0
        best=$(printf '%s\n' ${best:+"$best"} "$foreign|$cpu|$said" | sort -g | head -1)
    done
    if [ -n "$floors" ]; then
        IFS='|' read -r foreign cpu said <<<"$best"
        disturbed=.disturbed
        return 0
    fi
    echo "round $round $peer: $*: left out, others used $foreign processors" >>"$out/log"
    echo . >>"$out/left_out"
    return 1
}
keep() { echo "$round $2" >>"$out/$peer.$1$disturbed"; } # MEASURE NUMBER

# ---- measures -----------------------------------------------------------------------------------------------------

# tcp OPTION...: Gb/s that arrived, and gigabytes, of all streams
tcp() {
    in_ns "$client" iperf3 -c $to -t "$seconds" -f k "$@" >"$work/iperf.out" 2>&1 || return
    awk '/receiver/ { for (i = 2; i <= NF; i++) if ($i == "Kbits/sec") { g = $(i - 1) / 1e6
             split($(i - 5), t, "-"); if (/SUM/) { total = g } else sum += g
             if (t[2]) span = t[2] } }
         END { if (!total) total = sum; printf "%.4f %.6f\n", total, total * span / 8 }' "$work/iperf.out"
}
measure_tcp() { # [MEASURE [OPTION...]]
    local name=${1:-tcp} gbit gb
    guarded tcp "${@:2}" || return 0
    read -r gbit gb <<<"$said"
    keep "$name" "$gbit"
    keep "$name.cpu" "$(awk -v c="$cpu" -v g="$gb" 'BEGIN { print c / g }')"
}
datagrams() { "$bin/tests/datagrams" "/run/netns/$client" "/run/netns/$head" $to "$1" "$step" "${@:2}"; }
measure_udp() { # SIZE [gathered]: the latter: received as the kernel has them
    local most flood
    guarded datagrams "$@" || return 0
    read -r most flood <<<"$said"
    keep "udp$1${2:+.$2}" "$most"
    keep "flood$1${2:+.$2}" "$flood"
}
echoes() {
    in_ns "$client" ping -c 150 -i 0.01 -W 2 $to >"$work/ping.out" || return
    sed -n 's/.*time=\([0-9.]*\) ms/\1/p' "$work/ping.out" | sort -g | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] * 1000 }'
}
measure_ping() { ! guarded echoes || keep ping "$said"; }
# Behind a stream each way, and with no rest after it.
measure_memory() { # CLIENT_PID HEADEND_PID
    { tcp && tcp -R; } >>"$out/log" || fail "$peer: no load: $(tail -n 3 "$work/iperf.out")"
    keep rss.client "$(awk '/^VmRSS:/ { print $2 / 1024 }' "/proc/$1/status")"
    keep rss.head "$(awk '/^VmRSS:/ { print $2 / 1024 }' "/proc/$2/status")"
    keep anon.client "$(awk '/^RssAnon:/ { print $2 / 1024 }' "/proc/$1/status")"
    keep anon.head "$(awk '/^RssAnon:/ { print $2 / 1024 }' "/proc/$2/status")"
}
# connects COMMAND UNDO: median milliseconds from the command, in words of a shell, to its first ping
connects() {
    in_ns "$client" bash -c "
        for ((i = 0; i < 11; i++)); do
            from=\${EPOCHREALTIME/[.,]/}
            $1 >$work/connect.out 2>&1 || exit 1
            until ping -q -n -c 1 -W 1 $to >/dev/null; do :; done
            echo \$((\${EPOCHREALTIME/[.,]/} - from))
            $2 >$work/connect.out 2>&1 || exit 1
        done" >"$work/connects" || { cat "$work/connect.out" >&2; return 1; }
    tail -n +2 "$work/connects" | sort -g | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] / 1000 }'
}
measure_connect() { ! guarded connects "$@" || keep connect "$said"; }

# The headend with many clients: crowd.c logs in beside the tunnel, by the same key. On hosts of their own they would take
# nothing from this one, so their key exchange is free (kex_one.c); the headend's is not. In busy they are 10 ms away.
crowd_of() { # COUNT OPTION...
    in_ns "$client" "$bin/tests/crowd_light" --to 10.0.0.1 --pid "$headend_pid" --count "$1" "${@:2}" >"$work/crowd.out" || return
    cat "$work/crowd.out" >>"$out/log"
}
# carried COUNT: packets a second that arrive when so many clients send as much as this machine can
carried() {
    crowd_of "$1" --at-once 8 --carry "$seconds" --sink "/run/netns/$head" --inside $to || return
    sed -n 's/^arrive a second: //p' "$work/crowd.out"
}
measure_clients() {
    local daemons=("$headend_pid")
    ! guarded carried 1 || keep clients1 "$said"
    ! guarded carried 200 || keep clients200 "$said"
}
# as tcp, while a thousand sessions are set up, some hundred a second
busy() {
    local crowd
    crowd_of 1000 --at-once 64 --rate 110 --away 10 & crowd=$!
    seconds=10 tcp || return
    if kill -0 $crowd 2>/dev/null; then echo "round $round $peer: the sessions came late" >>"$out/log"; fi
    wait $crowd
}
alone() { seconds=10 tcp; }
measure_sessions() {
    local alone_said
    guarded alone || return 0
    alone_said=$said
    guarded busy || return 0
    keep drop "$(awk -v a="${alone_said% *}" -v b="${said% *}" 'BEGIN { print 1 - b / a }')"
}
