/* test_session_again.c - agent/headend/gateway.c: clients that are no AnyConnect and sites come
 * again, and say that they have no other session (RFC 7296 §2.4); on real sockets in a network
 * namespace of the test's own */

#include "tests/support/gateway_caller.h"

static size_t
n_leased(const GatewayWorld *w)
{
    return pool_leased(gateway_pool(w->gateway, asa_config_pool(w->config, "standard", ADDR_V4)));
}

static Caller *
comes(const char *from, const IkePlan *plan, const char *near, const char *far)
{
    Caller *c = caller_new(from, plan, near, far);

    caller_decide(c);
    assert_true(c->up);
    return c;
}

/* Turn the main loop until it has been told that it is over. */
static void
is_told(Caller *c)
{
    c->up = false;
    caller_decide(c);
    assert_true(c->closed);
}

static void
test_the_older_session_of_the_same_identity_goes_and_no_other(void **state)
{
    GatewayWorld *w = *state;
    IkePlan one = caller_shared_plan("one", "everybody-knows-it"),
            two = caller_shared_plan("two", "everybody-knows-it");
    g_autoptr(Caller) first = NULL;
    g_autoptr(Caller) other = NULL;
    g_autoptr(Caller) again = NULL;

    caller_open_world(w, "tunnel-group-map default-group shared\n");
    first = comes("192.168.1.1", &one, NULL, NULL);
    other = comes("192.168.1.2", &two, NULL, NULL);
    again = comes("192.168.1.3", &one, NULL, NULL);
    assert_int_equal(n_leased(w), 2);
    assert_true(addr_equal(&again->reply.ip4, &first->reply.ip4));
    is_told(first);
    assert_false(other->closed);
}

static void
test_who_goes_by_the_name_of_a_group_ends_nobody(void **state)
{
    GatewayWorld *w = *state;
    IkePlan plan = caller_shared_plan("shared", "everybody-knows-it");
    g_autoptr(Caller) first = NULL;
    g_autoptr(Caller) second = NULL;

    caller_open_world(w, "");
    first = comes("192.168.1.1", &plan, NULL, NULL);
    second = comes("192.168.1.2", &plan, NULL, NULL);
    assert_int_equal(n_leased(w), 2);
}

static void
test_a_person_may_have_two_devices_of_one_name(void **state)
{
    static const EapMethod *const mschapv2[] = { &eap_mschapv2, NULL };
    GatewayWorld *w = *state;
    IkePlan plan = caller_eap_plan("alice", mschapv2);
    g_autoptr(Caller) first = NULL;
    g_autoptr(Caller) second = NULL;

    caller_open_world(w, "");
    first = caller_log_in("192.168.1.1", &plan, "alice", "correct-horse");
    second = caller_log_in("192.168.1.2", &plan, "alice", "correct-horse");
    assert_true(first->up && second->up);
    assert_int_equal(n_leased(w), 2);
}

static void
test_a_site_has_one_session(void **state)
{
    static const uint8_t address[] = { 192, 0, 2, 1 };
    GatewayWorld *w = *state;
    IkePlan plan = { .ours = IKE_WAY_PSK,
                     .theirs = IKE_WAY_PSK,
                     .id = { IKE_ID_IPV4_ADDR, { address, sizeof(address) } },
                     .psk_ours = slice_of("their-key"),
                     .psk_theirs = slice_of("our-key") };
    g_autoptr(Caller) first = NULL;
    g_autoptr(Caller) again = NULL;

    caller_open_world(w, "");
    first = comes("192.0.2.1", &plan, "10.20.0.0/14", "0.0.0.0/0");
    again = comes("192.168.1.1", &plan, "10.20.0.0/14", "0.0.0.0/0");
    is_told(first);
    assert_false(again->closed);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        GATEWAY_WORLD_TEST(test_the_older_session_of_the_same_identity_goes_and_no_other),
        GATEWAY_WORLD_TEST(test_who_goes_by_the_name_of_a_group_ends_nobody),
        GATEWAY_WORLD_TEST(test_a_person_may_have_two_devices_of_one_name),
        GATEWAY_WORLD_TEST(test_a_site_has_one_session),
    };

    caller_net();
    return cmocka_run_group_tests_name("session_again", tests, caller_world_make,
                                       caller_world_free);
}
