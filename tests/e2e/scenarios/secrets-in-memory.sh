#!/bin/bash
# after a login the password is nowhere in the memory of the agent, and neither program leaves a core file
. "$(dirname "$0")/../lib.sh"
# memory_of PID: everything that can be read of it
memory_of() {
    python3 - "$1" <<'READ'
import sys
maps, mem = open(f"/proc/{sys.argv[1]}/maps"), open(f"/proc/{sys.argv[1]}/mem", "rb", 0)
for line in maps:
    span, rights, *rest = line.split()
    low, high = (int(x, 16) for x in span.split("-"))
    if rights[0] != "r" or rest[-1] in ("[vvar]", "[vsyscall]"):
        continue
    try:
        mem.seek(low)
        sys.stdout.buffer.write(mem.read(high - low))
    except OSError:
        pass
READ
}
# undumpable PROGRAM OPTION...: run by an ordinary user, its files in /proc are root's, and it may write no core file
undumpable() {
    local pid own=$work/own.$1
    install -d -o "$user" "$own"
    ip netns exec "$client" setpriv --reuid="$user" --regid="$user" --clear-groups "$bin/$1" "${@:2}" >>"$work/own.log" 2>&1 &
    pid=$!
    wait_until 10 grep -q 'Max core file size *0 *0' "/proc/$pid/limits" || fail "$1 may write a core file"
    [ "$(stat -c %U "/proc/$pid/mem")" = root ] || fail "$1 can be dumped and traced"
    kill -9 "$pid"
    wait "$pid" 2>/dev/null || true
}
net_up
undumpable acagentd --profiles "$work" --state "$work/own.acagentd" --socket "$work/own.acagentd/s"
undumpable acheadend --config "$modern_cfg" --state "$work/own.acheadend" --control "$work/own.acheadend/s"

canary=Canary-of-Anu-Xy7
line=$(printf '%s\n' "$canary" | "$bin/acheadend" password Anu) || fail "no line for the password"
sed "s|^username Anu .*|$line|" "$modern_cfg" >"$work/canary.cfg"
profile_of_the_vectors
agent_config
headend_start "$work/canary.cfg"
agent_start
expect 0 cli -s connect Anu-IKEV2 < <(answers y y Anu "$canary")
pings
memory_of "$agent_pid" >"$work/memory"
[ "$(stat -c %s "$work/memory")" -gt 1000000 ] || fail "the memory of the agent cannot be read"
grep -qaF Anu-IKEV2 "$work/memory" || fail "what was read is not the agent's memory"
! grep -qaF "$canary" "$work/memory" || fail "the password is in the memory of the agent: $(grep -aoE ".{0,40}$canary.{0,20}" "$work/memory" | cat -v | head -5)"
memory_of "$headend_pid" >"$work/memory"
grep -qaF IKEV2 "$work/memory" || fail "what was read is not the headend's memory"
! grep -qaF "$canary" "$work/memory" || fail "the password is in the memory of the headend: $(grep -aoE ".{0,40}$canary.{0,20}" "$work/memory" | cat -v | head -5)"
rm -f "$work/memory"
expect 0 cli disconnect
