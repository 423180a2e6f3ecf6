/* test_x_frag.c - both forms of fragments on a bad network and under attack (RFC 7383,
 * agent/docs/WIRE.md §8). */
#include "agent/ike/ike_cfrag.h"
#include "agent/ike/ike_sa_private.h"
#include "agent/ike/ike_sk.h"
#include "tests/support/sim.h"
#include "tests/support/test.h"

enum { LIMIT = 544, BANNER = 4096, NEXT_AT = 16 };

static void
both_know(IkeConfig *client, IkeConfig *gateway)
{
    client->fragmentation = gateway->fragmentation = true;
    client->trace = gateway->trace = true;
}

static void
cisco_only(IkeConfig *client, IkeConfig *gateway)
{
    both_know(client, gateway);
    client->classic_only = true;
}

/* Both have sent 16430, and the gateway answers in Cisco's form (agent/docs/WIRE.md §17). */
static void
mixed(IkeConfig *client, IkeConfig *gateway)
{
    both_know(client, gateway);
    gateway->prefer_cisco = true;
}

/* Every message of the client is cut as well. */
static void
small_ietf(IkeConfig *client, IkeConfig *gateway)
{
    both_know(client, gateway);
    client->path_octets = 256;
}

/* And the gateway waits longer than the client repeats itself. */
static void
small_and_patient(IkeConfig *client, IkeConfig *gateway)
{
    small_ietf(client, gateway);
    gateway->auth_limit = 300 * USEC_PER_SEC;
}

static void
small_cisco(IkeConfig *client, IkeConfig *gateway)
{
    cisco_only(client, gateway);
    client->path_octets = 256;
}

static void
small_mixed(IkeConfig *client, IkeConfig *gateway)
{
    mixed(client, gateway);
    client->path_octets = 256;
}

static void
only_the_client_knows(IkeConfig *client, IkeConfig *gateway)
{
    both_know(client, gateway);
    gateway->fragmentation = false;
}

static void (*const forms[])(IkeConfig *, IkeConfig *) = { small_ietf, small_cisco, small_mixed };

/* A gateway with much to say: a `complete` of four kilobytes. */
static Sim *
sim_of(const SimSetup *setup)
{
    static char banner[BANNER + 1];
    Sim *sim = sim_new(setup);

    memset(banner, 'B', BANNER);
    sim->play.banner = banner;
    return sim;
}

static void
assert_done_once(const Sim *sim)
{
    assert_int_equal(sim->client.ups, 1);
    assert_int_equal(sim->gateway.ups, 1);
    assert_int_equal(sim->client.certificates, 1);
    assert_int_equal(sim->gateway.configs, 1);
    assert_int_equal(sim->gateway.made, 1);
    assert_true(sim->client.complete);
}

/* What went over the wire, by the header's next-payload octet. */
typedef struct Count {
    unsigned skf[2], cisco[2], sk[2], clear[2];
    size_t largest[2]; /* of those that are protected */
} Count;

static void
count(Sim *sim, SimSide from, GByteArray *octets, void *user)
{
    Count *c = user;
    uint8_t next = octets->data[NEXT_AT];

    (void)sim;
    c->skf[from] += next == IKE_PAYLOAD_SKF;
    c->cisco[from] += next == IKE_PAYLOAD_CISCO_FRAGMENT;
    c->sk[from] += next == IKE_PAYLOAD_SK;
    c->clear[from] += next == IKE_PAYLOAD_SA;
    if (next != IKE_PAYLOAD_SA)
        c->largest[from] = MAX(c->largest[from], octets->len);
}

static Count
connect_and_count(void (*tune)(IkeConfig *, IkeConfig *))
{
    g_autoptr(Sim) sim = sim_of(&(SimSetup){ .seed = 1, .delay = USEC_PER_MSEC, .tune = tune });
    Count *c = g_new0(Count, 1);

    sim->tap = count;
    sim->tap_user = c;
    sim_connect(sim);
    assert_done_once(sim);
    assert_int_equal(c->clear[SIM_CLIENT], 1); /* IKE_SA_INIT is never cut (RFC 7383 §2.2) */
    assert_int_equal(c->clear[SIM_GATEWAY], 1);
    return *c;
}

