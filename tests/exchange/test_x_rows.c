/* test_x_rows.c - what a peer may lawfully do and seldom does: other orders, notifies nobody asked
 * for, errors without a name; and what nobody may get out of us. */
#include "agent/ike/ike_payload.h"
#include "agent/ike/ike_sa_private.h"
#include "tests/support/hex.h"
#include "tests/support/sim_lie.h"
#include "tests/support/sim_plan.h"
#include "tests/support/test.h"

/* Payloads in any order (RFC 7296 §2.5). */

typedef struct Deal {
    GRand *dice;
    bool clear; /* IKE_SA_INIT, else the sealed ones */
    unsigned dealt;
} Deal;

/* Certificates keep their order among themselves: the first is the sender's own (§3.6). */
static bool
deal(Sim *sim, SimLetter *l, void *user)
{
    Deal *d = user;
    GPtrArray *p = l->payloads;

    (void)sim;
    if (l->sealed == d->clear)
        return false;
    for (guint i = p->len; i > 1; i--) {
        guint k = (guint)g_rand_int_range(d->dice, 0, (gint32)i);
        gpointer a = p->pdata[i - 1];

        if (((SimPayload *)p->pdata[k])->type == IKE_PAYLOAD_CERT ||
            ((SimPayload *)a)->type == IKE_PAYLOAD_CERT)
            continue;
        p->pdata[i - 1] = p->pdata[k];
        p->pdata[k] = a;
    }
    d->dealt++;
    return true;
}

static void
test_sealed_payloads_may_come_in_any_order(void **state)
{
    (void)state;
    for (size_t way = 0; way <= G_N_ELEMENTS(sim_ways); way++)
        for (uint32_t seed = 0; seed < 12; seed++) {
            g_autoptr(Sim) sim = sim_new(&(SimSetup){
                .seed = seed, .tune = way < G_N_ELEMENTS(sim_ways) ? sim_ways[way].tune : NULL });
            g_autoptr(GRand) dice = g_rand_new_with_seed(seed);
            Deal d = { dice, false, 0 };

            sim_lie(sim, deal, &d);
            sim_connect(sim);
            ike_sa_rekey_child(sim->client.sa, sim->client.child.spi_in, sim->now);
            sim_pass_all(sim);
            ike_sa_rekey(sim->gateway.sa, sim->now);
            sim_pass_all(sim);
            assert_int_equal(sim_pairs(sim), 1);
            assert_int_equal(sim->client.rekeyed, 1);
            assert_true(d.dealt >= 8);
        }
}

/* AUTH covers IKE_SA_INIT, so the login fails in the end; but each message itself is understood. */
static void
test_the_first_payloads_may_come_in_any_order(void **state)
{
    (void)state;
    for (uint32_t seed = 0; seed < 24; seed++) {
        g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = seed, .tune = sim_psk });
        g_autoptr(GRand) dice = g_rand_new_with_seed(seed);
        Deal d = { dice, true, 0 };

        sim_lie(sim, deal, &d);
        sim_start(sim);
        (void)sim_run(sim, sim_never, 20 * USEC_PER_SEC);
        assert_int_equal(d.dealt, 2);
        assert_int_equal(sim->gateway.made, 1);
        assert_true(sim->client.sent[IKE_EXCHANGE_IKE_AUTH] >= 1);
    }
}

/* Notifies that nobody asked for. */

/* What extensions announce: those we know, those we do not, and numbers of nobody's. */
static const uint16_t announced[] = {
    IKE_N_MULTIPLE_AUTH_SUPPORTED,
    16417, /* EAP_ONLY_AUTHENTICATION */
    16418, /* CHILDLESS_IKEV2_SUPPORTED */
    16419, /* QUICK_CRASH_DETECTION */
    16420, /* IKEV2_MESSAGE_ID_SYNC_SUPPORTED */
    16424, /* PSK_PERSIST */
    16438, /* INTERMEDIATE_EXCHANGE_SUPPORTED */
    16439,
    16441, /* ADDITIONAL_KEY_EXCHANGE */
    39999,
    40960, /* private use */
    65535,
};

