# The start of an IKE SA under pressure: cookies, limits, redirection.
foreach(name glance cookie)
  ac_test(unit/test_ike_${name}.c LINK ac_ike LABELS unit)
endforeach()
ac_test(exchange/test_x_cookie.c LINK ac_sim LABELS exchange)
ac_fuzz(fuzz_ike_glance LINK ac_ike)
