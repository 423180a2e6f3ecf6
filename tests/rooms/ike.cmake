# The protocol: its parts, and two ends of it on a simulated network.
add_library(ac_sim STATIC support/sim.c support/sim_people.c support/sim_lie.c)
target_link_libraries(ac_sim PUBLIC ac_strict ac_test_support ac_ike)

foreach(part keys authdata window natd fsm)
  ac_test(unit/test_ike_${part}.c LINK ac_ike LABELS unit)
endforeach()

ac_test(exchange/test_x_connect.c LINK ac_sim LABELS exchange)
ac_test(exchange/test_x_seed.c LINK ac_sim LABELS exchange)
