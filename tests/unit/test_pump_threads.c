/* test_pump_threads.c - agent/link/pump_threads.c: whatever else is wanted of a pump while its
 * threads always have more to do than they can. */

#include "tests/support/pump_kit.h"

typedef struct Flood {
    const End *from[2];
    size_t n;
    int ended; /* atomic */
    GThread *sender;
} Flood;

/* Into the inside of each by turns; a full one is left for the next turn. */
static gpointer
send_without_end(gpointer data)
{
    Flood *f = data;
    uint8_t room[ESP_GSO_HEADER + KIT_ROOM];
    static const EspGso none = { .type = ESP_GSO_NONE };

    esp_gso_encode(&none, room);
    while (!g_atomic_int_get(&f->ended)) {
        for (size_t i = 0; i < f->n; i++) {
            const End *e = f->from[i];
            const char *src = e->side == 'A' ? CLIENT4 : SERVER4;
            size_t len =
                kit_ip(room + ESP_GSO_HEADER, src, e->side == 'A' ? SERVER4 : CLIENT4, 17, 1200);

            (void)!send(e->inside, room + ESP_GSO_HEADER - header_len(), header_len() + len,
                        MSG_DONTWAIT);
        }
        g_thread_yield();
    }
    return NULL;
}

static void
flood_begin(Flood *f, const End *a, const End *b)
{
    *f = (Flood){ .from = { a, b }, .n = b ? 2 : 1 };
    f->sender = g_thread_new("flood", send_without_end, f);
}

static void
flood_end(Flood *f)
{
    g_atomic_int_set(&f->ended, 1);
    g_thread_join(f->sender);
}

/* One more that @e knows, beside those that carry. */
static EspSa *
another_sa(uint32_t spi)
{
    Selector local = selector_all(ADDR_V4), remote = kit_selector("10.0.0.6");
    KitKeys mine, theirs;
    EspSaSetup setup = kit_setup(&kit_suites[0], 'B', &mine, &theirs, &local, 1, &remote, 1);

    setup.spi_in = spi;
    return esp_sa_new(&setup);
}

/* What carries from round @i on. */
static EspSa *
next_sa(char side, uint32_t i)
{
    Selector narrow = kit_selector(CLIENT4), wide = selector_all(ADDR_V4);
    bool a = side == 'A';
    KitKeys mine, theirs;
    EspSaSetup setup = kit_setup(&kit_suites[0], side, &mine, &theirs, a ? &narrow : &wide, 1,
                                 a ? &wide : &narrow, 1);

    setup.spi_in += i;
    setup.spi_out += i;
    return esp_sa_new(&setup);
}

static uint32_t
spi_of(const End *e, uint32_t i)
{
    return (e->side == 'A' ? KIT_SPI_A : KIT_SPI_B) + i;
}

static uint64_t
carried(const End *e, uint32_t i)
{
    EspStats stats;

    assert_true(pump_stats(e->pump, spi_of(e, i), &stats));
    return stats.packets_in;
}

/* Over what carries from round @i on. */
static void
await_more(const End *e, uint32_t i)
{
    uint64_t before = carried(e, i);

    while (carried(e, i) == before)
        g_thread_yield();
}

/* What a datagram loses on its way is sent again, as IKE does, and none of it waits for the flood
 * to end: it ends when all is done. */
static void
test_neither_starves_the_other_while_data_has_no_end(void **state)
{
    Flood flood;
    Endpoint to;
    End a, b;

    (void)state;
    pair_init(&a, &b, &kit_suites[0]);
    to = udp_sock_local(a.natt);
    flood_begin(&flood, &a, NULL);
    for (uint32_t i = 0; i < 50; i++) {
        unsigned heard = b.n_ike;
        EspStats stats;

        while (b.n_ike == heard) {
            udp_sock_send(a.natt, &(IkeDatagram){ .octets = slice_of("IKE!!") });
            g_main_context_iteration(NULL, FALSE);
        }
        pump_add_in(b.pump, another_sa(0x30000 + i), &to);
        pump_out(b.pump, 0x30000 + i);
        pump_remove(b.pump, 0x30000 + i);
        assert_false(pump_stats(b.pump, 0x30000 + i, &stats));
        await_more(&b, 0);
    }
    flood_end(&flood);
    end_clear(&a);
    end_clear(&b);
}

/* The SAs that carry, too, as rekeying replaces them. */
static void
test_all_that_may_change_does_under_a_flood_each_way(void **state)
{
    enum { ROUNDS = 20 };
    Endpoint to_a, to_b, came;
    Flood flood;
    End a, b;

    (void)state;
    pair_init(&a, &b, &kit_suites[0]);
    to_a = udp_sock_local(a.natt);
    to_b = udp_sock_local(b.natt);
    flood_begin(&flood, &a, &b);
    for (uint32_t i = 1; i <= ROUNDS; i++) {
        pump_expect(a.pump, spi_of(&a, i));
        pump_add_in(b.pump, next_sa('B', i), &to_a);
        pump_out(b.pump, spi_of(&b, i));
        pump_add(a.pump, next_sa('A', i), &to_b);
        pump_set_mss(b.pump, 1000 + i);
        pump_move(b.pump, spi_of(&b, i), &to_a);
        assert_false(pump_strayed(b.pump, spi_of(&b, i), &came));
        pump_set_sock(b.pump, ADDR_V4, NULL);
        pump_set_sock(b.pump, ADDR_V4, b.natt);
        pump_remove(a.pump, spi_of(&a, i - 1));
        pump_remove(b.pump, spi_of(&b, i - 1));
        await_more(&a, i);
        await_more(&b, i);
    }
    flood_end(&flood);
    assert_int_equal(pump_drops(a.pump, ESP_MALFORMED) + pump_drops(b.pump, ESP_MALFORMED), 0);
    end_clear(&a);
    end_clear(&b);
}

static void
test_a_pump_stops_while_both_ways_are_full(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++) {
        Flood flood;
        End a, b;

        pair_init(&a, &b, &kit_suites[0]);
        flood_begin(&flood, &a, &b);
        await_more(&a, 0);
        await_more(&b, 0);
        g_clear_pointer(&a.pump, pump_free);
        g_clear_pointer(&b.pump, pump_free);
        flood_end(&flood);
        end_clear(&a);
        end_clear(&b);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_neither_starves_the_other_while_data_has_no_end),
        cmocka_unit_test(test_all_that_may_change_does_under_a_flood_each_way),
        cmocka_unit_test(test_a_pump_stops_while_both_ways_are_full),
    };

    return pump_kit_run(tests, G_N_ELEMENTS(tests));
}