static void
add_notify(SimLetter *l, uint16_t type, size_t len)
{
    uint8_t body[64] = { 0, 0, (uint8_t)(type >> 8), (uint8_t)type };

    sim_letter_add(l, IKE_PAYLOAD_NOTIFY, (Slice){ body, 4 + len });
}

static bool
announce(Sim *sim, SimLetter *l, void *user)
{
    unsigned *told = user;

    (void)sim;
    if (!l->sealed)
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(announced); i++)
        add_notify(l, announced[i], (*told + i) % 5 * 12);
    (*told)++;
    return true;
}

static void
test_notifies_that_nobody_asked_for_are_passed_over(void **state)
{
    (void)state;
    for (size_t way = 0; way <= G_N_ELEMENTS(sim_ways); way++) {
        g_autoptr(Sim) sim = sim_new(&(SimSetup){
            .seed = way, .tune = way < G_N_ELEMENTS(sim_ways) ? sim_ways[way].tune : NULL });
        unsigned told = 0;

        sim_lie(sim, announce, &told);
        sim_connect(sim);
        ike_sa_rekey_child(sim->client.sa, sim->client.child.spi_in, sim->now);
        sim_pass_all(sim);
        ike_sa_rekey(sim->gateway.sa, sim->now);
        sim_pass_all(sim);
        assert_int_equal(sim_pairs(sim), 1);
        assert_true(told >= 8);
    }
}

/* A gateway that says them in IKE_SA_INIT, which its AUTH covers: what it has kept is changed, too.
 */
static bool
announce_first(Sim *sim, SimLetter *l, void *user)
{
    unsigned *told = user;

    (void)sim;
    if (l->sealed || l->from != SIM_GATEWAY)
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(announced); i++)
        add_notify(l, announced[i], 0);
    (*told)++;
    return true;
}

static SimTap lying_tap;

static void
keep_signed(Sim *sim, SimSide from, GByteArray *octets, void *user)
{
    lying_tap(sim, from, octets, user);
    if (from != SIM_GATEWAY || octets->data[18] != IKE_EXCHANGE_IKE_SA_INIT)
        return;
    g_bytes_unref(sim->gateway.sa->init_r);
    sim->gateway.sa->init_r = g_bytes_new(octets->data, octets->len);
}

static void
test_support_that_is_announced_unasked_changes_nothing(void **state)
{
    g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1, .tune = sim_psk });
    unsigned told = 0;

    (void)state;
    sim_lie(sim, announce_first, &told);
    lying_tap = sim->tap;
    sim->tap = keep_signed;
    sim_connect(sim);
    assert_int_equal(told, 1);
    assert_int_equal(sim->client.sent[IKE_EXCHANGE_IKE_SA_INIT], 1);
    assert_int_equal(sim_pairs(sim), 1);
}

/* Errors without a name (RFC 7296 §3.10.1). */

typedef struct Error {
    uint8_t exchange;
    uint32_t id;
    uint16_t type;
    unsigned told;
} Error;

/* The response with the child SA becomes one with an error instead. */
static bool
answer_error(Sim *sim, SimLetter *l, void *user)
{
    static const uint8_t child[] = { IKE_PAYLOAD_SA, IKE_PAYLOAD_TSi, IKE_PAYLOAD_TSr,
                                     IKE_PAYLOAD_CP, IKE_PAYLOAD_KE,  IKE_PAYLOAD_NONCE };
    Error *e = user;

    (void)sim;
    if (l->from != SIM_GATEWAY || !l->response || l->exchange != e->exchange ||
        (l->exchange == IKE_EXCHANGE_IKE_AUTH && l->id != e->id))
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(child); i++)
        if (sim_letter_find(l, child[i]))
            sim_letter_remove(l, child[i]);
    add_notify(l, e->type, 0);
    e->told++;
    return true;
}

static const uint16_t unknown_errors[] = { 2, 3, 6, 8, 10, 12, 13, 15, 100, 8191, 8192, 16383 };

