# Fragments of IKE messages, both forms.
foreach(name frag skf cfrag)
  ac_test(unit/test_ike_${name}.c LINK ac_ike LABELS unit)
endforeach()
ac_test(exchange/test_x_frag.c LINK ac_sim LABELS exchange)
ac_fuzz(fuzz_ike_frag LINK ac_ike)
ac_fuzz(fuzz_ike_cfrag LINK ac_ike)
