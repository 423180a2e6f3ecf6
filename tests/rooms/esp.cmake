ac_test(unit/test_esp_replay.c LINK ac_esp LABELS unit)
ac_test(unit/test_esp_inner.c LINK ac_esp LABELS unit)
ac_test(unit/test_esp_sa.c LINK ac_esp LABELS unit)
ac_test(unit/test_esp_plane.c LINK ac_esp LABELS unit)
ac_fuzz(fuzz_esp LINK ac_esp)
ac_fuzz(fuzz_esp_tun LINK ac_esp)

add_executable(bench_esp bench/bench_esp.c)
target_link_libraries(bench_esp PRIVATE ac_strict ac_test_support ac_esp)

ac_test(unit/test_sock_addr.c LINK ac_link LABELS unit)
ac_test(unit/test_inbox.c LINK ac_link LABELS unit)
ac_test(unit/test_ike_driver.c LINK ac_link LABELS unit)
ac_test(unit/test_udp_sock.c LINK ac_link LABELS unit)
