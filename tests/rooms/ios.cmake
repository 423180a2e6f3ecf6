# Site mode: a router's configuration, and two routers.
ac_test(unit/test_ios_config.c LINK ac_headend LABELS unit)
ac_fuzz(fuzz_ios_config LINK ac_headend)
