# A million damaged datagrams: tests/soak/run.sh.
add_executable(storm soak/storm.c soak/mutate.c)
target_link_libraries(storm PRIVATE ac_strict ac_ike)
