#!/bin/bash
# inside.sh - in the machine of run.sh: what the kernel's plane must do, one line each.
set -euo pipefail
export PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C
export AC_BIN=$1; shift
export patience=120 # seconds, of a machine without a processor of its own; less than it may take in all
here=$(dirname "${BASH_SOURCE[0]}")

end() {
    trap - EXIT
    sync
    exec /run/kernel/busybox poweroff -f
}
trap end EXIT
mount -t tmpfs lib /var/lib
ip link set lo up
passed=true
printf '\nkernel: it is up\n'
for name in "$@"; do
    began=$SECONDS
    if bash -euo pipefail "$here/$name.sh" >/run/kernel/log 2>&1; then
        echo "PASS kernel-$name $((SECONDS - began)) s $(sed -n '2s/^# //p' "$here/$name.sh")"
    else
        echo "FAIL kernel-$name $((SECONDS - began)) s"
        sed 's/^/    | /' /run/kernel/log
        passed=false
    fi
done
! $passed || echo 'kernel: all passed'
