# agent/base and agent/crypto
foreach(noun addr selector secret reader writer usec log)
  ac_test(unit/test_${noun}.c LINK ac_base LABELS unit)
endforeach()
foreach(noun suite digest ct prf aead kex sig_alg sig_key sig)
  ac_test(unit/test_${noun}.c LINK ac_crypto LABELS unit)
endforeach()