static void
test_an_unknown_error_in_the_login_is_a_refusal(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(unknown_errors); i++) {
        g_autoptr(Sim) sim =
            sim_new(&(SimSetup){ .seed = i, .delay = USEC_PER_MSEC, .tune = sim_psk });
        Error e = { IKE_EXCHANGE_IKE_AUTH, 1, unknown_errors[i], 0 };

        sim_lie(sim, answer_error, &e);
        sim_start(sim);
        assert_true(sim_run(sim, sim_both_closed, 400 * USEC_PER_SEC));
        assert_true(e.told > 0);
        assert_int_equal(sim->client.ups, 0);
    }
}

static void
test_an_unknown_error_in_a_rekeying_leaves_what_there_is(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(unknown_errors); i++)
        for (int ike = 0; ike <= 1; ike++) {
            g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = i, .delay = USEC_PER_MSEC });
            Error e = { IKE_EXCHANGE_CREATE_CHILD_SA, 0, unknown_errors[i], 0 };

            sim_connect(sim);
            sim_lie(sim, answer_error, &e);
            if (ike)
                ike_sa_rekey(sim->client.sa, sim->now);
            else
                ike_sa_rekey_child(sim->client.sa, sim->client.child.spi_in, sim->now);
            sim_drain(sim);
            (void)sim_run(sim, sim_never, 2 * USEC_PER_SEC);
            assert_true(e.told > 0 && e.told < 4);
            assert_string_equal(sim_state(sim, SIM_CLIENT), "READY");
            assert_int_equal(sim->client.closes, 0);
            assert_int_equal(sim->client.children->len, 1);
            assert_int_equal(sim->client.rekeyed, 0);
        }
}

/* Critical payloads that nobody knows (RFC 7296 §2.5). */

/* The first error Notify that @side says. */
typedef struct Said {
    SimSide side;
    uint16_t type;
    uint8_t data;
    bool whole; /* nothing beside it */
} Said;

static bool
listen_for(Sim *sim, SimLetter *l, void *user)
{
    Said *s = user;
    const SimPayload *n = sim_letter_find(l, IKE_PAYLOAD_NOTIFY);

    (void)sim;
    if (l->from != s->side || !l->response || !n || s->type)
        return false;
    s->type = (uint16_t)(n->body->data[2] << 8 | n->body->data[3]);
    s->data = n->body->len > 4 ? n->body->data[4] : 0;
    s->whole = l->payloads->len == 1;
    return false;
}

static void
test_an_unknown_critical_payload_is_named_and_nothing_is_done(void **state)
{
    (void)state;
    for (SimSide from = SIM_CLIENT; from <= SIM_GATEWAY; from++) {
        g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1 });
        Said said = { .side = from == SIM_CLIENT ? SIM_GATEWAY : SIM_CLIENT };
        /* Delete of the IKE SA, and behind it payload 200, critical */
        Hex plain = hex("c8000008 01000000 00800008 deadbeef");
        SimPeer *to = from == SIM_CLIENT ? &sim->gateway : &sim->client;
        IkeInfo info;

        sim_connect(sim);
        sim_lie(sim, listen_for, &said);
        ike_sa_info(to->sa, &info);
        sim_forge_plain(sim, from, IKE_EXCHANGE_INFORMATIONAL, sim_flags(from, false), info.recv_id,
                        IKE_PAYLOAD_DELETE, (Slice){ plain.b, plain.len });
        assert_int_equal(said.type, IKE_N_UNSUPPORTED_CRITICAL_PAYLOAD);
        assert_int_equal(said.data, 200);
        assert_true(said.whole);
        assert_string_equal(sim_state(sim, said.side), "READY"); /* the Delete was not obeyed */
        assert_int_equal(to->closes, 0);
    }
}

/* Certificates in other encodings (RFC 7296 §3.6). */

