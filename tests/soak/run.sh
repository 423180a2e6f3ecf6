#!/bin/bash
# run.sh [NAME...] - the soak: a million damaged datagrams at each end; one line each, as tests/e2e/run.sh.
# AC_SOAK_COUNT: as many instead. AC_SOAK_SEED: what they are drawn from.
here=$(cd "$(dirname "$0")" && pwd)
AC_SCENARIOS=$here exec "$here/../e2e/run.sh" "$@"
