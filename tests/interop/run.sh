#!/bin/bash
# run.sh [NAME...] - scenarios with peers that this project did not write, all or those; one line each, as tests/e2e/run.sh.
here=$(cd "$(dirname "$0")" && pwd)
AC_SCENARIOS=$here exec "$here/../e2e/run.sh" "$@"
