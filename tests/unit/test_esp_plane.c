/* test_esp_plane.c - agent/esp/esp_plane.c */

#include "agent/esp/esp_plane.h"
#include "agent/esp/esp_toobig.h"
#include "tests/support/esp_kit.h"
#include "tests/support/test.h"

enum { NOW = 5 };

/* An SA of the plane under test (@here) and its mirror at the other end, from the SPIs alone. */
static EspSa *
half(const KitSuite *s, bool here, uint32_t spi_here, uint32_t spi_there, const char *local,
     const char *remote)
{
    KitKeys mine, theirs;
    Selector l = kit_selector(local), r = kit_selector(remote);
    EspSaSetup setup = here ? kit_setup(s, 'A', &mine, &theirs, &l, 1, &r, 1)
                            : kit_setup(s, 'B', &mine, &theirs, &r, 1, &l, 1);
    EspSa *sa;

    setup.spi_in = here ? spi_here : spi_there;
    setup.spi_out = here ? spi_there : spi_here;
    sa = esp_sa_new(&setup);
    assert_non_null(sa);
    return sa;
}

static void
add_pair(EspPlane *here, EspPlane *there, size_t suite, uint32_t spi, const char *local,
         const char *remote)
{
    const KitSuite *s = &kit_suites[suite % G_N_ELEMENTS(kit_suites)];

    esp_plane_add(here, half(s, true, spi, spi + 1, local, remote));
    if (there)
        esp_plane_add(there, half(s, false, spi, spi + 1, local, remote));
}

/* Which SA takes a packet to @dst? Its inbound SPI, 0 for none. */
static uint32_t
taker(EspPlane *p, const char *src, const char *dst, EspStatus *ret_status)
{
    uint8_t packet[128];
    size_t len = kit_ip(packet, src, dst, 17, 8);
    KitBuf k;
    EspBuf *b = kit_buf(&k, packet, len);

    esp_plane_seal(p, b, 1, NOW);
    *ret_status = b->status;
    return b->sa ? esp_sa_spi_in(b->sa) : 0;
}

#define ASSERT_TAKEN(plane, dst, spi)                                                              \
    do {                                                                                           \
        EspStatus taken;                                                                           \
        assert_int_equal(taker(plane, strchr(dst, ':') ? "2001:db8::5" : "10.0.0.5", dst, &taken), \
                         spi);                                                                     \
        assert_int_equal(taken, ESP_OK);                                                           \
    } while (0)

/* What one plane seals, batch-wise and for different SAs, the other opens. */
static void
test_two_planes_carry_a_mixed_batch(void **state)
{
    static const struct {
        const char *src, *dst;
        EspStatus sealed;
        uint32_t spi;
    } rows[] = {
        { "10.0.0.5", "192.0.2.1", ESP_OK, 0x1000 },
        { "10.0.0.5", "172.16.9.9", ESP_OK, 0x2000 },
        { "2001:db8::5", "2001:db8:1::1", ESP_OK, 0x3000 },
        { "10.0.0.5", "203.0.113.1", ESP_NO_SA, 0 },
        { "10.0.0.6", "192.0.2.1", ESP_SELECTOR, 0x1000 },
        { "10.0.0.5", "172.16.0.1", ESP_OK, 0x2000 },
        { "2001:db8::5", "2001:db8:2::1", ESP_NO_SA, 0 },
        { "10.0.0.5", "192.0.2.1", ESP_OK, 0x1000 },
    };
    enum { N = G_N_ELEMENTS(rows) };
    g_autoptr(EspPlane) here = esp_plane_new();
    g_autoptr(EspPlane) there = esp_plane_new();
    g_autofree KitBuf *rooms = g_new(KitBuf, N + 2);
    uint8_t packets[N][128];
    size_t lens[N];
    EspBuf batch[N + 2];

    (void)state;
    add_pair(here, there, 0, 0x1000, "10.0.0.5", "192.0.2.1");
    add_pair(here, there, 5, 0x2000, "10.0.0.5", "172.16.0.0/12");
    add_pair(here, there, 3, 0x3000, "2001:db8::5", "2001:db8:1::/48");
    for (size_t i = 0; i < N; i++) {
        lens[i] = kit_ip(packets[i], rows[i].src, rows[i].dst, 17, i);
        batch[i] = *kit_buf(&rooms[i], packets[i], lens[i]);
    }
    batch[N] = *kit_buf(&rooms[N], (const uint8_t *)"\x50", 1);
    batch[N + 1] = *kit_buf(&rooms[N + 1], (const uint8_t *)"", 0);

    esp_plane_seal(here, batch, N + 2, NOW);
    for (size_t i = 0; i < N; i++) {
        assert_int_equal(batch[i].status, rows[i].sealed);
        assert_int_equal(batch[i].sa ? esp_sa_spi_in(batch[i].sa) : 0, rows[i].spi);
    }
    assert_int_equal(batch[N].status, ESP_MALFORMED);
    assert_null(batch[N].sa);
    assert_int_equal(batch[N + 1].status, ESP_MALFORMED);
    assert_int_equal(esp_plane_drops(here, ESP_MALFORMED), 2);
    assert_int_equal(esp_plane_drops(here, ESP_NO_SA), 2);
    assert_int_equal(esp_plane_drops(here, ESP_SELECTOR), 0); /* the SA counts it */

    esp_plane_open(there, batch, N + 2, NOW); /* what was not sealed is junk to the other end */
    for (size_t i = 0; i < N; i++) {
        if (rows[i].sealed != ESP_OK) {
            assert_int_equal(batch[i].status, ESP_NO_SA);
            assert_null(batch[i].sa);
            continue;
        }
        assert_int_equal(batch[i].status, ESP_OK);
        assert_int_equal(esp_sa_spi_in(batch[i].sa), rows[i].spi + 1);
        assert_int_equal(batch[i].len, lens[i]);
        assert_memory_equal(batch[i].base + batch[i].off, packets[i], lens[i]);
    }
    assert_int_equal(esp_plane_drops(there, ESP_MALFORMED), 2);
    assert_int_equal(esp_plane_drops(there, ESP_NO_SA), 3);
}

