ac_test(unit/test_ac_error.c LINK ac_dbus LABELS unit)
