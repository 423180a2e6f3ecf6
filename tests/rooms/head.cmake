ac_test(unit/test_asa_lex.c LINK ac_headend LABELS unit)
ac_test(unit/test_asa_config.c LINK ac_headend LABELS unit)
ac_test(unit/test_aaa.c LINK ac_headend LABELS unit)
ac_test(unit/test_pool.c LINK ac_headend LABELS unit)
ac_test(unit/test_cfg_reply.c LINK ac_headend LABELS unit)
ac_fuzz(fuzz_asa_config LINK ac_headend)
ac_test(unit/test_forms.c LINK ac_headend LABELS unit)
# A gateway with real sockets and its clients, in the test's own network namespace.
add_library(ac_gateway_world STATIC support/gateway_world.c support/gateway_client.c
            support/gateway_caller.c)
target_link_libraries(ac_gateway_world PUBLIC ac_strict ac_test_support ac_headend PkgConfig::CMOCKA)
ac_test(unit/test_gateway.c LINK ac_gateway_world LABELS unit)
ac_test(unit/test_gateway_traffic.c LINK ac_gateway_world LABELS unit)
ac_test(unit/test_show.c LINK ac_headend LABELS unit)
