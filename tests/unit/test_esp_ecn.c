/* test_esp_ecn.c - agent/esp/esp_ecn.c, and what agent/esp/esp_sa.c does with it */

#include "agent/base/checksum.h"
#include "agent/esp/esp_ecn.h"
#include "tests/support/esp_exact.h"

enum { N = ESP_ECN_NOT_ECT, E0 = ESP_ECN_ECT0, E1 = ESP_ECN_ECT1, CE = ESP_ECN_CE, DROP = 4 };

/* RFC 6040 §4.2, figure 4, as it stands there. */
static const struct {
    uint8_t inner, outer, out;
} table[] = {
    { N, N, N },    { N, E0, N },   { N, E1, N },   { N, CE, DROP }, { E0, N, E0 },  { E0, E0, E0 },
    { E0, E1, E1 }, { E0, CE, CE }, { E1, N, E1 },  { E1, E0, E1 },  { E1, E1, E1 }, { E1, CE, CE },
    { CE, N, CE },  { CE, E0, CE }, { CE, E1, CE }, { CE, CE, CE },
};

static void
set_class(uint8_t *packet, uint8_t class)
{
    uint16_t sum;

    if (packet[0] >> 4 == 6) {
        packet[0] = (uint8_t)(0x60 | class >> 4);
        packet[1] = (uint8_t)(class << 4 | (packet[1] & 15));
        return;
    }
    packet[1] = class;
    packet[10] = packet[11] = 0;
    sum = (uint16_t)~checksum_sum((Slice){ packet, 20 });
    packet[10] = (uint8_t)(sum >> 8);
    packet[11] = (uint8_t)sum;
}

static void
assert_checksum(const uint8_t *packet)
{
    if (packet[0] >> 4 == 4)
        assert_int_equal(checksum_sum((Slice){ packet, 20 }), 0xffff);
}

static size_t
make(uint8_t *packet, bool v6, uint8_t class)
{
    size_t len =
        v6 ? kit_ip(packet, CLIENT6, SERVER6, 17, 20) : kit_ip(packet, CLIENT4, SERVER4, 17, 20);

    if (v6) { /* a flow label, which is not to change */
        packet[1] = 0x0f;
        packet[2] = 0xed;
        packet[3] = 0xcb;
    }
    set_class(packet, class);
    return len;
}

static void
test_congestion_comes_out_as_the_table_says(void **state)
{
    (void)state;
    for (unsigned dscp = 0; dscp < 64; dscp++)
        for (size_t i = 0; i < G_N_ELEMENTS(table); i++)
            for (int v6 = 0; v6 < 2; v6++) {
                uint8_t was[64], want[64], got[64], class = (uint8_t)(dscp << 2 | table[i].inner);
                size_t len = make(was, v6, class);
                bool pass = table[i].out != DROP;

                memcpy(want, was, len);
                memcpy(got, was, len);
                if (pass)
                    set_class(want, (uint8_t)(dscp << 2 | table[i].out));
                assert_int_equal(esp_ecn_class(was), class);
                assert_int_equal(esp_ecn_join(got, (uint8_t)((63 - dscp) << 2 | table[i].outer)),
                                 pass);
                assert_memory_equal(got, want, len);
                assert_checksum(got);
            }
}

/* Every identification gives another checksum, so every carry is met. */
static void
test_the_checksum_follows_whatever_it_was(void **state)
{
    uint8_t packet[64];

    (void)state;
    for (unsigned id = 0; id <= UINT16_MAX; id++) {
        (void)make(packet, false, E0);
        packet[4] = (uint8_t)(id >> 8);
        packet[5] = (uint8_t)id;
        set_class(packet, E0);
        assert_true(esp_ecn_join(packet, CE));
        assert_int_equal(packet[1], CE);
        assert_checksum(packet);
    }
}

static EspSa *
sa_of(char side, bool dscp_zero)
{
    Selector all[] = { selector_all(ADDR_V4), selector_all(ADDR_V6) };
    KitKeys mine, theirs;
    EspSaSetup setup = kit_setup(&kit_suites[0], side, &mine, &theirs, all, 2, all, 2);

    setup.rules.dscp = dscp_zero ? ESP_DSCP_ZERO : ESP_DSCP_COPY;
    return esp_sa_new(&setup);
}

static void
test_the_outer_header_shows_the_inner_class(void **state)
{
    (void)state;
    for (int hidden = 0; hidden < 2; hidden++) {
        g_autoptr(EspSa) a = sa_of('A', hidden);

        for (unsigned class = 0; class < 256; class ++)
            for (int v6 = 0; v6 < 2; v6++) {
                uint8_t packet[64];
                size_t len = make(packet, v6, (uint8_t) class);
                KitBuf k;
                EspBuf *b = kit_buf(&k, packet, len);

                b->tos = 0x5a;
                assert_int_equal(esp_sa_seal(a, b, NOW), ESP_OK);
                assert_int_equal(b->tos, hidden ? class & 3 : class);
            }
    }
}

static void
test_what_the_net_has_marked_is_marked_inside_or_dropped(void **state)
{
    g_autoptr(EspSa) a = sa_of('A', false);
    g_autoptr(EspSa) b = sa_of('B', false);
    uint64_t dropped = 0, passed = 0;
    EspStats stats;

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(table); i++)
        for (int v6 = 0; v6 < 2; v6++) {
            uint8_t packet[64];
            size_t len = make(packet, v6, (uint8_t)(0x28 | table[i].inner));
            KitBuf k;
            EspBuf *buf = kit_buf(&k, packet, len);

            assert_int_equal(esp_sa_seal(a, buf, NOW), ESP_OK);
            buf->tos = table[i].outer;
            if (table[i].out == DROP) {
                assert_int_equal(esp_sa_open(b, buf, NOW), ESP_CONGESTED);
                dropped++;
                continue;
            }
            assert_int_equal(esp_sa_open(b, buf, NOW), ESP_OK);
            set_class(packet, (uint8_t)(0x28 | table[i].out));
            assert_int_equal(buf->len, len);
            assert_memory_equal(buf->base + buf->off, packet, len);
            passed++;
        }
    esp_sa_stats(b, &stats);
    assert_int_equal(stats.drops[ESP_CONGESTED], dropped);
    assert_int_equal(stats.packets_in, passed);
    assert_int_equal(stats.replay_top, dropped + passed); /* it was authentic all the same */
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_congestion_comes_out_as_the_table_says),
        cmocka_unit_test(test_the_checksum_follows_whatever_it_was),
        cmocka_unit_test(test_the_outer_header_shows_the_inner_class),
        cmocka_unit_test(test_what_the_net_has_marked_is_marked_inside_or_dropped),
    };

    return cmocka_run_group_tests_name("esp_ecn", tests, NULL, NULL);
}
