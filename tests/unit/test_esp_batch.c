/* test_esp_batch.c - agent/esp/esp_seal.c, esp_open.c: what packets of a batch must not do to each
 * other */

#include "agent/esp/esp_plane.h"
#include "tests/support/esp_kit.h"
#include "tests/support/test.h"

enum { NOW = 5, PACKETS = 300, ROOM = 2048 };

static const struct {
    AeadChoice here, there;
} pairs[] = {
    { AEAD_CHOICE_OPENSSL, AEAD_CHOICE_AUTO },
    { AEAD_CHOICE_AUTO, AEAD_CHOICE_OPENSSL },
    { AEAD_CHOICE_AUTO, AEAD_CHOICE_AUTO },
};

typedef struct Batch {
    uint8_t rooms[PACKETS][ROOM];
    EspBuf bufs[PACKETS];
    size_t n;
} Batch;

static void
batch_add(Batch *b, const uint8_t *packet, size_t len)
{
    uint8_t *room = b->rooms[b->n];

    g_assert_true(b->n < PACKETS && len <= ROOM - ESP_HEADROOM - ESP_TAILROOM);
    memcpy(room + ESP_HEADROOM, packet, len);
    b->bufs[b->n++] =
        (EspBuf){ .base = room, .cap = ROOM, .off = ESP_HEADROOM, .len = (uint32_t)len };
}

static void
batch_copy(Batch *to, const Batch *from, size_t i)
{
    const EspBuf *b = &from->bufs[i];

    batch_add(to, b->base + b->off, b->len);
}

static Slice
view(const EspBuf *b)
{
    return (Slice){ b->base + b->off, b->len };
}

/* Two planes with the three SAs 0x1000, 0x2000, 0x3000 to 192.0.2.1, .2 and .3, each of a suite of
 * its own. */
typedef struct Ends {
    EspPlane *here, *there;
} Ends;

static EspSa *
sa_of(const KitSuite *s, bool here, unsigned n, const Selector *local, const Selector *remote)
{
    KitKeys mine, theirs;
    EspSaSetup setup = here ? kit_setup(s, 'A', &mine, &theirs, local, 1, remote, 1)
                            : kit_setup(s, 'B', &mine, &theirs, remote, 1, local, 1);

    setup.spi_in = 0x1000 * n + !here;
    setup.spi_out = 0x1000 * n + here;
    return esp_sa_new(&setup);
}

static Ends
ends_new(size_t suite, AeadChoice here, AeadChoice there)
{
    Ends e = { esp_plane_new(), esp_plane_new() };

    esp_plane_use(e.here, here);
    esp_plane_use(e.there, there);
    for (unsigned n = 1; n <= 3; n++) {
        const KitSuite *s = &kit_suites[(suite + n - 1) % G_N_ELEMENTS(kit_suites)];
        g_autofree char *host = g_strdup_printf("192.0.2.%u", n);
        Selector local = kit_selector("10.0.0.5"), remote = kit_selector(host);

        esp_plane_add(e.here, sa_of(s, true, n, &local, &remote));
        esp_plane_add(e.there, sa_of(s, false, n, &local, &remote));
    }
    return e;
}

static void
ends_free(Ends *e)
{
    esp_plane_free(e->here);
    esp_plane_free(e->there);
}

/* The @i-th packet: to one of the three, of a length of its own. */
static size_t
packet_to(uint8_t *out, unsigned n, size_t i)
{
    g_autofree char *host = g_strdup_printf("192.0.2.%u", n);
    size_t len = kit_ip(out, "10.0.0.5", host, 17, 8 + i * 37 % 1400);

    out[len - 1] = (uint8_t)i;
    return len;
}

static Slice
slice(const uint8_t *p, size_t len)
{
    return (Slice){ p, len };
}

