. "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
. "$top/tests/interop/capture.sh"