static void
test_no_message_is_larger_than_the_path(void **state)
{
    Count c;

    (void)state;
    c = connect_and_count(both_know);
    assert_true(c.skf[SIM_GATEWAY] > 9 && c.cisco[SIM_GATEWAY] == 0);
    assert_true(c.largest[SIM_GATEWAY] <= LIMIT && c.largest[SIM_GATEWAY] > LIMIT - 16);
    c = connect_and_count(cisco_only);
    assert_true(c.cisco[SIM_GATEWAY] > 9 && c.skf[SIM_GATEWAY] == 0);
    assert_int_equal(c.largest[SIM_GATEWAY], LIMIT);
    c = connect_and_count(small_mixed);
    assert_true(c.skf[SIM_CLIENT] > 5 && c.cisco[SIM_CLIENT] == 0);
    assert_true(c.cisco[SIM_GATEWAY] > 9 && c.skf[SIM_GATEWAY] == 0);
    assert_true(c.largest[SIM_CLIENT] <= 256 - 32);
    /* nobody is sent what he did not announce */
    c = connect_and_count(only_the_client_knows);
    assert_int_equal(c.skf[SIM_CLIENT] + c.cisco[SIM_CLIENT], 0);
    assert_int_equal(c.skf[SIM_GATEWAY] + c.cisco[SIM_GATEWAY], 0);
    assert_true(c.largest[SIM_GATEWAY] > BANNER);
}

static void
test_the_limit_is_that_of_the_address_family(void **state)
{
    g_autoptr(Sim) sim = sim_of(&(SimSetup){ .seed = 1, .tune = both_know });
    IkePath path = { .natt = true };
    size_t limit;

    (void)state;
    sim_connect(sim);
    assert_true(addr_parse("10.0.0.1", &path.remote.addr));
    assert_int_equal(ike_sa_cut(sim->client.sa, &path, LIMIT, &limit), IKE_CUT_NONE);
    assert_int_equal(ike_sa_cut(sim->client.sa, &path, LIMIT + 1, &limit), IKE_CUT_SKF);
    assert_int_equal(limit, 576 - 20 - 8 - 4);
    assert_true(addr_parse("2001:db8::1", &path.remote.addr));
    assert_int_equal(ike_sa_cut(sim->client.sa, &path, LIMIT + 1, &limit), IKE_CUT_NONE);
    assert_int_equal(limit, 1280 - 40 - 8 - 4);
}

/* More pieces than a peer like us takes would never arrive: they grow instead. */
static void
test_never_more_fragments_than_we_would_take(void **state)
{
    g_autoptr(Sim) sim = sim_of(&(SimSetup){ .seed = 1, .tune = both_know });
    g_autofree uint8_t *octets = g_malloc0(IKE_MESSAGE_MAX);
    IkeHeader h = { .spi_i = 1, .version = IKE_VERSION };
    Writer w = { .base = octets, .cap = IKE_MESSAGE_MAX };

    (void)state;
    sim_connect(sim);
    ike_header_encode(&h, &w);
    for (size_t len = 32000; len < 65000; len += 3000)
        for (int form = 0; form < 2; form++) {
            Slice all = { octets, len };
            g_autoptr(Aead) aead = ike_epoch_aead(sim->client.sa->ike, AEAD_SEAL);
            g_autoptr(GBytes) wire =
                form
                    ? ike_sa_cut_sealed(sim->client.sa, sim->client.sa->ike, all, LIMIT)
                    : ike_sa_seal_cut(sim->client.sa, sim->client.sa->ike, aead, &h, 0, all, LIMIT);
            GQueue out = G_QUEUE_INIT;
            IkeOut *o;
            unsigned n = 0;

            ike_out_push(&out, &(IkePath){ 0 }, wire);
            for (; (o = g_queue_pop_head(&out)); n++) {
                g_bytes_unref(o->octets);
                g_free(o);
            }
            assert_true(n > 60 && n <= IKE_FRAGMENTS_MAX);
        }
}

/* agent/docs/WIRE.md §8.1: the words and numbers of the field. */
static void
test_the_log_says_what_was_cut(void **state)
{
    g_autoptr(Sim) sim = sim_of(&(SimSetup){ .seed = 1, .tune = cisco_only });

    (void)state;
    sim_connect(sim);
    assert_non_null(strstr(sim->gateway.trace->str,
                           "Fragmenting packet, Fragment MTU: 544, Number of fragments: "));
    assert_non_null(strstr(sim->gateway.trace->str, ", Fragment ID: 1\n"));
    assert_non_null(strstr(sim->gateway.trace->str, ", Fragment ID: 2\n"));
    assert_non_null(strstr(sim->client.trace->str, "Reassembled packet, Number of fragments: "));
}

