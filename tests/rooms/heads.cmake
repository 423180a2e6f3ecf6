# Logins of standard clients and site-to-site peers at the headend.
ac_test(unit/test_asa_peer.c LINK ac_headend LABELS unit)
