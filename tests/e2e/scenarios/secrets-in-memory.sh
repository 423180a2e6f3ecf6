#!/bin/bash
# after a login the password is nowhere in memory, after the tunnel its keys are not, and neither program leaves a core file
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
    wait_until 30 grep -q 'Max core file size *0 *0' "/proc/$pid/limits" || fail "$1 may write a core file"
    [ "$(stat -c %U "/proc/$pid/mem")" = root ] || fail "$1 can be dumped and traced"
    kill -9 "$pid"
    wait "$pid" 2>/dev/null || true
}
net_up
undumpable acagentd --profiles "$work" --state "$work/own.acagentd" --socket "$work/own.acagentd/s"
install -m 644 "$modern_cfg" "$work/own.cfg" # the checkout may be closed to that user
undumpable acheadend --config "$work/own.cfg" --state "$work/own.acheadend" --control "$work/own.acheadend/s"

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
agent_stop
headend_stop

# The keys of a tunnel that has carried packets are in memory as long as it is there, whoever encrypts.
keys_in() { # PID: how many of the keys of ESP are in its memory
    memory_of "$1" >"$work/memory"
    python3 - "$work/memory" "$work/keys/esp_sa" <<'SEEK'
import re, sys
memory = open(sys.argv[1], "rb").read()
keys = {bytes.fromhex(k) for k in re.findall(r'"0x([0-9a-f]{32,})"', open(sys.argv[2]).read().lower())}
# without the salt, which stands apart from the key of AES-GCM
print(sum(k[:16] in memory for k in keys), "of", len(keys))
SEEK
}
sed '/^crypto ipsec ikev2 ipsec-proposal gcm/,/esp integrity/{s/encryption .*/encryption aes-256/;s/integrity .*/integrity sha-1/}' "$work/canary.cfg" >"$work/cbc.cfg"
for how in "auto canary 2" "openssl canary 2" "auto cbc 4" "openssl cbc 4"; do
    read -r crypto config n <<<"$how"
    rm -rf "$work/keys"
    agent_config crypto.policy=legacy "tunnel.crypto=$crypto"
    headend_start "$work/$config.cfg" --crypto "$crypto"
    agent_start --export-keys "$work/keys"
    expect 0 cli -s connect Anu-IKEV2 < <(answers Anu "$canary")
    pings
    in_ns "$client" ping -q -c 40 -i 0.002 -s 1000 172.16.1.10 >/dev/null # in batches
    wait_until 30 test -s "$work/keys/esp_sa" || fail "no keys are exported"
    for pid in $agent_pid $headend_pid; do
        found=$(keys_in "$pid")
        [[ $found == [1-9]*" of $n" ]] || fail "$how: $found keys of a tunnel that is up are seen"
    done
    expect 0 cli disconnect
    for pid in $agent_pid $headend_pid; do
        found=$(keys_in "$pid")
        [ "$found" = "0 of $n" ] || fail "$how: $found keys are left in memory"
    done
    agent_stop
    headend_stop
done
rm -f "$work/memory"
