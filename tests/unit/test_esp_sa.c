/* test_esp_sa.c - agent/esp/esp_sa.c and esp_seal.c; test_esp_open.c: what comes in */

#include "tests/support/esp_exact.h"

static void
round_trip(const KitSuite *s, EspSa *a, EspSa *b, bool v6, size_t payload)
{
    uint8_t packet[KIT_ROOM];
    size_t len = client_packet(packet, v6, payload), overhead = esp_sa_overhead(a, len);
    KitBuf k;
    EspBuf *buf = kit_buf(&k, packet, len);

    if (esp_sa_seal(a, buf, NOW) != ESP_OK)
        fail_msg("%s: sealing %zu octets: %s", s->name, len, esp_status_name(buf->status));
    assert_int_equal(buf->len, len + overhead);
    assert_int_equal(esp_overhead(&s->suite, len), overhead);
    assert_int_equal((buf->len - 8 - s->iv - s->icv) % 4, 0); /* RFC 4303 §2.4 */
    if (esp_sa_open(b, buf, NOW + 1) != ESP_OK)
        fail_msg("%s: opening %zu octets: %s", s->name, len, esp_status_name(buf->status));
    assert_int_equal(buf->len, len);
    assert_memory_equal(buf->base + buf->off, packet, len);
}

static void
test_every_suite_round_trips_both_families_and_every_length(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(kit_suites); i++) {
        g_autoptr(EspSa) a = kit_sa(&kit_suites[i], 'A');
        g_autoptr(EspSa) b = kit_sa(&kit_suites[i], 'B');

        if (!a || !b)
            fail_msg("%s is missing", kit_suites[i].name);
        for (size_t payload = 0; payload < 70; payload++) {
            round_trip(&kit_suites[i], a, b, false, payload);
            round_trip(&kit_suites[i], a, b, true, payload);
        }
        round_trip(&kit_suites[i], a, b, false, 1380);
    }
}

static void
test_counters_tell_what_passed(void **state)
{
    g_autoptr(EspSa) a = kit_sa(&kit_suites[0], 'A');
    g_autoptr(EspSa) b = kit_sa(&kit_suites[0], 'B');
    EspStats out, in;

    (void)state;
    round_trip(&kit_suites[0], a, b, false, 10);
    round_trip(&kit_suites[0], a, b, true, 10);
    esp_sa_stats(a, &out);
    esp_sa_stats(b, &in);
    assert_int_equal(out.packets_out, 2);
    assert_int_equal(out.octets_out, 20 + 10 + 40 + 10);
    assert_int_equal(out.packets_in, 0);
    assert_int_equal(out.last_out, NOW);
    assert_int_equal(out.last_in, 0);
    assert_int_equal(out.seq_out, 2);
    assert_int_equal(in.packets_in, 2);
    assert_int_equal(in.octets_in, 80);
    assert_int_equal(in.last_in, NOW + 1);
    assert_int_equal(in.replay_top, 2);
    assert_int_equal(in.replay_bits, 3);
}

/* RFC 4303 §2.4: padding is 1, 2, 3 ..., and here as little as alignment asks; §2.6: next header 4
 * or 41; RFC 4106 §3.1: the IV of a counter mode must not repeat, ours is the sequence number. */
static void
test_a_second_implementation_opens_what_we_seal(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(kit_suites); i++) {
        const KitSuite *s = &kit_suites[i];
        KitKeys keys = kit_keys(s, 'A');
        g_autoptr(EspSa) a = kit_sa(s, 'A');
        size_t align = MAX(s->block, 4u);

        for (uint32_t n = 1; n <= 40; n++) {
            uint8_t packet[KIT_ROOM], plain[KIT_ROOM];
            bool v6 = n % 2;
            size_t len = client_packet(packet, v6, n);
            size_t pad = (align - (len + 2) % align) % align;
            KitBuf k;
            EspBuf *buf = kit_buf(&k, packet, len);
            const uint8_t *wire;

            assert_int_equal(esp_sa_seal(a, buf, NOW), ESP_OK);
            wire = buf->base + buf->off;
            assert_memory_equal(wire, "\x00\x02\x00\x2b\x00\x00\x00", 7); /* KIT_SPI_B */
            assert_int_equal(wire[7], n);
            if (!s->digest)
                assert_memory_equal(wire + 8, ((uint8_t[8]){ [7] = (uint8_t)n }), 8);
            assert_int_equal(kit_open(s, &keys, wire, buf->len, plain), len + pad + 2);
            assert_memory_equal(plain, packet, len);
            for (size_t p = 0; p < pad; p++)
                assert_int_equal(plain[len + p], p + 1);
            assert_int_equal(plain[len + pad], pad);
            assert_int_equal(plain[len + pad + 1], v6 ? 41 : 4);
        }
    }
}