static void
test_batches_of_several_sas_arrive_whatever_engine_each_end_has(void **state)
{
    g_autofree Batch *b = g_new0(Batch, 1);

    (void)state;
    for (size_t suite = 0; suite < G_N_ELEMENTS(kit_suites); suite++)
        for (size_t p = 0; p < G_N_ELEMENTS(pairs); p++) {
            Ends e = ends_new(suite, pairs[p].here, pairs[p].there);
            uint64_t octets[3] = { 0 };
            uint8_t packet[ROOM];
            EspStats stats;

            b->n = 0;
            for (size_t i = 0; i < PACKETS; i++) {
                size_t len = packet_to(packet, 1 + (unsigned)i % 3, i);

                octets[i % 3] += len;
                batch_add(b, packet, len);
            }
            esp_plane_seal(e.here, b->bufs, b->n, NOW);
            esp_plane_open(e.there, b->bufs, b->n, NOW + 1);
            for (size_t i = 0; i < PACKETS; i++) {
                size_t len = packet_to(packet, 1 + (unsigned)i % 3, i);

                assert_int_equal(b->bufs[i].status, ESP_OK);
                assert_true(slice_equal(view(&b->bufs[i]), slice(packet, len)));
                assert_int_equal(esp_sa_spi_in(b->bufs[i].sa), 0x1001 + 0x1000 * (i % 3));
            }
            for (unsigned n = 0; n < 3; n++) {
                esp_sa_stats(esp_plane_find(e.here, 0x1000 * (n + 1)), &stats);
                assert_int_equal(stats.packets_out, PACKETS / 3);
                assert_int_equal(stats.octets_out, octets[n]);
                assert_int_equal(stats.seq_out, PACKETS / 3);
                assert_int_equal(stats.last_out, NOW);
                esp_sa_stats(esp_plane_find(e.there, 0x1000 * (n + 1) + 1), &stats);
                assert_int_equal(stats.packets_in, PACKETS / 3);
                assert_int_equal(stats.octets_in, octets[n]);
                assert_int_equal(stats.replay_top, PACKETS / 3);
                assert_int_equal(stats.last_in, NOW + 1);
            }
            ends_free(&e);
        }
}

/* Each packet three times in a batch; of every other the first copy is forged. */
static void
test_of_copies_in_one_batch_one_authentic_one_passes(void **state)
{
    enum { N = 90 };
    g_autofree Batch *sealed = g_new0(Batch, 1);
    g_autofree Batch *b = g_new0(Batch, 1);

    (void)state;
    for (size_t suite = 0; suite < G_N_ELEMENTS(kit_suites); suite++)
        for (size_t p = 0; p < G_N_ELEMENTS(pairs); p++) {
            Ends e = ends_new(suite, pairs[p].here, pairs[p].there);
            uint8_t packet[ROOM];
            EspStats stats;

            sealed->n = b->n = 0;
            for (size_t i = 0; i < N; i++)
                batch_add(sealed, packet, packet_to(packet, 1, i));
            esp_plane_seal(e.here, sealed->bufs, N, NOW);
            for (size_t i = 0; i < N; i++)
                for (int copy = 0; copy < 3; copy++)
                    batch_copy(b, sealed, i);
            for (size_t i = 0; i < N; i += 2)
                b->bufs[3 * i].base[b->bufs[3 * i].off + 9 + i % 40] ^= 0x10;
            esp_plane_open(e.there, b->bufs, b->n, NOW);
            for (size_t i = 0; i < N; i++) {
                const EspBuf *is = &b->bufs[3 * i];
                size_t good = i % 2 == 0, len = packet_to(packet, 1, i);

                if (good)
                    assert_int_equal(is[0].status, ESP_FORGED);
                assert_int_equal(is[good].status, ESP_OK);
                assert_true(slice_equal(view(&is[good]), slice(packet, len)));
                for (size_t later = good + 1; later < 3; later++) {
                    assert_int_equal(is[later].status, ESP_REPLAYED);
                    assert_int_equal(is[later].off, ESP_HEADROOM);
                }
            }
            esp_sa_stats(esp_plane_find(e.there, 0x1001), &stats);
            assert_int_equal(stats.packets_in, N);
            assert_int_equal(stats.drops[ESP_FORGED], N / 2);
            assert_int_equal(stats.drops[ESP_REPLAYED], N / 2 + N);
            ends_free(&e);
        }
}

/* What the newest packet of a batch leaves behind the window is refused though it came with it;
 * what is forged moves no window, however new it says it is. */
