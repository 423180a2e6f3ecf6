/* test_esp_merge.c - agent/esp/esp_merge.c, and esp_split.c as its reverse. */
#include "agent/esp/esp_merge.h"
#include "agent/esp/esp_split.h"
#include "tests/support/gso_kit.h"
#include "tests/support/test.h"

enum { ROOM = 2048 };

typedef struct Batch {
    EspMerge merge;
    size_t n;
    uint8_t rooms[ESP_MERGE_MAX][ROOM];
    size_t lens[ESP_MERGE_MAX];
    uint8_t was[ESP_MERGE_MAX][ROOM]; /* before merging wrote into headers */
} Batch;

static Batch batch;

static void
begin(bool udp)
{
    batch.n = 0;
    esp_merge_begin(&batch.merge, udp);
}

static void
add_octets(const uint8_t *p, size_t len)
{
    size_t i = batch.n++;

    memcpy(batch.rooms[i], p, len);
    memcpy(batch.was[i], p, len);
    batch.lens[i] = len;
    esp_merge_add(&batch.merge, batch.rooms[i], len);
}

static void
add(const GsoKit *k)
{
    uint8_t p[ROOM];
    size_t len = gso_kit(k, p);

    add_octets(p, len);
}

/* Run @i as one piece of octets. */
static size_t
piece(size_t i, EspGso *ret, uint8_t *out)
{
    Slice pieces[ESP_MERGE_MAX];
    size_t n = esp_merge_run(&batch.merge, i, ret, pieces), len = 0;

    for (size_t k = 0; k < n; k++) {
        assert_true(len + pieces[k].len <= GSO_KIT_MAX);
        memcpy(out + len, pieces[k].p, pieces[k].len);
        len += pieces[k].len;
    }
    return len;
}

/* Packets @from up to @to are one run at place @i, and cutting it gives them back. */
static void
assert_run(size_t i, size_t from, size_t to)
{
    g_autofree uint8_t *whole = g_malloc(GSO_KIT_MAX);
    uint8_t got[ROOM];
    EspSplit s;
    EspGso g;
    size_t len = piece(i, &g, whole);

    if (to - from == 1) {
        assert_int_equal(g.type, ESP_GSO_NONE);
        assert_int_equal(g.flags, 0);
        assert_int_equal(len, batch.lens[from]);
        assert_memory_equal(whole, batch.was[from], len);
        return;
    }
    assert_int_equal(esp_split_init(&s, &g, (Slice){ whole, len }), ESP_GSO_OK);
    for (size_t k = from; k < to; k++) {
        assert_int_equal(esp_split_next_len(&s), batch.lens[k]);
        esp_split_next(&s, got);
        assert_memory_equal(got, batch.was[k], batch.lens[k]);
    }
    assert_int_equal(esp_split_next_len(&s), 0);
}

static const GsoKit bases[] = {
    { .payload = 1000, .seq = 5 },
    { .payload = 1000, .seq = 0xfffffc00, .id = 0xfffe, .may_fragment = true },
    { .payload = 1000, .options = "0101080a0000000100000002", .tos = 0x02 },
    { .payload = 1000, .v6 = true, .tos = 0xb8 },
    { .payload = 1000, .v6 = true, .options = "0101080a0000000100000002" },
    { .payload = 1000, .flags = 0x50 },
    { .payload = 1000, .udp = true, .id = 9 },
    { .payload = 1000, .udp = true, .v6 = true },
};

/* The packet @i behind @base in its flow. */
static GsoKit
nth(const GsoKit *base, size_t i)
{
    GsoKit k = *base;

    k.seq += (uint32_t)(i * base->payload);
    k.id = (uint16_t)(k.id + i);
    k.fill = (uint32_t)i;
    return k;
}

