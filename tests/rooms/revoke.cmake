# Revoked certificates: who is asked, and what is kept of the answers.
ac_test(unit/test_revoke.c LINK ac_link LABELS unit)
ac_test(unit/test_revoke_cache.c LINK ac_link LABELS unit)
ac_test(unit/test_asa_ca.c LINK ac_headend LABELS unit)
ac_test(unit/test_session_cert.c LINK ac_gateway_world LABELS "unit;netns")
ac_test(unit/test_asa_mask.c LINK ac_headend LABELS unit)
ac_test(unit/test_small_file.c LINK ac_headend LABELS unit)