static bool
add_certs(Sim *sim, SimLetter *l, void *user)
{
    static const uint8_t encodings[] = { 1, 2, 3, 7, 8, 9, 11, 12, 13, 14, 15, 201, 255 };
    unsigned *told = user;

    (void)sim;
    if (!l->sealed || !sim_letter_find(l, IKE_PAYLOAD_CERT))
        return false;
    for (size_t i = 0; i < sizeof(encodings); i++) {
        g_autofree char *body =
            g_strdup_printf("%c0123456789abcdef0123http://evil.example.org/c.der", encodings[i]);
        gpointer added = sim_letter_add(l, IKE_PAYLOAD_CERT, slice_of(body));

        /* half of them before the sender's own */
        if (i % 2) {
            g_ptr_array_steal_index(l->payloads, l->payloads->len - 1);
            g_ptr_array_insert(l->payloads, 0, added);
        }
    }
    (*told)++;
    return true;
}

static void
test_certificates_in_other_encodings_are_passed_over(void **state)
{
    g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1, .tune = sim_cert });
    unsigned told = 0;

    (void)state;
    sim_lie(sim, add_certs, &told);
    sim_connect(sim);
    assert_int_equal(told, 2);
}

/* INITIAL_CONTACT (RFC 7296 §3.10.1). */

typedef struct Contacts {
    unsigned first, later;
} Contacts;

static bool
count_contacts(Sim *sim, SimLetter *l, void *user)
{
    Contacts *c = user;

    (void)sim;
    for (guint i = 0; i < l->payloads->len; i++) {
        const SimPayload *p = g_ptr_array_index(l->payloads, i);

        if (p->type != IKE_PAYLOAD_NOTIFY ||
            (p->body->data[2] << 8 | p->body->data[3]) != IKE_N_INITIAL_CONTACT)
            continue;
        assert_int_equal(l->from, SIM_CLIENT);
        if (l->exchange == IKE_EXCHANGE_IKE_AUTH && l->id == 1)
            c->first++;
        else
            c->later++;
    }
    return false;
}

static void
test_initial_contact_is_said_in_the_first_request_only(void **state)
{
    (void)state;
    for (size_t way = 0; way <= G_N_ELEMENTS(sim_ways); way++) {
        g_autoptr(Sim) sim = sim_new(&(SimSetup){
            .seed = way, .tune = way < G_N_ELEMENTS(sim_ways) ? sim_ways[way].tune : NULL });
        Contacts c = { 0 };

        sim_lie(sim, count_contacts, &c);
        sim_connect(sim);
        ike_sa_rekey_child(sim->client.sa, sim->client.child.spi_in, sim->now);
        sim_pass_all(sim);
        ike_sa_rekey(sim->client.sa, sim->now);
        sim_pass_all(sim);
        ike_sa_close(sim->client.sa, sim->now);
        sim_pass_all(sim);
        assert_int_equal(c.first, 1);
        assert_int_equal(c.later, 0);
    }
}

static void
follow(IkeConfig *client, IkeConfig *gateway)
{
    (void)gateway;
    client->follows = true;
}

/* What it follows must live until this one is up (RFC 7296 §2.8.3). */
static void
test_one_that_follows_another_says_nothing_of_initial_contact(void **state)
{
    g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1, .tune = follow });
    Contacts c = { 0 };

    (void)state;
    sim_lie(sim, count_contacts, &c);
    sim_connect(sim);
    assert_int_equal(c.first + c.later, 0);
}

/* No amplifier (CVE-2016-5361). */

typedef struct Scale {
    size_t in, out;       /* octets */
    unsigned asked, told; /* datagrams */
} Scale;

static void
weigh(Sim *sim, SimSide from, GByteArray *octets, void *user)
{
    Scale *s = *(Scale **)user;

    (void)sim;
    if (from == SIM_CLIENT) {
        s->in += octets->len;
        s->asked++;
    } else {
        s->out += octets->len;
        s->told++;
    }
}

static void
no_common_group(IkeConfig *client, IkeConfig *gateway)
{
    (void)client;
    gateway->ike = (IkeOffer){ .proto = IKE_PROTO_IKE };
    ike_offer_add(&gateway->ike, true, TRANSFORM_ENCR, ENCR_AES_GCM_16, 256);
    ike_offer_add(&gateway->ike, false, TRANSFORM_PRF, PRF_HMAC_SHA2_256, 0);
    ike_offer_add(&gateway->ike, false, TRANSFORM_KE, KE_MODP2048, 0);
}