static void
test_segments_in_sequence_become_one_and_are_cut_into_the_same(void **state)
{
    (void)state;
    for (size_t b = 0; b < G_N_ELEMENTS(bases); b++) {
        GsoKit k;

        begin(true);
        for (size_t i = 0; i < 40; i++) {
            k = nth(&bases[b], i);
            add(&k);
        }
        k = nth(&bases[b], 40);
        k.payload = 17; /* the last is shorter */
        add(&k);
        assert_int_equal(esp_merge_runs(&batch.merge), 1);
        assert_run(0, 0, 41);
    }
}

static void
test_a_run_ends_with_push_or_a_shorter_one(void **state)
{
    GsoKit k;

    (void)state;
    for (size_t b = 0; b < G_N_ELEMENTS(bases); b++) {
        begin(true);
        for (size_t i = 0; i < 6; i++) {
            k = nth(&bases[b], i);
            if (i == 2) {
                k.flags |= k.udp ? 0 : 0x18;
                k.payload -= k.udp ? 1 : 0;
            }
            add(&k);
        }
        assert_int_equal(esp_merge_runs(&batch.merge), 2);
        assert_run(0, 0, 3);
        assert_run(1, 3, 6);
    }
    /* One that is larger than the first is the first of the next. */
    begin(true);
    k = (GsoKit){ .payload = 100 };
    add(&k);
    k = (GsoKit){ .payload = 200, .seq = 100, .id = 1 };
    add(&k);
    k = (GsoKit){ .payload = 200, .seq = 300, .id = 2 };
    add(&k);
    assert_int_equal(esp_merge_runs(&batch.merge), 2);
    assert_run(0, 0, 1);
    assert_run(1, 1, 3);
}

static void
vary(GsoKit *k, size_t how)
{
    switch (how) {
    case 0:
        k->seq++;
        break;
    case 1:
        k->ack = 77;
        break;
    case 2:
        k->window = 501;
        break;
    case 3:
        k->tos ^= 1;
        break;
    case 4:
        k->ttl = 63;
        break;
    case 5:
        k->options = "0101080a0000000100000003";
        break;
    case 6:
        k->flags = 0x11; /* FIN */
        break;
    case 7:
        k->flags = 0x90; /* CWR */
        break;
    case 8:
        k->flags = 0x14; /* RST */
        break;
    case 9:
        k->flags = 0x30; /* URG */
        break;
    case 10:
        k->may_fragment = !k->may_fragment;
        break;
    case 11:
        k->payload = 0;
        break;
    case 12:
        k->ip_options = "01010101";
        break;
    case 13:
        k->flags = 0x02; /* SYN */
        break;
    default:
        g_assert_not_reached();
    }
}

static void
test_a_segment_that_differs_is_not_merged_and_nothing_overtakes_it(void **state)
{
    GsoKit base = { .payload = 500, .options = "0101080a0000000100000002" };

    (void)state;
    for (size_t how = 0; how < 14; how++)
        for (size_t at = 0; at < 5; at++) {
            size_t runs, from = 0;

            begin(true);
            for (size_t i = 0; i < 5; i++) {
                GsoKit k = nth(&base, i);

                if (i == at)
                    vary(&k, how);
                add(&k);
            }
            /* In order, whatever they were merged into. */
            runs = esp_merge_runs(&batch.merge);
            assert_in_range(runs, 2, 3);
            for (size_t i = 0; i < runs; i++) {
                size_t n = batch.merge.runs[i].n;

                assert_true(n == 1 || at < from || at >= from + n || (how == 0 && at == 0));
                assert_run(i, from, from + n);
                from += n;
            }
            assert_int_equal(from, 5);
        }
}

/* RFC 6864 §4.1: without DF it tells fragments apart, with it it is nothing. */
static void
test_the_identification_counts_where_fragments_may_be(void **state)
{
    (void)state;
    for (int may = 0; may < 2; may++) {
        begin(true);
        for (size_t i = 0; i < 4; i++) {
            GsoKit k = { .payload = 500, .seq = (uint32_t)(i * 500), .may_fragment = may };

            add(&k); /* all of one identification */
        }
        assert_int_equal(esp_merge_runs(&batch.merge), may ? 4 : 1);
    }
}