static void
test_the_window_moves_within_a_batch_and_for_the_authentic_alone(void **state)
{
    g_autofree Batch *sealed = g_new0(Batch, 1);
    g_autofree Batch *b = g_new0(Batch, 1);

    (void)state;
    for (size_t suite = 0; suite < G_N_ELEMENTS(kit_suites); suite++) {
        Ends e = ends_new(suite, AEAD_CHOICE_AUTO, AEAD_CHOICE_AUTO);
        uint8_t packet[ROOM];

        sealed->n = b->n = 0;
        for (size_t i = 0; i < 20; i++)
            batch_add(sealed, packet, packet_to(packet, 1, i));
        esp_plane_seal(e.here, sealed->bufs, 20, NOW); /* 1 to 20 */
        for (size_t i = 0; i < 1024; i++) {
            b->n = 0;
            batch_add(b, packet, packet_to(packet, 1, i));
            esp_plane_seal(e.here, b->bufs, 1, NOW);
        }
        batch_copy(sealed, b, 0); /* 1044: 20 is left of its window, 21 would not be */
        b->n = 0;
        batch_copy(b, sealed, 20);
        b->bufs[0].base[b->bufs[0].off + 30] ^= 1;
        for (size_t i = 0; i < 10; i++)
            batch_copy(b, sealed, i);
        batch_copy(b, sealed, 20);
        for (size_t i = 10; i < 20; i++)
            batch_copy(b, sealed, i);
        esp_plane_open(e.there, b->bufs, b->n, NOW);
        assert_int_equal(b->bufs[0].status, ESP_FORGED);
        for (size_t i = 1; i <= 11; i++) {
            assert_int_equal(b->bufs[i].status, ESP_OK);
            assert_true(b->bufs[i].newest);
        }
        for (size_t i = 12; i < b->n; i++)
            assert_int_equal(b->bufs[i].status, ESP_REPLAYED);
        ends_free(&e);
    }
}

static size_t
datagram(uint8_t *out, uint16_t port)
{
    size_t len = kit_ip(out, "10.0.0.5", "192.0.2.1", 17, 40);

    out[22] = (uint8_t)(port >> 8);
    out[23] = (uint8_t)port;
    return len;
}

/* Packets of the same addresses, by turns with a port that the selectors take and one they do
 * not. */
static void
test_what_selectors_say_of_a_packet_is_not_said_of_the_next(void **state)
{
    Selector any = selector_all(ADDR_V4), dns = selector_all(ADDR_V4);

    (void)state;
    dns.proto = 17;
    dns.port_first = dns.port_last = 53;
    for (size_t suite = 0; suite < G_N_ELEMENTS(kit_suites); suite++)
        for (int inbound = 0; inbound < 2; inbound++) {
            const KitSuite *s = &kit_suites[suite];
            g_autoptr(EspPlane) here = esp_plane_new();
            g_autoptr(EspPlane) there = esp_plane_new();
            g_autofree Batch *b = g_new0(Batch, 1);
            uint8_t packet[ROOM];
            EspPlane *narrow = inbound ? there : here;

            esp_plane_add(here, sa_of(s, true, 1, &any, inbound ? &any : &dns));
            esp_plane_add(there, sa_of(s, false, 1, &any, inbound ? &dns : &any));
            for (size_t i = 0; i < 40; i++)
                batch_add(b, packet, datagram(packet, i % 2 ? 54 : 53));
            esp_plane_seal(here, b->bufs, b->n, NOW);
            if (inbound) {
                for (size_t i = 0; i < 40; i++)
                    assert_int_equal(b->bufs[i].status, ESP_OK);
                esp_plane_open(there, b->bufs, b->n, NOW);
            }
            for (size_t i = 0; i < 40; i++)
                assert_int_equal(b->bufs[i].status, i % 2 ? ESP_SELECTOR : ESP_OK);

            EspStats stats;

            esp_sa_stats(esp_plane_find(narrow, inbound ? 0x1001 : 0x1000), &stats);
            assert_int_equal(stats.drops[ESP_SELECTOR], 20);
        }
}

