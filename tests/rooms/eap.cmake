foreach(stem mschap pkcs7)
  ac_test(unit/test_${stem}.c LINK ac_crypto LABELS unit)
endforeach()
foreach(stem ac_scan ac_bounds ac_doc ac_form ac_xml ac_xml_write ac_xml_mask ac_dialogue eap_packet
        eap_anyconnect eap_methods eap_tls eap_tls_join eap_ac_cert eap_peer eap_server eap_login)
  ac_test(unit/test_${stem}.c LINK ac_eap LABELS unit)
endforeach()
foreach(name fuzz_eap_packet fuzz_ac_xml fuzz_ac_dialogue_client fuzz_ac_dialogue_server
        fuzz_eap_mschapv2 fuzz_eap_plain fuzz_eap_tls_join)
  ac_fuzz(${name} LINK ac_eap)
endforeach()
ac_test(exchange/test_x_eap.c LINK ac_sim LABELS exchange)
