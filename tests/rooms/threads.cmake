# How many threads move packets; what they share is tested by what they do (tests/threads.sh).
ac_test(unit/test_thread_choice.c LINK ac_link LABELS unit)
ac_test(unit/test_pump_threads.c LINK ac_link ac_tun LABELS unit)
