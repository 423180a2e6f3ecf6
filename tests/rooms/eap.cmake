foreach(stem ac_scan ac_bounds ac_doc ac_form ac_xml ac_xml_write ac_xml_mask ac_dialogue eap_packet
        eap_anyconnect eap_peer eap_server eap_login)
  ac_test(unit/test_${stem}.c LINK ac_eap LABELS unit)
endforeach()
foreach(name fuzz_eap_packet fuzz_ac_xml fuzz_ac_dialogue_client fuzz_ac_dialogue_server)
  ac_fuzz(${name} LINK ac_eap)
endforeach()
