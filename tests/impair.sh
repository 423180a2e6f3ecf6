#!/bin/bash
# impair.sh BUILD 0|1 - programs that can lie, and nothing of it in those that must not
set -euo pipefail
build=$1 lies=$2
export LC_ALL=C

fail() { echo "impair.sh: $*" >&2; exit 1; }
for program in acheadend acagentd; do
    said=$("$build/$program" --impair nonsense --config /nonexistent 2>&1) && fail "$program took nonsense"
    if [ "$lies" = 1 ]; then
        [[ $said == *"nonsense is no lie"*drop*duplicate* ]] || fail "$program: $said"
        continue
    fi
    [[ $said == *"Unknown option --impair"* ]] || fail "$program: $said"
    ! "$build/$program" --help-all | grep -q impair || fail "$program tells of it"
    ! grep -qa 'is no lie' "$build/$program" || fail "$program has it in it"
done