static void
test_the_most_specific_selector_wins(void **state)
{
    g_autoptr(EspPlane) p = esp_plane_new();

    (void)state;
    add_pair(p, NULL, 0, 0x100, "10.0.0.5", "0.0.0.0/0");
    add_pair(p, NULL, 0, 0x200, "10.0.0.5", "192.0.2.0/24");
    add_pair(p, NULL, 0, 0x300, "10.0.0.5", "192.0.2.7");
    add_pair(p, NULL, 0, 0x400, "10.0.0.5", "192.0.0.0/16");
    add_pair(p, NULL, 0, 0x500, "2001:db8::5", "::/0");
    add_pair(p, NULL, 0, 0x600, "2001:db8::5", "2001:db8:1::/48");
    ASSERT_TAKEN(p, "192.0.2.7", 0x300);
    ASSERT_TAKEN(p, "192.0.2.8", 0x200);
    ASSERT_TAKEN(p, "192.0.3.8", 0x400);
    ASSERT_TAKEN(p, "8.8.8.8", 0x100);
    ASSERT_TAKEN(p, "2001:db8:1::9", 0x600);
    ASSERT_TAKEN(p, "2001:db8:2::9", 0x500);
}

static void
test_the_newest_among_equals_wins_until_it_is_removed(void **state)
{
    static const char *const remotes[] = { "192.0.2.7", "0.0.0.0/0", "2001:db8::7", "::/0" };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(remotes); i++) {
        g_autoptr(EspPlane) p = esp_plane_new();
        bool v6 = strchr(remotes[i], ':') != NULL;
        const char *local = v6 ? "2001:db8::5" : "10.0.0.5";
        const char *dst = v6 ? "2001:db8::7" : "192.0.2.7";
        EspStatus st;

        add_pair(p, NULL, 0, 0x100, local, remotes[i]);
        add_pair(p, NULL, 0, 0x200, local, remotes[i]);
        add_pair(p, NULL, 0, 0x300, local, remotes[i]);
        ASSERT_TAKEN(p, dst, 0x300);
        esp_plane_remove(p, 0x200);
        ASSERT_TAKEN(p, dst, 0x300);
        esp_plane_remove(p, 0x300);
        ASSERT_TAKEN(p, dst, 0x100);
        esp_plane_remove(p, 0x999); /* unknown is fine */
        esp_plane_remove(p, 0x100);
        assert_int_equal(taker(p, local, dst, &st), 0);
        assert_int_equal(st, ESP_NO_SA);
        assert_null(esp_plane_find(p, 0x100));
    }
}

