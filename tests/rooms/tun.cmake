ac_test(unit/test_route_plan.c LINK ac_tun LABELS unit)
ac_test(unit/test_journal.c LINK ac_tun LABELS unit)
ac_test(unit/test_net_config.c LINK ac_tun LABELS "unit;netns")
