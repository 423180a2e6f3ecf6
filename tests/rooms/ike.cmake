# The protocol: its parts, and two ends of it on a simulated network.
add_library(ac_sim STATIC support/sim.c support/sim_people.c support/sim_lie.c support/sim_config.c support/sim_plan.c
  support/sim_cross.c support/sim_place.c support/sim_cell.c)
target_link_libraries(ac_sim PUBLIC ac_strict ac_test_support ac_ike)

foreach(part keys authdata window natd fsm)
  ac_test(unit/test_ike_${part}.c LINK ac_ike LABELS unit)
endforeach()

foreach(scenario connect seed loss login end lies omit junk suites init trace window)
  ac_test(exchange/test_x_${scenario}.c LINK ac_sim LABELS exchange)
endforeach()
ac_test(unit/test_ike_listen.c LINK ac_sim LABELS unit)
ac_fuzz(fuzz_ike_sa LINK ac_sim)
