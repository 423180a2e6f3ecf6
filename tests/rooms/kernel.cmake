# The kernel's plane, as far as it needs no kernel: the rest is tests/kernel/run.sh.
ac_test(unit/test_xfrm_msg.c LINK ac_tun LABELS unit)
ac_test(unit/test_xfrm_terms.c LINK ac_link ac_tun LABELS unit)
ac_test(unit/test_xfrm_counts.c LINK ac_link LABELS unit)
ac_fuzz(fuzz_xfrm_msg LINK ac_link ac_tun)
# It is run where there is such a kernel: by tests/kernel/plane.sh.
add_executable(test_xfrm_plane kernel/test_xfrm_plane.c)
target_link_libraries(test_xfrm_plane PRIVATE ac_strict ac_test_support ac_link ac_tun PkgConfig::CMOCKA)
