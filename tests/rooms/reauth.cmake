# A login that is made anew while the one before stands, at both ends.
ac_test(unit/test_gateway_reauth.c LINK ac_headend LABELS unit)
ac_test(exchange/test_x_reauth.c LINK ac_sim LABELS exchange)