static void
test_flows_are_merged_beside_each_other(void **state)
{
    (void)state;
    begin(true);
    for (size_t i = 0; i < 120; i++) {
        GsoKit k = nth(&bases[i % 3 ? 0 : 6], i / 12);

        k.src_port = (uint16_t)(1000 + i % 12);
        add(&k);
    }
    assert_int_equal(esp_merge_runs(&batch.merge), 12);
    for (size_t i = 0; i < 12; i++) {
        uint8_t whole[65535];
        EspGso g;

        assert_int_equal(piece(i, &g, whole), (i % 3 ? 40 : 28) + 10 * 1000);
        assert_int_equal(gso_get16(whole + 20), 1000 + i);
    }
}

static void
test_a_wrong_checksum_is_left_for_its_receiver(void **state)
{
    (void)state;
    for (size_t b = 0; b < G_N_ELEMENTS(bases); b++)
        for (size_t bad = 0; bad < 4; bad++)
            for (size_t where = 0; where < 3; where++) {
                size_t from = 0;

                begin(true);
                for (size_t i = 0; i < 4; i++) {
                    GsoKit k = nth(&bases[b], i);
                    uint8_t p[ROOM];
                    size_t len = gso_kit(&k, p);

                    if (i == bad && where == 0)
                        gso_csum_at(p)[0] ^= 1;
                    if (i == bad && where == 1)
                        p[len - 1] ^= 0x80;
                    if (i == bad && where == 2 && !k.v6)
                        p[10] ^= 0x10; /* of IPv4 */
                    else if (i == bad && where == 2)
                        p[39] ^= 1; /* another address: another flow */
                    add_octets(p, len);
                }
                for (size_t i = 0; i < esp_merge_runs(&batch.merge); i++) {
                    size_t n = batch.merge.runs[i].n;

                    assert_true(n == 1 || bases[b].v6 || bad < from || bad >= from + n);
                    if (!bases[b].v6 || where < 2)
                        assert_run(i, from, from + n);
                    from += n;
                }
                assert_int_equal(from, 4);
            }
}

static void
test_udp_is_merged_only_where_that_is_taken(void **state)
{
    (void)state;
    begin(false);
    for (size_t i = 0; i < 5; i++) {
        GsoKit k = nth(&bases[6], i);

        add(&k);
    }
    assert_int_equal(esp_merge_runs(&batch.merge), 5);
    begin(true); /* without a checksum there is nothing to check */
    for (size_t i = 0; i < 5; i++) {
        GsoKit k = nth(&bases[6], i);
        uint8_t p[ROOM];
        size_t len = gso_kit(&k, p);

        gso_put16(gso_csum_at(p), 0);
        add_octets(p, len);
    }
    assert_int_equal(esp_merge_runs(&batch.merge), 5);
    begin(true);
    for (size_t i = 0; i < 100; i++) { /* no more than a kernel takes */
        GsoKit k = nth(&bases[6], i);

        k.payload = 100;
        add(&k);
    }
    assert_int_equal(esp_merge_runs(&batch.merge), 2);
    assert_run(0, 0, 64);
    assert_run(1, 64, 100);
}

/* A fragment has no ports: it may be of the flow, and keeps its place. */
static void
test_what_is_of_no_flow_keeps_its_place_in_all(void **state)
{
    (void)state;
    begin(true);
    for (size_t i = 0; i < 6; i++) {
        GsoKit k = nth(&bases[6], i);
        uint8_t p[ROOM];
        size_t len = gso_kit(&k, p);

        if (i == 3) {
            p[6] = 0x20;
            gso_sum_up(p, len);
        }
        add_octets(p, len);
    }
    assert_int_equal(esp_merge_runs(&batch.merge), 3);
    assert_run(0, 0, 3);
    assert_run(1, 3, 4);
    assert_run(2, 4, 6);
}