/* A packet that only looks like the one before: to another host, from another, of another family,
 * no IP at all. */
static void
test_packets_unlike_the_one_before_are_looked_at_anew(void **state)
{
    Ends e = ends_new(0, AEAD_CHOICE_AUTO, AEAD_CHOICE_AUTO);
    g_autofree Batch *b = g_new0(Batch, 1);
    uint8_t packet[ROOM];
    size_t len;

    (void)state;
    for (int i = 0; i < 3; i++) {
        batch_add(b, packet, packet_to(packet, 1, 3));
        batch_add(b, packet, packet_to(packet, 2, 3));
        len = kit_ip(packet, "10.0.0.6", "192.0.2.2", 17, 40);
        batch_add(b, packet, len);
        len = kit_ip(packet, "10.0.0.5", "192.0.2.9", 17, 40);
        batch_add(b, packet, len);
        len = kit_ip(packet, "::10.0.0.5", "::192.0.2.2", 17, 40);
        batch_add(b, packet, len);
        batch_add(b, packet, 19);
    }
    esp_plane_seal(e.here, b->bufs, b->n, NOW);
    for (size_t i = 0; i < b->n; i += 6) {
        assert_int_equal(b->bufs[i].status, ESP_OK);
        assert_int_equal(esp_sa_spi_in(b->bufs[i].sa), 0x1000);
        assert_int_equal(b->bufs[i + 1].status, ESP_OK);
        assert_int_equal(esp_sa_spi_in(b->bufs[i + 1].sa), 0x2000);
        assert_int_equal(b->bufs[i + 2].status, ESP_SELECTOR);
        assert_int_equal(b->bufs[i + 3].status, ESP_NO_SA);
        assert_int_equal(b->bufs[i + 4].status, ESP_NO_SA);
        assert_int_equal(b->bufs[i + 5].status, ESP_MALFORMED);
    }
    ends_free(&e);
}

static void
test_a_packet_limit_ends_within_a_batch(void **state)
{
    Selector any = selector_all(ADDR_V4);

    (void)state;
    for (size_t suite = 0; suite < G_N_ELEMENTS(kit_suites); suite++) {
        KitKeys mine, theirs;
        EspSaSetup setup = kit_setup(&kit_suites[suite], 'A', &mine, &theirs, &any, 1, &any, 1);
        g_autoptr(EspPlane) p = esp_plane_new();
        g_autofree Batch *b = g_new0(Batch, 1);
        uint8_t packet[ROOM];

        setup.max_packets = 25;
        esp_plane_add(p, esp_sa_new(&setup));
        for (size_t i = 0; i < 40; i++)
            batch_add(b, packet, packet_to(packet, 1, i));
        esp_plane_seal(p, b->bufs, b->n, NOW);
        for (size_t i = 0; i < b->n; i++) {
            Slice out = view(&b->bufs[i]);

            assert_int_equal(b->bufs[i].status, i < 25 ? ESP_OK : ESP_SPENT);
            if (i < 25)
                assert_int_equal(out.p[7], i + 1); /* the sequence number */
        }
    }
}

static int
by_octets(const void *a, const void *b)
{
    return memcmp(a, b, 16);
}

/* Beyond what is drawn at a time; two SAs of one plane draw from the same pool. */
static void
test_no_random_iv_comes_twice(void **state)
{
    enum { ROUNDS = 12 };
    g_autofree uint8_t *ivs = g_malloc((size_t)ROUNDS * PACKETS * 16);
    g_autofree Batch *b = g_new0(Batch, 1);
    size_t n = 0, cbc = 0, ones = 0;

    (void)state;
    while (strncmp(kit_suites[cbc].name, "AES-CBC", 7) != 0)
        cbc++;
    Ends e = ends_new(cbc, AEAD_CHOICE_AUTO, AEAD_CHOICE_AUTO);

    for (int round = 0; round < ROUNDS; round++) {
        uint8_t packet[ROOM];

        b->n = 0;
        for (size_t i = 0; i < PACKETS; i++)
            batch_add(b, packet, packet_to(packet, 1 + (unsigned)i % 2, 0));
        esp_plane_seal(e.here, b->bufs, b->n, NOW);
        for (size_t i = 0; i < PACKETS; i++)
            memcpy(ivs + 16 * n++, view(&b->bufs[i]).p + 8, 16);
    }
    for (size_t i = 0; i < 16 * n; i++)
        ones += (size_t)__builtin_popcount(ivs[i]);
    assert_in_range(ones, 16 * n * 4 - 16 * n / 25, 16 * n * 4 + 16 * n / 25); /* 1 % either way */
    qsort(ivs, n, 16, by_octets);
    for (size_t i = 1; i < n; i++)
        assert_memory_not_equal(ivs + 16 * (i - 1), ivs + 16 * i, 16);
    ends_free(&e);
}