static bool
either_end(const Sim *sim)
{
    return sim_both_up(sim) || sim_client_closed(sim);
}

static void
eager(IkeConfig *client, IkeConfig *gateway, unsigned form)
{
    forms[form](client, gateway);
    gateway->dpd_interval = 10 * USEC_PER_SEC;
}

static void
eager_ietf(IkeConfig *c, IkeConfig *g)
{
    eager(c, g, 0);
}

static void
eager_cisco(IkeConfig *c, IkeConfig *g)
{
    eager(c, g, 1);
}

static void
eager_mixed(IkeConfig *c, IkeConfig *g)
{
    eager(c, g, 2);
}

static void
test_a_bad_network_is_survived_in_every_form(void **state)
{
    static void (*const tunes[])(IkeConfig *, IkeConfig *) = { eager_ietf, eager_cisco,
                                                               eager_mixed };

    (void)state;
    for (size_t form = 0; form < G_N_ELEMENTS(tunes); form++) {
        unsigned up = 0;

        for (uint64_t seed = 1; seed <= 25; seed++) {
            g_autoptr(Sim) sim = sim_of(&(SimSetup){ .seed = seed,
                                                     .delay = 15 * USEC_PER_MSEC,
                                                     .jitter = 300 * USEC_PER_MSEC,
                                                     .lose = 100,
                                                     .twice = 200,
                                                     .tune = tunes[form] });

            sim_start(sim);
            assert_true(sim_run(sim, either_end, 300 * USEC_PER_SEC));
            if (sim->client.ups) {
                up++;
                assert_done_once(sim);
                ike_sa_close(sim->client.sa, sim->now);
            }
            if (!sim_run(sim, sim_both_closed, 600 * USEC_PER_SEC))
                fail_msg("form %zu, seed %" G_GUINT64_FORMAT " leaves an IKE SA", form, seed);
        }
        assert_true(up >= 22); /* what came of an earlier try counts for the next one */
    }
}

/* The first @more datagrams of the gateway that are answers to @id are lost. */
typedef struct Deaf {
    uint32_t id;
    unsigned more, asked, said;
} Deaf;

static void
lose_answers(Sim *sim, SimSide from, GByteArray *octets, void *user)
{
    Deaf *d = user;
    Reader in = reader_init((Slice){ octets->data, octets->len });
    IkeHeader h;

    (void)sim;
    assert_int_equal(ike_header_decode(&in, &h), IKE_OK);
    if (h.message_id != d->id || h.exchange != IKE_EXCHANGE_IKE_AUTH)
        return;
    if (from == SIM_CLIENT) {
        d->asked++;
        return;
    }
    d->said++;
    if (d->more > 0) {
        d->more--;
        g_byte_array_set_size(octets, 0);
    }
}

/* RFC 7383 §2.6.1: not once for each fragment of the question. */
static void
test_a_repeated_question_is_answered_once(void **state)
{
    (void)state;
    for (size_t form = 0; form < G_N_ELEMENTS(forms); form++) {
        unsigned asked = 0, said = 0;

        for (int lost = 0; lost < 2; lost++) {
            g_autoptr(Sim) sim =
                sim_of(&(SimSetup){ .seed = 1, .delay = USEC_PER_MSEC, .tune = forms[form] });
            Deaf *d = g_new0(Deaf, 1);

            *d = (Deaf){ .id = 1, .more = lost ? said : 0 };
            sim->tap = lose_answers;
            sim->tap_user = d;
            sim_connect(sim);
            assert_done_once(sim);
            if (lost) {
                assert_int_equal(d->asked, 2 * asked);
                assert_int_equal(d->said, 2 * said);
            }
            asked = d->asked;
            said = d->said;
            assert_true(asked > 2 && said > 2);
        }
    }
}

