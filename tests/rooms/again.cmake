# Clients and sites that come again.
ac_test(unit/test_session_again.c LINK ac_gateway_world LABELS "unit;netns")
