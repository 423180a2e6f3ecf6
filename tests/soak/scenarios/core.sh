#!/bin/bash
# damaged messages at both ends in memory, under their keys too, in the login and after it: not an octet is lost for each
. "$(dirname "$0")/../lib.sh"
# What malloc holds ready for a thread counts as used: none of it.
GLIBC_TUNABLES=glibc.malloc.tcache_count=0 "$bin/tests/soak_core" $((count / 10)) "$seed"