/* Two SAs to one place for two different senders: each takes its own. */
static void
test_an_sa_that_does_not_cover_the_sender_is_passed_over(void **state)
{
    static const char *const remotes[] = { "192.0.2.7", "192.0.2.0/24" };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(remotes); i++) {
        g_autoptr(EspPlane) p = esp_plane_new();
        EspStatus st;

        add_pair(p, NULL, 0, 0x100, "10.0.0.5", remotes[i]);
        add_pair(p, NULL, 0, 0x200, "10.0.0.6", remotes[i]);
        assert_int_equal(taker(p, "10.0.0.5", "192.0.2.7", &st), 0x100);
        assert_int_equal(st, ESP_OK);
        assert_int_equal(taker(p, "10.0.0.6", "192.0.2.7", &st), 0x200);
        assert_int_equal(st, ESP_OK);
        assert_int_equal(taker(p, "10.0.0.7", "192.0.2.7", &st),
                         0x200); /* the one it was nearest */
        assert_int_equal(st, ESP_SELECTOR);
    }
}

static void
test_a_second_sa_of_the_same_spi_replaces_the_first(void **state)
{
    g_autoptr(EspPlane) p = esp_plane_new();
    EspStatus st;

    (void)state;
    add_pair(p, NULL, 0, 0x100, "10.0.0.5", "192.0.2.7");
    add_pair(p, NULL, 0, 0x100, "10.0.0.5", "192.0.2.8");
    ASSERT_TAKEN(p, "192.0.2.8", 0x100);
    assert_int_equal(taker(p, "10.0.0.5", "192.0.2.7", &st), 0);
    esp_plane_remove(p, 0x100);
    assert_null(esp_plane_find(p, 0x100));
}

/* A headend's plane: one SA for each client, found by SPI and by address while the tables grow. */
static void
test_a_thousand_clients_are_told_apart(void **state)
{
    enum { N = 1000 };
    g_autoptr(EspPlane) p = esp_plane_new();
    char remote[32];
    EspStatus st;

    (void)state;
    for (unsigned i = 0; i < N; i++) {
        g_snprintf(remote, sizeof(remote), "10.%u.%u.2", i % 7, i / 7);
        add_pair(p, NULL, 0, 0x10000 + 2 * i, "0.0.0.0/0", remote);
    }
    for (unsigned i = 0; i < N; i += 3) /* every third one leaves */
        esp_plane_remove(p, 0x10000 + 2 * i);
    for (unsigned i = 0; i < N; i++) {
        uint32_t spi = 0x10000 + 2 * i;

        g_snprintf(remote, sizeof(remote), "10.%u.%u.2", i % 7, i / 7);
        assert_int_equal(taker(p, "192.0.2.1", remote, &st), i % 3 ? spi : 0);
        assert_int_equal(st, i % 3 ? ESP_OK : ESP_NO_SA);
        assert_int_equal(esp_plane_find(p, spi) != NULL, i % 3 != 0);
    }
}

static void
test_an_empty_plane_drops_everything(void **state)
{
    g_autoptr(EspPlane) p = esp_plane_new();
    KitBuf k;
    EspBuf *b = kit_buf(&k, (const uint8_t *)"\0\0\1\0\0\0\0\1aaaaaaaaaaaaaaaaaaaaaaaa", 32);

    (void)state;
    b->sa = (EspSa *)&k; /* must not survive */
    esp_plane_open(p, b, 1, NOW);
    assert_int_equal(b->status, ESP_NO_SA);
    assert_null(b->sa);
    b->len = 3;
    esp_plane_open(p, b, 1, NOW);
    assert_int_equal(b->status, ESP_MALFORMED);
    esp_plane_seal(p, b, 0, NOW);
    esp_plane_open(p, NULL, 0, NOW);
    assert_int_equal(esp_plane_drops(p, ESP_NO_SA), 1);
    assert_int_equal(esp_plane_drops(p, ESP_MALFORMED), 1);
}

/* RFC 7296 §2.8: who answers a rekeying waits with sending until the other end is known to have it.
 */
