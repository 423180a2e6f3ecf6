#!/bin/bash
# run.sh [NAME...] - the end-to-end scenarios, all or those, as many at a time as there are processors; one line each.
# AC_BIN: folder of the programs, build/release if not said. AC_SCENARIOS: where the scenarios are, here if not said.
set -uo pipefail
cd "${AC_SCENARIOS:-$(dirname "$0")}"
if [ $# -eq 0 ]; then
    set -- scenarios/*.sh
    set -- "${@##*/}"
    set -- "${@%.sh}"
fi
logs=$(mktemp -d)
declare -A running=() since=() # number of the process to name, and when it began
passed=0 failed=()
trap 'rm -rf "$logs"' EXIT
# Each scenario is in a process group of its own, which a Ctrl-C does not reach.
trap 'kill "${!running[@]}" 2>/dev/null; wait; exit 130' INT TERM HUP

# The limit is for what hangs: it is several times what the longest takes.
start() {
    timeout --kill-after=30 400 bash -euo pipefail "scenarios/$1.sh" </dev/null >"$logs/$1" 2>&1 &
    running[$!]=$1 since[$!]=$SECONDS
}
# Those that mostly wait say so; they are no load.
waits() { grep -qx '# waits' "scenarios/$1.sh"; }
busy() {
    local n=0 name
    for name in "${running[@]}"; do waits "$name" || n=$((n + 1)); done
    echo "$n"
}
finish() {
    local pid name word=FAIL
    wait -n -p pid && word=PASS
    name=${running[$pid]}
    printf '%-5s %-26s %3d s  %s\n' "$word" "$name" $((SECONDS - since[$pid])) "$(sed -n '2s/^# //p' "scenarios/$name.sh")"
    unset "running[$pid]" "since[$pid]"
    if [ "$word" = PASS ]; then
        passed=$((passed + 1))
    else
        sed 's/^/      | /' "$logs/$name"
        failed+=("$name")
    fi
}

for name in "$@"; do ! waits "$name" || start "$name"; done
for name in "$@"; do
    waits "$name" && continue
    while [ "$(busy)" -ge "$(nproc)" ]; do finish; done
    start "$name"
done
while [ ${#running[@]} -gt 0 ]; do finish; done
printf '%d scenarios, %d failed%s\n' $# ${#failed[@]} "${failed[*]:+: ${failed[*]}}"
[ "$passed" = $# ]