/* RFC 3602 §3: the IV of CBC is not to be foretold; at the least it never shows a pattern such as
 * repetition, also beyond the pool it is drawn from. */
static void
test_no_cbc_iv_comes_twice(void **state)
{
    const KitSuite *s = &kit_suites[5];
    g_autoptr(EspSa) a = kit_sa(s, 'A');
    g_autoptr(GHashTable) seen =
        g_hash_table_new_full(g_bytes_hash, g_bytes_equal, (GDestroyNotify)g_bytes_unref, NULL);
    uint8_t packet[KIT_ROOM];
    size_t len = client_packet(packet, false, 8);

    (void)state;
    assert_string_equal(s->name, "AES-CBC-256/SHA1_96");
    for (int i = 0; i < 1000; i++) {
        KitBuf k;
        EspBuf *buf = kit_buf(&k, packet, len);

        assert_int_equal(esp_sa_seal(a, buf, NOW), ESP_OK);
        assert_true(g_hash_table_add(seen, g_bytes_new(buf->base + buf->off + 8, s->iv)));
    }
}

/* RFC 4106 §3.1, RFC 7634 §2: the same nonce twice under one key would give the key away. */
static void
test_no_iv_of_an_aead_comes_twice(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(kit_suites); i++) {
        const KitSuite *s = &kit_suites[i];
        g_autoptr(EspSa) a = NULL;
        uint8_t packet[KIT_ROOM];
        size_t len = client_packet(packet, false, 8);
        uint64_t last = 0;

        if (s->digest) /* CBC: its IVs are random */
            continue;
        a = kit_sa(s, 'A');
        for (int k = 0; k < 100000; k++) {
            KitBuf b;
            EspBuf *buf = kit_buf(&b, packet, len);
            uint64_t iv = 0;

            assert_int_equal(esp_sa_seal(a, buf, NOW), ESP_OK);
            for (size_t at = 0; at < s->iv; at++)
                iv = iv << 8 | buf->base[buf->off + 8 + at];
            assert_true(iv > last); /* it only ever counts up */
            last = iv;
        }
    }
}

static void
test_what_the_host_sends_is_checked_too(void **state)
{
    g_autoptr(EspSa) a = kit_sa(&kit_suites[0], 'A');
    uint8_t packet[KIT_ROOM];
    size_t len = client_packet(packet, false, 8);
    KitBuf k;
    EspBuf *b;

    (void)state;
    for (size_t cut = 0; cut < len; cut++)
        assert_int_equal(seal_packet(a, packet, cut), ESP_MALFORMED);
    /* Octets behind the packet stay at home. */
    b = kit_buf(&k, packet, len + 100);
    assert_int_equal(esp_sa_seal(a, b, NOW), ESP_OK);
    assert_int_equal(b->len, len + esp_sa_overhead(a, len));
}

/* Exactly sized: a sanitizer sees one octet too far. */
static void
seal_in_little_room(const KitSuite *s, size_t payload, size_t missing)
{
    g_autoptr(EspSa) a = kit_sa(s, 'A');
    uint8_t packet[KIT_ROOM];
    size_t len = client_packet(packet, false, payload), head = 8 + s->iv;
    size_t need = len + esp_sa_overhead(a, len);
    g_autofree uint8_t *room = g_malloc(need);
    EspBuf front = { .base = room, .cap = (uint32_t)need, .off = (uint32_t)(head - missing) };
    EspBuf back = front;

    memcpy(room + front.off, packet, len);
    front.len = (uint32_t)len;
    assert_int_equal(esp_sa_seal(a, &front, NOW), missing ? ESP_MALFORMED : ESP_OK);
    memcpy(room + head, packet, len);
    back.off = (uint32_t)head;
    back.len = (uint32_t)len;
    back.cap = (uint32_t)(need - missing);
    assert_int_equal(esp_sa_seal(a, &back, NOW), missing ? ESP_MALFORMED : ESP_OK);
}