static void
test_a_run_is_no_larger_than_a_packet_can_be(void **state)
{
    (void)state;
    begin(true);
    for (size_t i = 0; i < 50; i++) {
        GsoKit k = nth(&bases[0], i);

        k.payload = 1900;
        k.seq = (uint32_t)(i * 1900);
        add(&k);
    }
    assert_int_equal(esp_merge_runs(&batch.merge), 2);
    assert_run(0, 0, 34);
    assert_run(1, 34, 50);
}

/* Whatever comes: the same packets, each flow's in order. */
static void
test_by_chance_nothing_is_lost_or_overtaken(void **state)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(4303);

    (void)state;
    for (int round = 0; round < 400; round++) {
        GsoKit flows[6];
        size_t of_flow[ESP_MERGE_MAX], at[6] = { 0 }, seen = 0;

        for (size_t f = 0; f < 6; f++) {
            flows[f] = bases[g_rand_int(rand) % G_N_ELEMENTS(bases)];
            flows[f].src_port = (uint16_t)(100 + f);
            flows[f].payload = 1 + g_rand_int(rand) % 1400;
        }
        begin(g_rand_boolean(rand));
        for (size_t i = 0; i < ESP_MERGE_MAX; i++) {
            size_t f = of_flow[i] = g_rand_int(rand) % 6;
            GsoKit k = flows[f];

            if (g_rand_int(rand) % 16 == 0)
                vary(&k, g_rand_int(rand) % 14);
            else if (g_rand_int(rand) % 16 == 0)
                k.flags = 0x18;
            if (g_rand_int(rand) % 16 == 0)
                k.payload = 1 + g_rand_int(rand) % 1400;
            add(&k);
            flows[f].seq = k.seq + (uint32_t)k.payload;
            flows[f].id++;
        }
        /* Cut every run again and compare with the next packets of its flow. */
        for (size_t r = 0; r < esp_merge_runs(&batch.merge); r++) {
            uint8_t whole[GSO_KIT_MAX], got[ROOM];
            bool cut;
            EspGso g;
            EspSplit s;
            size_t len = piece(r, &g, whole), f = gso_get16(whole + gso_ip_len(whole)) - 100;

            cut = g.type != ESP_GSO_NONE;
            if (cut)
                assert_int_equal(esp_split_init(&s, &g, (Slice){ whole, len }), ESP_GSO_OK);
            do {
                while (of_flow[at[f]] != f)
                    at[f]++;
                if (cut) {
                    len = esp_split_next_len(&s);
                    esp_split_next(&s, got);
                }
                assert_int_equal(len, batch.lens[at[f]]);
                assert_memory_equal(cut ? got : whole, batch.was[at[f]], len);
                at[f]++;
                seen++;
            } while (cut && esp_split_next_len(&s));
        }
        assert_int_equal(seen, ESP_MERGE_MAX);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_segments_in_sequence_become_one_and_are_cut_into_the_same),
        cmocka_unit_test(test_a_run_ends_with_push_or_a_shorter_one),
        cmocka_unit_test(test_a_segment_that_differs_is_not_merged_and_nothing_overtakes_it),
        cmocka_unit_test(test_the_identification_counts_where_fragments_may_be),
        cmocka_unit_test(test_flows_are_merged_beside_each_other),
        cmocka_unit_test(test_a_wrong_checksum_is_left_for_its_receiver),
        cmocka_unit_test(test_udp_is_merged_only_where_that_is_taken),
        cmocka_unit_test(test_what_is_of_no_flow_keeps_its_place_in_all),
        cmocka_unit_test(test_a_run_is_no_larger_than_a_packet_can_be),
        cmocka_unit_test(test_by_chance_nothing_is_lost_or_overtaken),
    };

    return cmocka_run_group_tests_name("esp_merge", tests, NULL, NULL);
}
