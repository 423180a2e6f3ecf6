#!/bin/bash
# run.sh - build and run every test. Root: many make network namespaces.
#   tests/run.sh            everything
#   tests/run.sh quick      without the end-to-end scenarios, the foreign peers and the soak
set -euo pipefail
cd "$(dirname "$0")/.."

now=start
step() { now=$1; printf '\n== %s (after %d s)\n' "$1" "$SECONDS"; }
stop() { echo "tests/run.sh: $*" >&2; exit 1; }
finish() {
    local code=$?
    [ ! -d build ] || chown -R --reference=. build || true # of a checkout that is not root's
    if [ "$code" = 0 ]; then
        printf '\n== all tests passed in %d s\n' "$SECONDS"
    else
        printf '\n== FAILED: %s (exit %d)\n' "$now" "$code"
    fi
}

[ "$(id -u)" = 0 ] || stop "root is needed for network namespaces (sudo tests/run.sh)"
[ $# = 0 ] || [ "$*" = quick ] || stop "$*: only \"quick\" can be said"
trap finish EXIT

step "packages"
tests/deps.sh all
# What a test would be skipped for; here nothing is skipped.
unshare --net true || stop "this machine does not let us make network namespaces"
[ -c /dev/net/tun ] || stop "/dev/net/tun is missing (modprobe tun; in a container: --device /dev/net/tun --cap-add NET_ADMIN)"

step "format"
find agent profiles tests tun ui-cli -name '*.[ch]' -print0 | xargs -0 clang-format --dry-run --Werror

step "release preset"
cmake --preset release -DAC_WERROR=ON >/dev/null
cmake --build --preset release
tests/impair.sh build/release 0
ctest --preset release -L heap --no-tests=error

step "without intel-ipsec-mb"
cmake --preset release -B build/alone -DAC_WERROR=ON -DAC_IPSEC_MB=OFF >/dev/null
alone=$(ctest --test-dir build/alone -N -R '^test_(aead|esp)' | sed -n 's/.*: \(test_[a-z_]*\)$/\1/p')
cmake --build build/alone --target $alone
ctest --test-dir build/alone -j "$(nproc)" --output-on-failure --no-tests=error -R '^test_(aead|esp)'

step "sanitizer preset, headers on their own"
cmake --preset asan >/dev/null
cmake --build --preset asan
cmake --build --preset asan --target all_verify_interface_header_sets

step "unit, exchange, fuzz corpora, namespaces: address and undefined behaviour sanitizers"
ctest --preset asan -j "$(nproc)" --no-tests=error | tee build/asan/ctest.log
if grep -q '[*]Skipped' build/asan/ctest.log; then stop "a test was skipped"; fi

if [ "${1:-}" != quick ]; then
    step "threads: thread sanitizer"
    tests/threads.sh

    step "end to end"
    tests/e2e/run.sh

    step "interop"
    tests/interop/run.sh

    step "the kernel's plane"
    tests/kernel/run.sh

    step "floors of the data plane"
    tests/bench/plane.sh --floors

    step "soak"
    tests/soak/run.sh
fi