/* Every length of padding. */
static void
test_a_buffer_without_room_is_refused_untouched(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(kit_suites); i++)
        for (size_t payload = 9; payload < 9 + 16; payload++) {
            seal_in_little_room(&kit_suites[i], payload, 0);
            seal_in_little_room(&kit_suites[i], payload, 1);
        }
}

/* RFC 4303 §3.3.3: a sequence number is never used twice; before that the SA is spent. */
static void
test_the_packet_limit_is_kept(void **state)
{
    const KitSuite *s = &kit_suites[0];
    Selector all = selector_all(ADDR_V4);
    KitKeys mine, theirs;
    EspSaSetup setup = kit_setup(s, 'A', &mine, &theirs, &all, 1, &all, 1);
    uint8_t packet[KIT_ROOM];
    size_t len = client_packet(packet, false, 8);
    EspStats stats;

    (void)state;
    setup.max_packets = 3;
    g_autoptr(EspSa) a = esp_sa_new(&setup);

    for (int i = 0; i < 3; i++)
        assert_int_equal(seal_packet(a, packet, len), ESP_OK);
    assert_int_equal(seal_packet(a, packet, len), ESP_SPENT);
    assert_int_equal(seal_packet(a, packet, len), ESP_SPENT);
    esp_sa_stats(a, &stats);
    assert_int_equal(stats.seq_out, 3);
    assert_int_equal(stats.drops[ESP_SPENT], 2);
}

static void
test_an_impossible_setup_is_refused(void **state)
{
    const KitSuite *gcm = &kit_suites[0];
    Selector all = selector_all(ADDR_V4), many[ESP_SELECTORS_MAX + 1];
    KitKeys mine, theirs;
    EspSaSetup good = kit_setup(gcm, 'A', &mine, &theirs, &all, 1, &all, 1), bad;

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(many); i++)
        many[i] = all;
#define REFUSED(field, value)                                                                      \
    do {                                                                                           \
        bad = good;                                                                                \
        bad.field = (value);                                                                       \
        assert_null(esp_sa_new(&bad));                                                             \
    } while (0)
    REFUSED(spi_in, 0);
    REFUSED(spi_in, 255);
    REFUSED(spi_out, 0); /* it would read as the non-ESP marker */
    REFUSED(spi_out, 255);
    REFUSED(n_local, 0);
    REFUSED(n_remote, 0);
    REFUSED(key_in.len, good.key_in.len - 1);
    REFUSED(key_out.len, good.key_out.len + 1);
    REFUSED(integ_in, ((Slice){ mine.integ, 20 }));
    REFUSED(seq_from, UINT64_C(1) << 32);
    REFUSED(suite.encr, ENCR_NULL);
    REFUSED(suite.encr, ENCR_DES);
    REFUSED(suite.encr, 9999);
    REFUSED(suite.key_bits, 100);
    REFUSED(suite.integ, AUTH_HMAC_SHA1_96);
#undef REFUSED
    bad = good;
    bad.local = bad.remote = many;
    bad.n_local = ESP_SELECTORS_MAX + 1;
    assert_null(esp_sa_new(&bad));
    bad.n_local = bad.n_remote = ESP_SELECTORS_MAX;
    g_autoptr(EspSa) sa = esp_sa_new(&bad);

    assert_non_null(sa);
}

