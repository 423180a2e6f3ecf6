# what ESP does to inner packets
ac_test(unit/test_esp_ecn.c LINK ac_esp LABELS unit)
ac_test(unit/test_esp_esn.c LINK ac_esp LABELS unit)
ac_test(unit/test_esp_mss.c LINK ac_esp LABELS unit)
ac_fuzz(fuzz_esp_mss LINK ac_esp)
