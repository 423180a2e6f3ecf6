# lib.sh - a storm of datagrams over the small internet of tests/e2e/lib.sh. Sourced by the scenarios.

. "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
count=${AC_SOAK_COUNT:-1000000} # datagrams that the program reads while its memory is watched; one octet lost in each would be seen
seed=${AC_SOAK_SEED:-$RANDOM}

# own PID: what a program has in memory of its own, KiB. Pages of files are the kernel's, and resident.c gives them back at every rest:
# many MiB come and go.
own() { awk '/^Anonymous/ { print $2 }' "/proc/$1/smaps_rollup"; }

# storm_start OPTION...: until its end, see tests/soak/storm.c
storm_start() {
    ip netns exec "$router" "$bin/tests/storm" --count "$count" --warm $((count / 10)) --seed "$seed" "$@" >"$work/storm.log" 2>&1 &
    storm_pid=$!
    wait_until 20 grep -q seed "$work/storm.log" || fail "the storm does not begin"
}
storms() { kill -0 "$storm_pid" 2>/dev/null; }
storm_end() { wait "$storm_pid" || fail "the storm: $(cat "$work/storm.log")"; cat "$work/storm.log"; }
# within_5_s COMMAND...: in so many milliseconds; the worst is kept
worst=0
within_5_s() {
    local begin=${EPOCHREALTIME/[.,]/} took
    "$@"
    took=$(((${EPOCHREALTIME/[.,]/} - begin) / 1000))
    [ "$took" -le 5000 ] || fail "seed $seed: $* took $took ms"
    [ "$took" -le "$worst" ] || worst=$took
}
login() { expect 0 cli -s connect Anu-IKEV2 < <(answers Anu cisco123); }
# logins N: one after the other; what a program keeps of the first few is no growth
logins() {
    local i
    for ((i = 0; i < $1; i++)); do
        login
        expect 0 cli disconnect
    done
}
