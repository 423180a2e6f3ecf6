# Packets for the inner address that do not come out of the tunnel.
ac_test(unit/test_guard.c LINK ac_tun LABELS "unit;netns")
