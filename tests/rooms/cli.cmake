ac_test(unit/test_ac_error.c LINK ac_dbus LABELS unit)

ac_test(unit/test_cli_connect.c LINK ac_dbus util LABELS unit)
target_sources(test_cli_connect PRIVATE support/mock_agent.c)
target_compile_definitions(test_cli_connect PRIVATE AC_CLIENT="$<TARGET_FILE:acclient>")
add_dependencies(test_cli_connect acclient)