/* For whom silence is a sign: who has been heard before, by this SA or the one before it. */
static void
test_questions_count_to_those_who_have_been_heard(void **state)
{
    g_autoptr(EspSa) a = kit_sa(&kit_suites[0], 'A');
    g_autoptr(EspSa) b = kit_sa(&kit_suites[0], 'B');
    uint8_t ask[128], answer[128];
    size_t n_ask = kit_ip(ask, CLIENT4, SERVER4, 1, 8),
           n_answer = kit_ip(answer, SERVER4, CLIENT4, 1, 8);
    EspStats stats;
    KitBuf k;
    EspBuf *p;

    (void)state;
    ask[20] = 8; /* echo request */
    assert_int_equal(esp_sa_seal(a, kit_buf(&k, ask, n_ask), 1), ESP_OK);
    esp_sa_stats(a, &stats);
    assert_int_equal(stats.asked, 0);
    assert_int_equal(stats.heard, 0);
    p = kit_buf(&k, answer, n_answer);
    assert_int_equal(esp_sa_seal(b, p, 2), ESP_OK);
    assert_int_equal(esp_sa_open(a, p, 3), ESP_OK);
    for (unsigned i = 1; i <= 3; i++) {
        assert_int_equal(esp_sa_seal(a, kit_buf(&k, ask, n_ask), 4), ESP_OK);
        esp_sa_stats(a, &stats);
        assert_int_equal(stats.asked, i);
        assert_int_equal(__builtin_popcountll(stats.heard), 1);
        assert_true(stats.asked_of == stats.heard);
    }
    p = kit_buf(&k, answer, n_answer);
    assert_int_equal(esp_sa_seal(b, p, 5), ESP_OK);
    assert_int_equal(esp_sa_open(a, p, 6), ESP_OK);
    esp_sa_stats(a, &stats);
    assert_int_equal(stats.asked_of, 0);
    assert_int_equal(stats.asked, 3);
}

static void
test_every_status_has_its_own_name(void **state)
{
    (void)state;
    for (EspStatus a = 0; a < ESP_STATUS_N; a++)
        for (EspStatus b = 0; b < a; b++)
            assert_string_not_equal(esp_status_name(a), esp_status_name(b));
    assert_string_equal(esp_status_name(ESP_REPLAYED), "replayed");
}

static void
test_counters_add_up(void **state)
{
    const EspStats more = { .packets_in = 1,
                            .packets_out = 2,
                            .octets_in = 3,
                            .octets_out = 4,
                            .drops[ESP_FORGED] = 5,
                            .last_in = 60,
                            .last_out = 7,
                            .seq_out = 8,
                            .heard = 1,
                            .asked = 9,
                            .asked_of = 2 };
    EspStats sum = { .packets_in = 10, .last_in = 6, .last_out = 70, .heard = 4, .seq_out = 80 };

    (void)state;
    esp_stats_add(&sum, &more);
    assert_int_equal(sum.packets_in, 11);
    assert_int_equal(sum.packets_out, 2);
    assert_int_equal(sum.octets_in, 3);
    assert_int_equal(sum.octets_out, 4);
    assert_int_equal(sum.drops[ESP_FORGED], 5);
    assert_int_equal(sum.last_in, 60);
    assert_int_equal(sum.last_out, 70);
    assert_int_equal(sum.heard, 5);
    assert_int_equal(sum.asked, 9);
    assert_int_equal(sum.asked_of, 2);
    assert_int_equal(sum.seq_out, 80); /* of one window alone */
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counters_add_up),
        cmocka_unit_test(test_every_suite_round_trips_both_families_and_every_length),
        cmocka_unit_test(test_counters_tell_what_passed),
        cmocka_unit_test(test_a_second_implementation_opens_what_we_seal),
        cmocka_unit_test(test_no_cbc_iv_comes_twice),
        cmocka_unit_test(test_no_iv_of_an_aead_comes_twice),
        cmocka_unit_test(test_what_the_host_sends_is_checked_too),
        cmocka_unit_test(test_a_buffer_without_room_is_refused_untouched),
        cmocka_unit_test(test_the_packet_limit_is_kept),
        cmocka_unit_test(test_an_impossible_setup_is_refused),
        cmocka_unit_test(test_questions_count_to_those_who_have_been_heard),
        cmocka_unit_test(test_every_status_has_its_own_name),
    };

    return cmocka_run_group_tests_name("esp_sa", tests, NULL, NULL);
}