/* Who has been heard and is asked: once a packet, as without batches. */
static void
test_questions_of_a_batch_are_counted_one_by_one(void **state)
{
    Ends e = ends_new(0, AEAD_CHOICE_AUTO, AEAD_CHOICE_AUTO);
    g_autofree Batch *b = g_new0(Batch, 1);
    uint8_t packet[ROOM], answer[ROOM];
    size_t len = kit_ip(packet, "10.0.0.5", "192.0.2.1", 6, 20);
    size_t answer_len = kit_ip(answer, "192.0.2.1", "10.0.0.5", 6, 20);
    EspStats stats;

    (void)state;
    packet[33] = answer[33] = 0x10; /* an acknowledgment, no reset */
    for (size_t round = 0; round < 3; round++) {
        b->n = 0;
        for (size_t i = 0; i < 10; i++)
            batch_add(b, packet, len);
        esp_plane_seal(e.here, b->bufs, b->n, NOW);
        esp_sa_stats(esp_plane_find(e.here, 0x1000), &stats);
        assert_int_equal(stats.asked, 10 * round); /* it has to be heard first */
        assert_int_equal(stats.asked_of != 0, round > 0);
        b->n = 0;
        for (size_t i = 0; i < 10; i++)
            batch_add(b, answer, answer_len);
        esp_plane_seal(e.there, b->bufs, b->n, NOW);
        esp_plane_open(e.here, b->bufs, b->n, NOW);
        esp_sa_stats(esp_plane_find(e.here, 0x1000), &stats);
        assert_int_equal(stats.packets_in, 10 * (round + 1));
        assert_int_equal(stats.asked_of, 0);
    }
    ends_free(&e);
}

/* To a name server. */
static size_t
question(uint8_t *out, const char *host)
{
    size_t len = kit_ip(out, "10.0.0.5", host, 17, 8);

    out[22] = 0;
    out[23] = 53;
    return len;
}

static void
test_questions_of_a_batch_count_to_those_who_have_been_heard(void **state)
{
    g_autofree Batch *b = g_new0(Batch, 1);
    Ends e = ends_new(0, AEAD_CHOICE_AUTO, AEAD_CHOICE_AUTO);
    uint8_t packet[ROOM];
    EspStats stats;

    (void)state;
    batch_add(b, packet, kit_ip(packet, "192.0.2.1", "10.0.0.5", 17, 8));
    esp_plane_seal(e.there, b->bufs, b->n, NOW);
    esp_plane_open(e.here, b->bufs, b->n, NOW);
    assert_int_equal(b->bufs[0].status, ESP_OK);
    b->n = 0;
    for (size_t i = 0; i < 7; i++)
        batch_add(b, packet, question(packet, i == 3 || i == 4 ? "192.0.2.2" : "192.0.2.1"));
    batch_add(b, packet, packet_to(packet, 1, 0)); /* no question */
    esp_plane_seal(e.here, b->bufs, b->n, NOW);
    for (size_t i = 0; i < b->n; i++)
        assert_int_equal(b->bufs[i].status, ESP_OK);
    esp_sa_stats(esp_plane_find(e.here, 0x1000), &stats);
    assert_int_equal(stats.asked, 5);
    assert_true(stats.asked_of == stats.heard);
    esp_sa_stats(esp_plane_find(e.here, 0x2000), &stats);
    assert_int_equal(stats.asked, 0);
    ends_free(&e);
}

