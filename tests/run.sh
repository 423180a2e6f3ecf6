#!/bin/bash
# run.sh - build and run every test. Root: some tests make network namespaces.
#   tests/run.sh            everything
#   tests/run.sh quick      without the end-to-end scenarios
set -euo pipefail
cd "$(dirname "$0")/.."
[ "$(id -u)" = 0 ] || { echo "tests/run.sh: root is needed for network namespaces (sudo tests/run.sh)" >&2; exit 1; }

step() { printf '\n== %s\n' "$*"; }

step "packages"
tests/deps.sh all

step "format"
git ls-files '*.c' '*.h' | xargs clang-format --dry-run --Werror

step "release preset"
cmake --preset release >/dev/null
cmake --build --preset release

step "sanitizer preset, headers on their own"
cmake --preset asan >/dev/null
cmake --build --preset asan
cmake --build --preset asan --target all_verify_interface_header_sets

step "unit, exchange, fuzz corpora, namespaces (address and undefined behaviour sanitizers)"
ctest --preset asan -j "$(nproc)" --no-tests=error

if [ "${1:-}" != quick ]; then
    step "end to end"
    tests/e2e/run.sh
fi
step "all tests passed"