/* The last answer of an IKE SA that is gone is lost, and the question is in fragments. */
static void
test_a_lost_no_is_said_again(void **state)
{
    (void)state;
    for (size_t form = 0; form < G_N_ELEMENTS(forms); form++) {
        g_autoptr(Sim) sim =
            sim_of(&(SimSetup){ .seed = 1, .delay = USEC_PER_MSEC, .tune = forms[form] });
        Deaf *d = g_new0(Deaf, 1);

        *d = (Deaf){ .id = 3, .more = 1 };
        sim->play.right = "something else";
        sim->play.tries = 1;
        sim->tap = lose_answers;
        sim->tap_user = d;
        sim_start(sim);
        assert_true(sim_run(sim, sim_client_closed, 60 * USEC_PER_SEC));
        assert_int_equal(sim->client.reason, IKE_REASON_LOGIN);
        assert_true(d->asked > 2 && d->more == 0);
    }
}

static void
lose_all_but_the_first(Sim *sim, SimSide from, GByteArray *octets, void *user)
{
    (void)sim;
    (void)user;
    if (from == SIM_GATEWAY && octets->data[NEXT_AT] == IKE_PAYLOAD_SKF && octets->data[33] != 1)
        g_byte_array_set_size(octets, 0);
}

static void
test_an_incomplete_answer_is_not_kept_for_ever(void **state)
{
    g_autoptr(Sim) sim = sim_of(&(SimSetup){ .seed = 1, .tune = small_and_patient });

    (void)state;
    sim->tap = lose_all_but_the_first;
    sim_start(sim);
    (void)sim_run(sim, sim_never, 29 * USEC_PER_SEC);
    assert_int_equal(sim->client.sa->ike->fragments[1].held, 1);
    (void)sim_run(sim, sim_never, USEC_PER_SEC + USEC_PER_MSEC);
    assert_int_equal(sim->client.sa->ike->fragments[1].held, 0);
    assert_true(sim_run(sim, sim_client_closed, 60 * USEC_PER_SEC));
    assert_int_equal(sim->client.reason, IKE_REASON_TIMEOUT);
}

/* Datagrams 3 to @until of the gateway lose a bit of their contents. */
typedef struct Spoil {
    unsigned n, until;
} Spoil;

static void
spoil(Sim *sim, SimSide from, GByteArray *octets, void *user)
{
    Spoil *s = user;

    (void)sim;
    if (from == SIM_GATEWAY && ++s->n > 2 && s->n <= s->until)
        octets->data[octets->len - 1] ^= 1;
}

static void
test_spoiled_fragments_are_healed_by_the_next_try(void **state)
{
    (void)state;
    for (size_t form = 0; form < G_N_ELEMENTS(forms); form++) {
        g_autoptr(Sim) sim =
            sim_of(&(SimSetup){ .seed = 1, .delay = USEC_PER_MSEC, .tune = forms[form] });
        Spoil *s = g_new0(Spoil, 1);

        s->until = 5;
        sim->tap = spoil;
        sim->tap_user = s;
        sim_connect(sim);
        assert_done_once(sim);
    }
}

/* Cisco's fragments of anything by somebody who knows SPIs and Message ID. */
static void
flood(Sim *sim, SimSide to, unsigned n)
{
    IkeSa *sa = to == SIM_CLIENT ? sim->client.sa : sim->gateway.sa;
    IkeHeader h = { .spi_i = sa->ike->spi_i,
                    .spi_r = sa->ike->spi_r,
                    .version = IKE_VERSION,
                    .exchange = IKE_EXCHANGE_IKE_AUTH,
                    .flags = to == SIM_CLIENT ? IKE_FLAG_RESPONSE : IKE_FLAG_INITIATOR,
                    .message_id = 1 };
    uint8_t junk[1400] = { 0 }, buf[1500];

    for (unsigned i = 0; i < n; i++) {
        Writer w = { .base = buf, .cap = sizeof(buf) };

        ike_cfrag_encode(&h,
                         &(IkeCfrag){ .id = (uint16_t)(1 + i / 100),
                                      .number = (uint8_t)(1 + i * 7 % 70),
                                      .last = i % 50 == 49,
                                      .data = { junk, 1 + i % sizeof(junk) } },
                         &w);
        sim_inject(sim, to, true, writer_view(&w));
        assert_true(sa->ike->fragments[to == SIM_CLIENT].octets <= IKE_MESSAGE_MAX);
    }
}

