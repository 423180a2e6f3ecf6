# Logins of standard clients and site-to-site peers at the headend.
ac_test(unit/test_asa_peer.c LINK ac_headend LABELS unit)
ac_test(unit/test_x509_name.c LINK ac_crypto LABELS unit)
ac_test(unit/test_tries.c LINK ac_headend LABELS unit)
ac_test(unit/test_checker.c LINK ac_headend LABELS unit)
ac_test(unit/test_peers.c LINK ac_headend LABELS unit)
ac_test(unit/test_session_login.c LINK ac_gateway_world LABELS "unit;netns")
