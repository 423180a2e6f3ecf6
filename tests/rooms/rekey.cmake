# CREATE_CHILD_SA and what ends a child SA or an IKE SA: rekeying, Delete, collisions.
ac_test(unit/test_ike_children.c LINK ac_ike LABELS unit)
ac_test(exchange/test_x_delete.c LINK ac_sim LABELS exchange)
foreach(scenario rekey rekey_ike collide refuse cross_child cross_ike)
  ac_test(exchange/test_x_${scenario}.c LINK ac_sim LABELS exchange)
endforeach()
ac_test(unit/test_ike_life.c LINK ac_ike LABELS unit)
ac_test(unit/test_ike_job.c LINK ac_sim LABELS unit)
