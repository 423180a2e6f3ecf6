# Site mode: a router's configuration, what it shows, and two routers.
ac_test(unit/test_ios_config.c LINK ac_headend LABELS unit)
ac_test(unit/test_ios_show.c LINK ac_headend LABELS unit)
ac_test(unit/test_hold.c LINK ac_link LABELS unit)
ac_test(exchange/test_x_site.c LINK ac_sim ac_headend LABELS exchange)
ac_fuzz(fuzz_ios_config LINK ac_headend)