typedef struct Incoming {
    EspPlane *plane;
    Batch *sealed;
    unsigned turns;
} Incoming;

static gpointer
open_all(gpointer data)
{
    const Incoming *in = data;

    for (unsigned turn = 0; turn < in->turns; turn++)
        esp_plane_open(in->plane, in->sealed[turn].bufs, in->sealed[turn].n, NOW);
    return NULL;
}

static void
seal_questions(EspPlane *plane, Batch *b)
{
    uint8_t packet[ROOM];

    b->n = 0;
    for (unsigned i = 0; i < PACKETS; i++) {
        g_autofree char *host = g_strdup_printf("192.0.2.%u", 1 + i % 3);

        batch_add(b, packet, i % 10 ? question(packet, host) : i % 3);
    }
    esp_plane_seal(plane, b->bufs, b->n, NOW);
}

/* Nothing is counted twice or forgotten, and counters may be read meanwhile. */
static void
test_one_thread_seals_while_another_opens(void **state)
{
    enum { TURNS = 8 };
    g_autofree Batch *sealed = g_new0(Batch, TURNS), *b = g_new0(Batch, 1);

    (void)state;
    for (size_t suite = 0; suite < G_N_ELEMENTS(kit_suites); suite += 3) {
        Ends e = ends_new(suite, AEAD_CHOICE_AUTO, AEAD_CHOICE_AUTO);
        Incoming in = { e.here, sealed, TURNS };
        uint8_t packet[ROOM];
        EspStats stats;
        GThread *opener;

        esp_plane_part(e.here);
        for (unsigned turn = 0; turn < TURNS; turn++) {
            sealed[turn].n = 0;
            for (unsigned i = 0; i < PACKETS; i++) {
                g_autofree char *host = g_strdup_printf("192.0.2.%u", 1 + i % 3);
                size_t len = kit_ip(packet, host, "10.0.0.5", 17, 8 + i);

                batch_add(&sealed[turn], packet, i % 10 ? len : 3); /* each tenth is no packet */
            }
            esp_plane_seal(e.there, sealed[turn].bufs, PACKETS, NOW);
        }
        opener = g_thread_new("opener", open_all, &in);
        for (unsigned turn = 0; turn < TURNS; turn++) {
            seal_questions(e.here, b);
            esp_sa_stats(esp_plane_find(e.here, 0x1000), &stats);
            assert_int_equal(stats.packets_out, (turn + 1) * PACKETS / 3 * 9 / 10);
            assert_true(stats.packets_in <= TURNS * PACKETS / 3 * 9 / 10);
        }
        g_thread_join(opener);
        for (unsigned n = 1; n <= 3; n++) {
            esp_sa_stats(esp_plane_find(e.here, 0x1000 * n), &stats);
            assert_int_equal(stats.packets_out, TURNS * PACKETS / 3 * 9 / 10);
            assert_int_equal(stats.packets_in, TURNS * PACKETS / 3 * 9 / 10);
            assert_int_equal(stats.seq_out, stats.packets_out);
            assert_true(stats.asked <= stats.packets_out);
        }
        assert_int_equal(esp_plane_drops(e.here, ESP_MALFORMED), 2 * TURNS * PACKETS / 10);
        ends_free(&e);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_batches_of_several_sas_arrive_whatever_engine_each_end_has),
        cmocka_unit_test(test_of_copies_in_one_batch_one_authentic_one_passes),
        cmocka_unit_test(test_the_window_moves_within_a_batch_and_for_the_authentic_alone),
        cmocka_unit_test(test_what_selectors_say_of_a_packet_is_not_said_of_the_next),
        cmocka_unit_test(test_packets_unlike_the_one_before_are_looked_at_anew),
        cmocka_unit_test(test_a_packet_limit_ends_within_a_batch),
        cmocka_unit_test(test_no_random_iv_comes_twice),
        cmocka_unit_test(test_questions_of_a_batch_are_counted_one_by_one),
        cmocka_unit_test(test_questions_of_a_batch_count_to_those_who_have_been_heard),
        cmocka_unit_test(test_one_thread_seals_while_another_opens),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
