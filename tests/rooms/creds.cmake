# how the client logs in: acclient.conf per host, identities, secrets, certificates and keys
ac_test(unit/test_key_pem.c LINK ac_crypto LABELS unit)
ac_test(unit/test_sig_signer.c LINK ac_crypto LABELS unit)
foreach(noun caller cert_match credential host_settings inner_nets login_id login_way login secret_file session_unlock)
  ac_test(unit/test_${noun}.c LINK ac_daemon LABELS unit)
endforeach()
