# A million damaged datagrams: tests/soak/run.sh.
add_executable(storm soak/storm.c soak/mutate.c)
target_link_libraries(storm PRIVATE ac_strict ac_ike)
# And in memory; here a few of them, with the sanitizers' eyes.
add_executable(soak_core soak/soak_core.c soak/mutate.c)
target_link_libraries(soak_core PRIVATE ac_strict ac_sim)
add_test(NAME soak_core COMMAND soak_core 5000)
set_tests_properties(soak_core PROPERTIES LABELS "exchange;heap" TIMEOUT 300 ENVIRONMENT
  "G_SLICE=always-malloc;GLIBC_TUNABLES=glibc.malloc.tcache_count=0") # as in memory.cmake
# Many clients: tests/soak/scenarios/failed-logins.sh, tests/bench/run.sh.
add_executable(crowd bench/crowd.c bench/carry.c bench/arrivals.c)
target_link_libraries(crowd PRIVATE ac_strict ac_link)
# The same clients with a key exchange that costs them nothing: tests/bench/plane.sh.
add_executable(crowd_light bench/crowd.c bench/carry.c bench/arrivals.c bench/kex_one.c)
target_link_libraries(crowd_light PRIVATE ac_strict ac_link)
# And good ones, as many as it takes, over a bad link.
add_executable(full_rate soak/full_rate.c soak/relay.c bench/arrivals.c)
target_link_libraries(full_rate PRIVATE ac_strict ac_link)
