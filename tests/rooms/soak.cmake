# A million damaged datagrams: tests/soak/run.sh.
add_executable(storm soak/storm.c soak/mutate.c)
target_link_libraries(storm PRIVATE ac_strict ac_ike)
# And in memory; here a few of them, with the sanitizers' eyes.
add_executable(soak_core soak/soak_core.c soak/mutate.c)
target_link_libraries(soak_core PRIVATE ac_strict ac_sim)
add_test(NAME soak_core COMMAND soak_core 5000)
set_tests_properties(soak_core PROPERTIES LABELS exchange TIMEOUT 300)
# Many clients: tests/soak/scenarios/failed-logins.sh, tests/bench/run.sh.
add_executable(crowd bench/crowd.c)
target_link_libraries(crowd PRIVATE ac_strict ac_link)
