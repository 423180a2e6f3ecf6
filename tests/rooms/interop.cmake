# Keys for a third reader of our captures.
ac_test(unit/test_ike_keyrow.c LINK ac_ike LABELS unit)
ac_test(unit/test_key_file.c LINK ac_link LABELS unit)
ac_test(exchange/test_x_keys.c LINK ac_sim LABELS exchange)
