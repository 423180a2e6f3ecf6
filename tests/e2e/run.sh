#!/bin/bash
# run.sh - the end-to-end scenarios, one line each. Names as arguments run only those. AC_BIN: folder of the programs.
set -uo pipefail
cd "$(dirname "$0")"
failed=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT
scenarios=("$@")
[ $# -gt 0 ] || scenarios=(scenarios/*.sh)
for s in "${scenarios[@]}"; do
    name=$(basename "$s" .sh)
    what=$(sed -n '2s/^# //p' "scenarios/$name.sh")
    if timeout 180 bash -euo pipefail "scenarios/$name.sh" >"$log" 2>&1; then
        printf 'ok    %-26s %s\n' "$name" "$what"
    else
        printf 'FAIL  %-26s %s\n' "$name" "$what"
        sed 's/^/      | /' "$log"
        failed=$((failed + 1))
    fi
done
printf '%d scenarios, %d failed\n' "${#scenarios[@]}" "$failed"
[ "$failed" = 0 ]
