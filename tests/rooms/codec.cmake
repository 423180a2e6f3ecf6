ac_test(unit/test_ike_notify.c LINK ac_ike LABELS unit)
ac_fuzz(fuzz_ike_notify LINK ac_ike)
