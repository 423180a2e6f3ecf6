/* test_ike_mobike.c - agent/ike/ike_mobike.c */
#include "agent/ike/ike_mobike.h"
#include "tests/support/hex.h"
#include "tests/support/test.h"

/* A message of Notify payloads inside SK: types and data. */
typedef struct Draft {
    uint16_t type;
    const char *data; /* hex */
} Draft;

static uint8_t room[4096];

static IkeMsg
message(const Draft *drafts, size_t n)
{
    Writer w = { .base = room, .cap = sizeof(room) };
    IkeMsg m = { 0 };

    for (size_t i = 0; i < n; i++) {
        Hex data = hex(drafts[i].data);
        size_t at = w.len;

        ike_notify_encode(&(IkeNotify){ .type = drafts[i].type, .data = { data.b, data.len } }, &w);
        m.p[m.n++] = (IkePayload){ .type = IKE_PAYLOAD_NOTIFY,
                                   .inner = true,
                                   .body = { room + at, w.len - at } };
    }
    return m;
}

static void
test_further_addresses_replace_the_list(void **state)
{
    static const Draft two[] = { { IKE_N_ADDITIONAL_IP4_ADDRESS, "0a000002" },
                                 { IKE_N_ADDITIONAL_IP6_ADDRESS,
                                   "20010db8000a00000000000000000001" } };
    static const Draft none[] = { { IKE_N_NO_ADDITIONAL_ADDRESSES, "" } };
    static const Draft other[] = { { IKE_N_COOKIE2, "0102030405060708" } };
    IkeMsg m = message(two, 2);
    char text[ADDR_TEXT_MAX];
    IkeAddrs list = { 0 };

    (void)state;
    assert_true(ike_mobike_addrs_decode(&m, &list));
    assert_int_equal(list.n, 2);
    assert_string_equal(addr_format(&list.v[0], text), "10.0.0.2");
    assert_string_equal(addr_format(&list.v[1], text), "2001:db8:a::1");
    m = message(other, 1);
    assert_false(ike_mobike_addrs_decode(&m, &list));
    assert_int_equal(list.n, 2);
    m = message(none, 1);
    assert_true(ike_mobike_addrs_decode(&m, &list));
    assert_int_equal(list.n, 0);
}

static void
test_addresses_that_are_none_are_skipped(void **state)
{
    static const Draft odd[] = {
        { IKE_N_ADDITIONAL_IP4_ADDRESS, "00000000" },
        { IKE_N_ADDITIONAL_IP4_ADDRESS, "e0000001" },
        { IKE_N_ADDITIONAL_IP4_ADDRESS, "0a0000" },
        { IKE_N_ADDITIONAL_IP4_ADDRESS, "0a00000102" },
        { IKE_N_ADDITIONAL_IP4_ADDRESS, "20010db8000a00000000000000000001" },
        { IKE_N_ADDITIONAL_IP6_ADDRESS, "0a000001" },
        { IKE_N_ADDITIONAL_IP6_ADDRESS, "ff020000000000000000000000000001" },
        { IKE_N_ADDITIONAL_IP4_ADDRESS, "0a000003" },
    };
    IkeMsg m = message(odd, G_N_ELEMENTS(odd));
    char text[ADDR_TEXT_MAX];
    IkeAddrs list = { 0 };

    (void)state;
    assert_true(ike_mobike_addrs_decode(&m, &list));
    assert_int_equal(list.n, 1);
    assert_string_equal(addr_format(&list.v[0], text), "10.0.0.3");
}

static void
test_the_list_is_bounded(void **state)
{
    Draft many[IKE_ADDRS_MAX + 3];
    IkeAddrs list = { 0 };
    IkeMsg m;

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(many); i++)
        many[i] = (Draft){ IKE_N_ADDITIONAL_IP4_ADDRESS, "0a000002" };
    m = message(many, G_N_ELEMENTS(many));
    assert_true(ike_mobike_addrs_decode(&m, &list));
    assert_int_equal(list.n, IKE_ADDRS_MAX);
}

static void
test_a_cookie_has_8_to_64_octets(void **state)
{
    Slice cookie;

    (void)state;
    for (size_t len = 0; len <= 80; len++) {
        g_autofree char *text = g_strnfill(2 * len, 'a');
        Draft one = { IKE_N_COOKIE2, text };
        IkeMsg m = message(&one, 1);

        assert_int_equal(ike_mobike_cookie2(&m, &cookie), len >= 8 && len <= 64);
        if (len >= 8 && len <= 64)
            assert_int_equal(cookie.len, len);
    }
}

static void
test_endpoints_without_nat_round_trip(void **state)
{
    static const char *const pairs[][2] = {
        { "192.168.1.1:25171", "10.0.0.1:4500" },
        { "[2001:db8:c::1]:500", "[2001:db8:a::1]:500" },
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(pairs); i++) {
        Writer w = { .base = room, .cap = sizeof(room) };
        Endpoint src, dst, src2, dst2;

        assert_true(endpoint_parse(pairs[i][0], &src) && endpoint_parse(pairs[i][1], &dst));
        ike_mobike_no_nats_encode(&src, &dst, &w);
        assert_int_equal(w.len, 2 * addr_len(&src.addr) + 4);
        assert_true(ike_mobike_no_nats_decode(writer_view(&w), &src2, &dst2));
        assert_true(endpoint_equal(&src, &src2) && endpoint_equal(&dst, &dst2));
        for (size_t len = 0; len < w.len; len++)
            assert_false(ike_mobike_no_nats_decode((Slice){ room, len }, &src2, &dst2) &&
                         len != 12);
        room[w.len] = 0;
        assert_false(ike_mobike_no_nats_decode((Slice){ room, w.len + 1 }, &src2, &dst2));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_further_addresses_replace_the_list),
        cmocka_unit_test(test_addresses_that_are_none_are_skipped),
        cmocka_unit_test(test_the_list_is_bounded),
        cmocka_unit_test(test_a_cookie_has_8_to_64_octets),
        cmocka_unit_test(test_endpoints_without_nat_round_trip),
    };

    return cmocka_run_group_tests_name("ike_mobike", tests, NULL, NULL);
}
