/* test_ike_glance.c - agent/ike/ike_glance.c */
#include "agent/ike/ike_glance.h"
#include "agent/ike/ike_payload.h"
#include "tests/support/wire.h"

typedef struct Draft {
    uint8_t buf[1024];
    Writer w;
    IkeChain c;
    IkeHeader h;
} Draft;

static void
begin(Draft *d)
{
    d->w = (Writer){ .base = d->buf, .cap = sizeof(d->buf) };
    d->h = (IkeHeader){ .spi_i = 7,
                        .version = IKE_VERSION,
                        .exchange = IKE_EXCHANGE_IKE_SA_INIT,
                        .flags = IKE_FLAG_INITIATOR };
    ike_header_encode(&d->h, &d->w);
    d->c = ike_chain_begin(&d->w, 0);
}

static bool
glance(Draft *d, IkeGlance *g)
{
    Reader in;

    ike_header_finish(&d->w, 0);
    in = reader_init(writer_view(&d->w));
    assert_int_equal(ike_header_decode(&in, &d->h), IKE_OK);
    return ike_glance(writer_view(&d->w), &d->h, g);
}

static const uint8_t octets[300] = { 1, 2, 3 };
#define NONCE(n) ((Slice){ octets, n })

static void
add_notify(Draft *d, const char *text)
{
    Hex h = hex(text);

    ike_chain_add(&d->c, IKE_PAYLOAD_NOTIFY, (Slice){ h.b, h.len });
}

static void
test_cookie_nonce_and_redirect_are_seen(void **state)
{
    Draft d;
    IkeGlance g;

    (void)state;
    begin(&d);
    add_notify(&d, "00004006 a1a2a3");
    ike_chain_add(&d.c, IKE_PAYLOAD_NONCE, NONCE(20));
    add_notify(&d, "00004016");
    assert_true(glance(&d, &g));
    assert_int_equal(g.spi_i, 7);
    assert_int_equal(g.nonce.len, 20);
    assert_int_equal(g.cookie.len, 3);
    assert_int_equal(g.cookie.p[0], 0xa1);
    assert_true(g.redirectable);
}

/* RFC 7296 §2.6: "the COOKIE notification ... as the first payload". */
static void
test_a_cookie_further_back_is_none(void **state)
{
    Draft d;
    IkeGlance g;

    (void)state;
    begin(&d);
    ike_chain_add(&d.c, IKE_PAYLOAD_NONCE, NONCE(20));
    add_notify(&d, "00004006 a1a2a3");
    assert_true(glance(&d, &g));
    assert_int_equal(g.cookie.len, 0);
    assert_false(g.redirectable);
}

static void
test_a_request_needs_one_good_nonce(void **state)
{
    static const size_t bad[] = { 0, 1, 15, 257, 300 };
    IkeGlance g;
    Draft d;

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        begin(&d);
        ike_chain_add(&d.c, IKE_PAYLOAD_NONCE, NONCE(bad[i]));
        assert_false(glance(&d, &g));
    }
    begin(&d);
    add_notify(&d, "00004016");
    assert_false(glance(&d, &g));
    begin(&d);
    ike_chain_add(&d.c, IKE_PAYLOAD_NONCE, NONCE(16));
    ike_chain_add(&d.c, IKE_PAYLOAD_NONCE, NONCE(16));
    assert_false(glance(&d, &g));
}

static void
test_broken_chains_are_refused(void **state)
{
    IkeGlance g;
    Draft d;

    (void)state;
    begin(&d);
    ike_chain_add(&d.c, IKE_PAYLOAD_NONCE, NONCE(20));
    add_notify(&d, "00004006 a1a2a3");
    assert_true(glance(&d, &g));
    for (size_t cut = IKE_HEADER_LEN; cut < d.w.len; cut++) {
        g_autofree void *owner = NULL;
        Slice s = wire_exact((Slice){ d.buf, cut }, &owner);

        assert_false(ike_glance(s, &d.h, &g));
    }
    d.buf[IKE_HEADER_LEN + 3] = 3; /* a payload shorter than its own header */
    assert_false(glance(&d, &g));
}

static void
test_only_the_first_request_of_an_initiator_counts(void **state)
{
    IkeGlance g;
    IkeHeader h;
    Draft d;

    (void)state;
    begin(&d);
    ike_chain_add(&d.c, IKE_PAYLOAD_NONCE, NONCE(20));
    assert_true(glance(&d, &g));
#define WRONG(field, value)                                                                        \
    h = d.h;                                                                                       \
    h.field = value;                                                                               \
    assert_false(ike_glance(writer_view(&d.w), &h, &g))
    WRONG(exchange, IKE_EXCHANGE_IKE_AUTH);
    WRONG(flags, IKE_FLAG_RESPONSE);
    WRONG(message_id, 1);
    WRONG(spi_i, 0);
    WRONG(spi_r, 1);
#undef WRONG
}

static void
test_a_chain_without_end_is_refused(void **state)
{
    IkeGlance g;
    Draft d;

    (void)state;
    begin(&d);
    ike_chain_add(&d.c, IKE_PAYLOAD_NONCE, NONCE(20));
    for (int i = 0; i < IKE_PAYLOADS_MAX; i++)
        ike_chain_add(&d.c, IKE_PAYLOAD_VENDOR, (Slice){ 0 });
    assert_false(glance(&d, &g));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cookie_nonce_and_redirect_are_seen),
        cmocka_unit_test(test_a_cookie_further_back_is_none),
        cmocka_unit_test(test_a_request_needs_one_good_nonce),
        cmocka_unit_test(test_broken_chains_are_refused),
        cmocka_unit_test(test_only_the_first_request_of_an_initiator_counts),
        cmocka_unit_test(test_a_chain_without_end_is_refused),
    };

    return cmocka_run_group_tests_name("ike_glance", tests, NULL, NULL);
}
