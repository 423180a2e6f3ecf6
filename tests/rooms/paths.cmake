# Where the two ends are, and how one follows the other.
ac_test(unit/test_ike_mobike.c LINK ac_ike LABELS unit)
ac_test(exchange/test_x_mobike.c LINK ac_sim LABELS exchange)
ac_fuzz(fuzz_ike_mobike LINK ac_ike)
ac_test(unit/test_netwatch.c LINK ac_tun LABELS "unit;netns")