static void
nothing_common(IkeConfig *client, IkeConfig *gateway)
{
    (void)client;
    gateway->ike.n = 0;
}

/* The client's first request reaches the gateway, and then the client is silent for ever: one
 * answer, no larger than the question, and the gateway says nothing more of its own. */
static void
test_an_unproved_request_gets_one_answer_that_is_no_larger(void **state)
{
    static const IkeLimits always = { 1000, 1000, 1000, 0 };
    static const struct {
        const char *what;
        void (*tune)(IkeConfig *, IkeConfig *);
        const IkeLimits *limits;
    } rows[] = { { "good", NULL, NULL },
                 { "another group", no_common_group, NULL },
                 { "nothing in common", nothing_common, NULL },
                 { "no cookie", NULL, &always } };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(Sim) sim =
            sim_new(&(SimSetup){ .seed = 1, .tune = rows[i].tune, .limits = rows[i].limits });
        Scale **user = g_new0(Scale *, 1), scale = { 0 };

        *user = &scale;
        sim->tap = weigh;
        sim->tap_user = user;
        sim_start(sim);
        sim_drain(sim);
        sim_pass(sim, SIM_CLIENT);
        assert_int_equal(scale.asked, 1);
        assert_int_equal(scale.told, 1);
        print_message("%s: %zu octets for %zu\n", rows[i].what, scale.out, scale.in);
        assert_true(scale.out <= scale.in);
        ike_sa_close(sim->client.sa, sim->now); /* nothing to say: it has no keys */
        sim->cut = true;
        (void)sim_run(sim, sim_never, 300 * USEC_PER_SEC);
        assert_int_equal(scale.told, 1);
        assert_int_equal(ike_listen_half_open(sim->listen), 0);
    }
}

/* An end that is not put off (CVE-2024-28882). */

static void
test_a_peer_cannot_put_off_the_end(void **state)
{
    g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1 });
    Usec start;

    (void)state;
    sim_connect(sim);
    sim->cut = true;
    start = sim->now;
    ike_sa_close(sim->client.sa, sim->now);
    sim_drain(sim);
    for (uint32_t id = 0; id < 100 && !sim->client.closes; id++) {
        uint8_t child[] = { 3, 4, 0, 1, 1, 2, 3, (uint8_t)id };

        sim_forge(sim, SIM_GATEWAY, IKE_EXCHANGE_INFORMATIONAL, false, id,
                  id % 2 ? IKE_PAYLOAD_DELETE : IKE_PAYLOAD_NONE,
                  (Slice){ child, id % 2 ? sizeof(child) : 0 });
        (void)sim_run(sim, sim_client_closed, 500 * USEC_PER_MSEC);
    }
    assert_int_equal(sim->client.closes, 1);
    assert_true(sim->client.closed_at - start <= 3500 * USEC_PER_MSEC);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sealed_payloads_may_come_in_any_order),
        cmocka_unit_test(test_the_first_payloads_may_come_in_any_order),
        cmocka_unit_test(test_notifies_that_nobody_asked_for_are_passed_over),
        cmocka_unit_test(test_support_that_is_announced_unasked_changes_nothing),
        cmocka_unit_test(test_an_unknown_error_in_the_login_is_a_refusal),
        cmocka_unit_test(test_an_unknown_error_in_a_rekeying_leaves_what_there_is),
        cmocka_unit_test(test_an_unknown_critical_payload_is_named_and_nothing_is_done),
        cmocka_unit_test(test_certificates_in_other_encodings_are_passed_over),
        cmocka_unit_test(test_initial_contact_is_said_in_the_first_request_only),
        cmocka_unit_test(test_one_that_follows_another_says_nothing_of_initial_contact),
        cmocka_unit_test(test_an_unproved_request_gets_one_answer_that_is_no_larger),
        cmocka_unit_test(test_a_peer_cannot_put_off_the_end),
    };

    return cmocka_run_group_tests_name("x_rows", tests, NULL, NULL);
}
