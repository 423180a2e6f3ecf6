# What the data plane is measured with: tests/bench/plane.sh.
add_executable(pump_ref bench/pump_ref.c)
target_link_libraries(pump_ref PRIVATE ac_strict ac_link ac_tun)
add_executable(datagrams bench/datagrams.c bench/arrivals.c)
target_link_libraries(datagrams PRIVATE ac_strict ac_link)
