# What an SA takes of the heap, to the octet: no allocator between, and nothing freed that libc keeps at hand.
# Label heap: with libc's heap, too, not a sanitizer's alone.
ac_test(exchange/test_x_memory.c LINK ac_sim LABELS "exchange;heap")
ac_test(unit/test_esp_memory.c LINK ac_esp LABELS "unit;heap")
if(NOT AC_SANITIZE)
  ac_test(unit/test_forget.c LABELS "unit;heap")
  target_sources(test_forget PRIVATE ${PROJECT_SOURCE_DIR}/agent/base/forget.c)
endif()
ac_test(unit/test_resident.c LINK ac_link LABELS unit)
set_tests_properties(test_x_memory test_esp_memory PROPERTIES ENVIRONMENT
  "G_SLICE=always-malloc;GLIBC_TUNABLES=glibc.malloc.tcache_count=0")
# What an answer of the gateway's door costs: tests/bench/run.sh.
add_executable(bench_ike bench/bench_ike.c)
target_link_libraries(bench_ike PRIVATE ac_strict ac_link)
