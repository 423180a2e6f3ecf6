#!/bin/bash
# the plane alone: every suite in both families, its window, moves, long sequence numbers, two pairs, the outer header, what it refuses
"$AC_BIN/tests/test_xfrm_plane"
