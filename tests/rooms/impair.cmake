# An end that breaks the protocol on demand, and the other one.
if(AC_IMPAIR)
  target_sources(ac_sim PRIVATE support/sim_impair.c)
  ac_test(exchange/test_x_impair.c LINK ac_sim LABELS exchange)
endif()
add_test(NAME impair COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/impair.sh ${PROJECT_BINARY_DIR} $<BOOL:${AC_IMPAIR}>)
set_tests_properties(impair PROPERTIES LABELS unit)
