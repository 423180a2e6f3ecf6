foreach(name const header payload msg rules id ke cert notify delete ts vendor sk proposal
        offer choose cp cp_reply trace)
  ac_test(unit/test_ike_${name}.c LINK ac_ike LABELS unit)
endforeach()
ac_test(unit/test_dn.c LINK ac_crypto LABELS unit)
ac_fuzz(fuzz_ike_notify LINK ac_ike)
foreach(name msg inner proposal ts cp delete id)
  ac_fuzz(fuzz_ike_${name} LINK ac_ike)
endforeach()
