#!/bin/bash
# install.sh BUILD - what "cmake --install" puts where, component by component, and that it is in order.
set -euo pipefail
build=$1
to=$(mktemp -d)
trap 'rm -rf "$to"' EXIT

check() { # COMPONENT FILE...
    local component=$1; shift
    cmake --install "$build" --component "$component" --prefix "$to/$component" >/dev/null
    diff <(printf '%s\n' "$@") <(cd "$to/$component" && find . -type f -printf '%P\n' | LC_ALL=C sort)
}
check client bin/acclient sbin/acagentd share/bash-completion/completions/acclient share/man/man1/acclient.1
check headend sbin/acheadend

"$to/client/bin/acclient" version
"$to/client/sbin/acagentd" --version
"$to/headend/sbin/acheadend" --version
bash -n "$to/client/share/bash-completion/completions/acclient"
complaints=$(LC_ALL=C.UTF-8 MANWIDTH=80 man --warnings --local-file "$to/client/share/man/man1/acclient.1" 2>&1 >/dev/null)
[ -z "$complaints" ] || { echo "acclient.1: $complaints"; exit 1; }
