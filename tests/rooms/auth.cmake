# The ways to log in, and who proves what.
foreach(scenario ways proofs ppk signatures)
  ac_test(exchange/test_x_${scenario}.c LINK ac_sim LABELS exchange)
endforeach()
ac_test(unit/test_ike_plan.c LINK ac_ike LABELS unit)
ac_test(unit/test_ike_identity.c LINK ac_ike LABELS unit)
ac_test(unit/test_ike_ppk.c LINK ac_ike LABELS unit)
ac_test(unit/test_x509_id.c LINK ac_crypto LABELS unit)
ac_fuzz(fuzz_ike_ppk LINK ac_ike)