static void
test_a_flood_of_forged_fragments_changes_nothing(void **state)
{
    (void)state;
    for (size_t form = 0; form < G_N_ELEMENTS(forms); form++)
        for (SimSide to = SIM_CLIENT; to <= SIM_GATEWAY; to++) {
            g_autoptr(Sim) sim =
                sim_of(&(SimSetup){ .seed = 1, .delay = 10 * USEC_PER_MSEC, .tune = forms[form] });

            sim_reach(sim, to, to == SIM_CLIENT ? "AUTH_SENT" : "INIT_SEEN");
            flood(sim, to, 3000);
            sim_wake(sim);
            assert_true(sim_run(sim, sim_both_up, 60 * USEC_PER_SEC));
            assert_done_once(sim);
        }
}

/* A fragment with good integrity of the gateway's next request to the client. */
static void
forge(Sim *sim, uint16_t number, uint16_t total, uint8_t first, unsigned flip)
{
    const IkeSa *sa = sim->client.sa;
    g_autoptr(Aead) a = aead_new(&sa->ike->suite, secret_view(&sa->ike->keys.er),
                                 secret_view(&sa->ike->keys.ar), AEAD_SEAL);
    uint8_t buf[200], iv[32] = { 0xf0, (uint8_t)number, (uint8_t)total, first };
    Writer w = { .base = buf, .cap = sizeof(buf) };

    ike_header_encode(&(IkeHeader){ .spi_i = sa->ike->spi_i,
                                    .spi_r = sa->ike->spi_r,
                                    .version = IKE_VERSION,
                                    .exchange = IKE_EXCHANGE_INFORMATIONAL },
                      &w);
    ike_sk_seal_as(a, &w, 0, IKE_PAYLOAD_SKF, first,
                   (Slice){ (uint8_t[]){ 0, (uint8_t)number, 0, (uint8_t)total }, 4 }, (Slice){ 0 },
                   iv);
    buf[w.len - 1] ^= (uint8_t)flip;
    sim_inject(sim, SIM_CLIENT, true, writer_view(&w));
}

static void
test_only_what_is_proven_is_kept(void **state)
{
    g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1, .tune = both_know });
    const IkeFragSet *set;

    (void)state;
    sim_connect(sim);
    set = &sim->client.sa->ike->fragments[0];
    forge(sim, 1, 2, 0, 1);
    assert_int_equal(set->held, 0); /* a flipped bit */
    forge(sim, 0, 2, 0, 0);
    forge(sim, 3, 2, 0, 0);
    forge(sim, 1, 65, 0, 0);
    forge(sim, 2, 2, IKE_PAYLOAD_NOTIFY, 0); /* RFC 7383 §2.5: only the first says what is inside */
    assert_int_equal(set->held, 0);
    assert_int_equal(sim->client.sent[IKE_EXCHANGE_INFORMATIONAL], 0);
    forge(sim, 2, 2, 0, 0);
    assert_int_equal(set->held, 1);
    forge(sim, 1, 2, 0, 0);
    assert_int_equal(set->held, 0);
    assert_int_equal(sim->client.sent[IKE_EXCHANGE_INFORMATIONAL], 1);
    /* again: the first alone has the answer repeated, once */
    forge(sim, 2, 2, 0, 0);
    assert_int_equal(sim->client.sent[IKE_EXCHANGE_INFORMATIONAL], 1);
    forge(sim, 1, 2, 0, 0);
    assert_int_equal(sim->client.sent[IKE_EXCHANGE_INFORMATIONAL], 2);
    assert_int_equal(sim->client.closes, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_message_is_larger_than_the_path),
        cmocka_unit_test(test_the_limit_is_that_of_the_address_family),
        cmocka_unit_test(test_never_more_fragments_than_we_would_take),
        cmocka_unit_test(test_the_log_says_what_was_cut),
        cmocka_unit_test(test_a_bad_network_is_survived_in_every_form),
        cmocka_unit_test(test_a_repeated_question_is_answered_once),
        cmocka_unit_test(test_a_lost_no_is_said_again),
        cmocka_unit_test(test_an_incomplete_answer_is_not_kept_for_ever),
        cmocka_unit_test(test_spoiled_fragments_are_healed_by_the_next_try),
        cmocka_unit_test(test_a_flood_of_forged_fragments_changes_nothing),
        cmocka_unit_test(test_only_what_is_proven_is_kept),
    };

    return cmocka_run_group_tests_name("x_frag", tests, NULL, NULL);
}
