#!/bin/bash
# threads.sh - what has threads under the thread sanitizer: its unit tests, and both programs end to end.
set -euo pipefail
cd "$(dirname "$0")/.."
tests=(test_pump test_pump_threads test_inbox test_tun_port test_udp_train test_pump_starved test_esp_plane test_esp_batch test_path_mtu test_child_sas test_checker
       test_http test_revoke test_gateway_traffic)

cmake --preset tsan >/dev/null
cmake --build --preset tsan --target acclient acagentd acheadend "${tests[@]}" | tail -n 1
said=$(mktemp -d /tmp/acclient-tsan.XXXXXX)
chmod 1777 "$said"
trap 'rm -rf "$said"' EXIT
cp tests/support/tsan.supp "$said/" # a checkout may be root's alone
# GLib frees memory for another thread to use in lists of its own, unless it is told not to.
export G_SLICE=always-malloc TSAN_OPTIONS="suppressions=$said/tsan.supp log_path=$said/report"
whole() { # COMMAND...: in a memory that is laid out as gcc 12's sanitizer knows it
    if setarch "$(uname -m)" --addr-no-randomize "$@"; then return; fi
    cat "$said"/report* 2>/dev/null
    exit 1
}
whole ctest --preset tsan -j "$(nproc)" --no-tests=error -R "^($(IFS='|'; echo "${tests[*]}"))\$"
export AC_BIN=$PWD/build/tsan
whole tests/e2e/run.sh roam threads
# A program that goes on after a race passes its scenario.
if cat "$said"/report* 2>/dev/null; then echo "tests/threads.sh: races" >&2; exit 1; fi