static void
test_an_inbound_sa_takes_packets_out_only_when_told(void **state)
{
    static const char *const remotes[] = { "192.0.2.7", "0.0.0.0/0", "2001:db8::7", "::/0" };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(remotes); i++) {
        const char *local = strchr(remotes[i], ':') ? "2001:db8::5" : "10.0.0.5";
        const char *dst = strchr(remotes[i], ':') ? "2001:db8::7" : "192.0.2.7";
        g_autoptr(EspPlane) p = esp_plane_new();
        EspStatus status;

        esp_plane_add_in(p, half(&kit_suites[0], true, 0x100, 0x101, local, remotes[i]));
        assert_non_null(esp_plane_find(p, 0x100));
        assert_int_equal(taker(p, local, dst, &status), 0);
        assert_int_equal(status, ESP_NO_SA);
        esp_plane_out(p, 0x100);
        ASSERT_TAKEN(p, dst, 0x100);
        esp_plane_add_in(p, half(&kit_suites[0], true, 0x200, 0x201, local, remotes[i]));
        esp_plane_add_in(p, half(&kit_suites[0], true, 0x300, 0x301, local, remotes[i]));
        ASSERT_TAKEN(p, dst, 0x100);
        esp_plane_out(p, 0x999);
        ASSERT_TAKEN(p, dst, 0x100);
        esp_plane_out(p, 0x300);
        ASSERT_TAKEN(p, dst, 0x300);
        esp_plane_out(p, 0x200); /* the older SA, told later */
        ASSERT_TAKEN(p, dst, 0x200);
        esp_plane_remove(p, 0x200);
        ASSERT_TAKEN(p, dst, 0x300);
        esp_plane_remove(p, 0x100);
        esp_plane_remove(p, 0x300);
        assert_int_equal(taker(p, local, dst, &status), 0);
    }
}

/* What becomes of a packet of 600 octets that goes to a client behind a path of 500. */
static EspBuf
sealed_by(enum EspDf df, bool v4, bool inner_df)
{
    g_autoptr(EspPlane) p = esp_plane_new();
    const char *host = v4 ? "10.2.3.1" : "2001:db8:2::1";
    Selector local = kit_selector(v4 ? "0.0.0.0/0" : "::/0"), remote = kit_selector(host);
    uint8_t packet[KIT_ROOM];
    size_t len =
        kit_ip(packet, v4 ? "10.0.0.5" : "2001:db8::5", host, 17, v4 ? 580 : ESP_INNER_LEAST6);
    KitKeys mine, theirs;
    EspSaSetup setup = kit_setup(&kit_suites[0], 'A', &mine, &theirs, &local, 1, &remote, 1);
    EspSa *sa;
    KitBuf k;
    EspBuf *b;

    setup.rules.df = df;
    sa = esp_sa_new(&setup);
    assert_non_null(sa);
    esp_sa_set_most(sa, 500);
    esp_plane_add(p, sa);
    if (inner_df)
        packet[6] |= 0x40;
    b = kit_buf(&k, packet, len);
    esp_plane_seal(p, b, 1, NOW);
    return *b;
}

static void
test_only_what_may_be_fragmented_passes_a_narrow_path(void **state)
{
    (void)state;
    assert_int_equal(sealed_by(ESP_DF_SET, true, true).status, ESP_TOO_BIG);
    assert_int_equal(sealed_by(ESP_DF_SET, true, false).status, ESP_TOO_BIG);
    assert_int_equal(sealed_by(ESP_DF_COPY, true, true).status, ESP_TOO_BIG);
    assert_int_equal(sealed_by(ESP_DF_COPY, true, false).status, ESP_OK);
    assert_true(sealed_by(ESP_DF_COPY, true, false).loose);
    assert_int_equal(sealed_by(ESP_DF_COPY, false, false).status, ESP_TOO_BIG);
    assert_int_equal(sealed_by(ESP_DF_CLEAR, true, true).status, ESP_OK);
    assert_true(sealed_by(ESP_DF_CLEAR, true, true).loose);
    assert_true(sealed_by(ESP_DF_CLEAR, false, false).loose);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_planes_carry_a_mixed_batch),
        cmocka_unit_test(test_the_most_specific_selector_wins),
        cmocka_unit_test(test_only_what_may_be_fragmented_passes_a_narrow_path),
        cmocka_unit_test(test_the_newest_among_equals_wins_until_it_is_removed),
        cmocka_unit_test(test_an_inbound_sa_takes_packets_out_only_when_told),
        cmocka_unit_test(test_an_sa_that_does_not_cover_the_sender_is_passed_over),
        cmocka_unit_test(test_a_second_sa_of_the_same_spi_replaces_the_first),
        cmocka_unit_test(test_a_thousand_clients_are_told_apart),
        cmocka_unit_test(test_an_empty_plane_drops_everything),
    };

    return cmocka_run_group_tests_name("esp_plane", tests, NULL, NULL);
}
