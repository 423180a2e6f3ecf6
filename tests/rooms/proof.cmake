# What agent/docs/RELIABILITY.md names and no room of its own has; and the check of that page.
ac_test(exchange/test_x_failing.c LINK ac_sim LABELS exchange)
foreach(call EVP_MAC_init EVP_MAC_update EVP_MAC_final EVP_DigestInit_ex2 EVP_DigestUpdate EVP_DigestFinal_ex
    EVP_DigestSign EVP_DigestVerify EVP_PKEY_derive_init EVP_PKEY_derive EVP_CipherInit_ex2 EVP_CipherUpdate
    EVP_CipherFinal_ex)
  target_link_options(test_x_failing PRIVATE -Wl,--wrap=${call})
endforeach()
ac_test(exchange/test_x_rows.c LINK ac_sim LABELS exchange)
ac_test(exchange/test_x_states.c LINK ac_sim LABELS exchange)
ac_test(unit/test_aaa_failing.c LINK ac_headend LABELS unit)
target_link_options(test_aaa_failing PRIVATE -Wl,--wrap=digest)
add_test(NAME reliability COMMAND ${CMAKE_COMMAND} -E env python3 ${CMAKE_CURRENT_SOURCE_DIR}/reliability.py ${PROJECT_SOURCE_DIR})
set_tests_properties(reliability PROPERTIES LABELS unit)
