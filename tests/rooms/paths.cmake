# Where the two ends are, and how one follows the other.
ac_test(unit/test_ike_mobike.c LINK ac_ike LABELS unit)
ac_test(exchange/test_x_mobike.c LINK ac_sim LABELS exchange)
ac_test(exchange/test_x_stray.c LINK ac_sim LABELS exchange)
ac_fuzz(fuzz_ike_mobike LINK ac_ike)
ac_test(unit/test_netwatch.c LINK ac_tun LABELS "unit;netns")
ac_test(unit/test_esp_toobig.c LINK ac_esp LABELS unit)
ac_fuzz(fuzz_esp_toobig LINK ac_esp)
ac_test(unit/test_path_mtu.c LINK ac_link LABELS "unit;netns")
