#!/bin/bash
# run.sh [NAME [SECONDS]] - the soak: one line each, as tests/e2e/run.sh. Damaged datagrams, a million at each end; full-rate:
# good ones as fast as they go for SECONDS (60; the long one: tests/soak/run.sh full-rate 600), whose figures are shown;
# renewals: new keys and logins anew at random moments for SECONDS (60).
# AC_SOAK_COUNT: as many instead of a million. AC_SOAK_SEED: what they are drawn from.
here=$(cd "$(dirname "$0")" && pwd)
if [ $# = 2 ]; then AC_SOAK_SECONDS=$2 exec bash -euo pipefail "$here/scenarios/$1.sh"; fi
AC_SCENARIOS=$here exec "$here/../e2e/run.sh" "$@"
