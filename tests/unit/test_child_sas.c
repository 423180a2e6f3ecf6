/* test_child_sas.c - agent/link/child_sas.c, on a Plane that is a table. */

#include "agent/link/child_sas.h"
#include "tests/support/test.h"

enum { SLOTS = 24 };

/* Stands in for agent/link/plane.c. */
struct Plane {
    struct {
        EspSa *sa;
        bool out;
        Endpoint at;
        EspStats stats;
    } slots[SLOTS];
};

static size_t
slot(const Plane *p, uint32_t spi_in)
{
    size_t i = 0;

    while (i < SLOTS && !(p->slots[i].sa && esp_sa_spi_in(p->slots[i].sa) == spi_in))
        i++;
    return i;
}

bool
plane_add(Plane *p, const EspSaSetup *setup, const Endpoint *remote, bool out)
{
    EspSa *sa = esp_sa_new(setup);
    size_t i = 0;

    if (!sa)
        return false;
    while (p->slots[i].sa)
        i++;
    assert_true(i < SLOTS);
    p->slots[i].sa = sa;
    p->slots[i].out = out;
    p->slots[i].at = *remote;
    p->slots[i].stats = (EspStats){ 0 };
    return true;
}

void
plane_out(Plane *p, uint32_t spi_in)
{
    p->slots[slot(p, spi_in)].out = true;
}

void
plane_move(Plane *p, uint32_t spi_in, const Endpoint *remote)
{
    p->slots[slot(p, spi_in)].at = *remote;
}

void
plane_remove(Plane *p, uint32_t spi_in)
{
    size_t i = slot(p, spi_in);

    assert_true(i < SLOTS);
    g_clear_pointer(&p->slots[i].sa, esp_sa_free);
}

bool
plane_stats(Plane *p, uint32_t spi_in, EspStats *ret)
{
    size_t i = slot(p, spi_in);

    if (i == SLOTS)
        return false;
    *ret = p->slots[i].stats;
    return true;
}

bool
plane_strayed(Plane *p, uint32_t spi_in, Endpoint *ret)
{
    *ret = p->slots[slot(p, spi_in)].at;
    ret->port = (uint16_t)spi_in;
    return true;
}

/* And for what IKE is told. */
struct IkeSa {
    Usec heard, sent;
    struct {
        uint32_t spi_in;
        uint64_t octets, packets;
    } used[SLOTS];
    size_t n;
};

void
ike_sa_heard(IkeSa *sa, Usec now)
{
    sa->heard = MAX(sa->heard, now);
}

void
ike_sa_sent(IkeSa *sa, Usec now)
{
    sa->sent = MAX(sa->sent, now);
}

void
ike_sa_used(IkeSa *sa, uint32_t spi_in, uint64_t octets, uint64_t packets, Usec now)
{
    assert_int_equal(now, 77);
    sa->used[sa->n].spi_in = spi_in;
    sa->used[sa->n].octets = octets;
    sa->used[sa->n++].packets = packets;
}

typedef struct World {
    Plane plane;
    ChildSas set;
} World;

static World *
world(void)
{
    World *w = g_new0(World, 1);

    w->set.plane = &w->plane;
    w->set.at.port = 4500;
    return w;
}

static void
world_free(World *w)
{
    child_sas_clear(&w->set);
    for (size_t i = 0; i < SLOTS; i++)
        assert_null(w->plane.slots[i].sa);
    g_free(w);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(World, world_free)

static bool
add(World *w, uint32_t spi_in, bool outbound)
{
    static const uint8_t key[20] = { 1 };
    const Selector all = selector_all(ADDR_V4);
    IkeChild c = { .spi_in = spi_in,
                   .spi_out = spi_in + 1,
                   .outbound = outbound,
                   .suite = { .encr = ENCR_AES_GCM_16, .key_bits = 128 },
                   .local = { 1, &all } };
    bool good;

    c.remote = c.local;
    secret_set(&c.key_in, (Slice){ key, sizeof(key) });
    secret_set(&c.key_out, (Slice){ key, sizeof(key) });
    good = child_sas_add(&w->set, &c, 7);
    assert_int_equal(c.key_in.len, sizeof(key)); /* read, not moved */
    secret_clear(&c.key_in);
    secret_clear(&c.key_out);
    return good;
}

static EspStats *
stats(World *w, uint32_t spi_in)
{
    size_t i = slot(&w->plane, spi_in);

    assert_true(i < SLOTS);
    return &w->plane.slots[i].stats;
}

static void
test_packets_go_out_over_the_new_one_when_told(void **state)
{
    g_autoptr(World) w = world();

    (void)state;
    assert_null(child_sas_current(&w->set));
    assert_true(add(w, 0x1000, true));
    assert_true(add(w, 0x2000, false));
    assert_false(w->plane.slots[slot(&w->plane, 0x2000)].out);
    assert_int_equal(child_sas_current(&w->set)->spi_in, 0x1000);
    child_sas_out(&w->set, 0x9999);
    child_sas_out(&w->set, 0x2000);
    assert_true(w->plane.slots[slot(&w->plane, 0x2000)].out);
    assert_int_equal(child_sas_current(&w->set)->spi_in, 0x2000);
    child_sas_remove(&w->set, 0x1000);
    child_sas_remove(&w->set, 0x1000); /* unknown is fine */
    assert_int_equal(w->set.n, 1);
    assert_int_equal(child_sas_current(&w->set)->spi_out, 0x2001);
}

/* Of two that have been made for one (RFC 7296 §2.8.1) the older may be the one that stays. */
static void
test_it_may_be_an_older_one(void **state)
{
    g_autoptr(World) w = world();

    (void)state;
    assert_true(add(w, 0x1000, true));
    assert_true(add(w, 0x2000, false));
    assert_true(add(w, 0x3000, true));
    child_sas_retire(&w->set, 0x1000, 76);
    child_sas_out(&w->set, 0x2000);
    assert_int_equal(child_sas_current(&w->set)->spi_in, 0x2000);
    child_sas_retire(&w->set, 0x3000, 77);
    assert_int_not_equal(slot(&w->plane, 0x3000), SLOTS); /* it receives for a while */
    assert_int_equal(w->set.n, 1);
    assert_int_equal(w->set.n_late, 2);
    assert_int_equal(w->set.all[0]->spi_in, 0x2000);
    assert_int_equal(w->set.all[1]->spi_in, 0x1000);
    assert_int_equal(w->set.all[2]->spi_in, 0x3000);
}

static void
test_the_counters_outlive_the_keys(void **state)
{
    g_autoptr(World) w = world();
    EspStats sum;

    (void)state;
    assert_true(add(w, 0x1000, true));
    *stats(w, 0x1000) = (EspStats){ .packets_in = 5,
                                    .octets_out = 700,
                                    .last_in = 40,
                                    .seq_out = 9,
                                    .heard = 1,
                                    .asked = 3,
                                    .drops = { [ESP_REPLAYED] = 2 } };
    assert_true(add(w, 0x2000, true));
    *stats(w, 0x2000) = (EspStats){
        .packets_in = 1, .octets_out = 50, .last_in = 30, .seq_out = 4, .heard = 2, .asked_of = 2
    };
    for (int gone = 0; gone < 2; gone++) {
        EspStats here = { .packets_in = 100 };

        child_sas_count(&w->set, &here);
        assert_int_equal(here.packets_in, gone ? 101 : 106);
        child_sas_stats(&w->set, &sum);
        assert_int_equal(sum.packets_in, 6);
        assert_int_equal(sum.octets_out, 750);
        assert_int_equal(sum.last_in, 40);
        assert_int_equal(sum.seq_out, 4); /* the current one's */
        assert_int_equal(sum.heard, 3);
        assert_int_equal(sum.asked, 3);
        assert_int_equal(sum.asked_of, 2);
        assert_int_equal(sum.drops[ESP_REPLAYED], 2);
        if (!gone)
            child_sas_remove(&w->set, 0x1000);
    }
}

static void
test_what_is_deleted_receives_for_a_while(void **state)
{
    g_autoptr(World) w = world();
    const Usec now = 77;
    IkeSa sa = { 0 };
    EspStats sum;

    (void)state;
    assert_true(add(w, 0x1000, true));
    assert_true(add(w, 0x2000, true));
    child_sas_retire(&w->set, 0x1000, now - 1);
    child_sas_retire(&w->set, 0x1000, now); /* gone */
    assert_int_equal(w->set.n, 1);
    *stats(w, 0x1000) =
        (EspStats){ .packets_in = 5, .asked_of = 1, .drops = { [ESP_REPLAYED] = 2 } };
    child_sas_stats(&w->set, &sum);
    assert_int_equal(sum.packets_in, 5);
    assert_int_equal(sum.asked_of, 0);
    child_sas_tell(&w->set, &sa, now);
    assert_int_equal(sa.n, 1); /* nothing is asked of IKE for it */
    assert_int_not_equal(slot(&w->plane, 0x1000), SLOTS);
    w->set.all[1]->until = now; /* the clock of the test stands still */
    child_sas_tell(&w->set, &sa, now);
    assert_int_equal(slot(&w->plane, 0x1000), SLOTS);
    child_sas_stats(&w->set, &sum);
    assert_int_equal(sum.packets_in, 5);
    assert_int_equal(sum.drops[ESP_REPLAYED], 2);
}

/* They take nobody's place, and nobody's SPI. */
static void
test_what_is_deleted_makes_room(void **state)
{
    g_autoptr(World) w = world();

    (void)state;
    for (uint32_t i = 0; i < 20; i++) {
        assert_true(add(w, 0x1000 + i, true));
        if (i > 0)
            child_sas_retire(&w->set, 0xfff + i, 77 + i);
        assert_int_equal(child_sas_current(&w->set)->spi_in, 0x1000 + i);
        assert_int_equal(w->set.n, 1);
    }
    assert_int_equal(w->set.n_late, CHILD_SAS_MAX - 1);
    assert_int_equal(w->set.all[1]->spi_in, 0x1013 - (CHILD_SAS_MAX - 1));
    assert_true(add(w, 0x1012, true)); /* which has been deleted last */
    assert_int_equal(w->set.n_late, CHILD_SAS_MAX - 2);
    assert_int_equal(child_sas_current(&w->set)->spi_in, 0x1012);
    for (uint32_t i = 0; i < CHILD_SAS_MAX - 2; i++)
        assert_true(add(w, 0x2000 + i, true));
    assert_int_equal(w->set.n, CHILD_SAS_MAX);
    assert_int_equal(w->set.n_late, 0);
    assert_false(add(w, 0x9000, true));
}

static void
test_the_one_that_carries_is_gone_at_once(void **state)
{
    g_autoptr(World) w = world();

    (void)state;
    assert_true(add(w, 0x1000, true));
    assert_true(add(w, 0x2000, false));
    child_sas_retire(&w->set, 0x1000, 77);
    assert_int_equal(slot(&w->plane, 0x1000), SLOTS);
    child_sas_retire(&w->set, 0x2000, 77);
    assert_int_equal(slot(&w->plane, 0x2000), SLOTS);
    assert_int_equal(w->set.n + w->set.n_late, 0);
}

static void
test_all_of_them_move(void **state)
{
    g_autoptr(World) w = world();
    Endpoint to = { .port = 12345 }, from;

    (void)state;
    assert_false(child_sas_strayed(&w->set, &from));
    assert_true(add(w, 0x1000, true));
    assert_true(add(w, 0x2000, false));
    assert_false(child_sas_strayed(&w->set, &from)); /* nothing has come over them */
    child_sas_move(&w->set, &to);
    assert_int_equal(w->plane.slots[slot(&w->plane, 0x1000)].at.port, 12345);
    assert_int_equal(w->plane.slots[slot(&w->plane, 0x2000)].at.port, 12345);
    assert_true(add(w, 0x3000, true));
    assert_int_equal(w->plane.slots[slot(&w->plane, 0x3000)].at.port, 12345);
    stats(w, 0x1000)->last_in = 50;
    stats(w, 0x2000)->last_in = 60; /* the newest says where the peer is */
    assert_true(child_sas_strayed(&w->set, &from));
    assert_int_equal(from.port, 0x2000);
}

static void
test_ike_is_told_of_each_in_its_busier_direction(void **state)
{
    g_autoptr(World) w = world();
    IkeSa sa = { 0 };

    (void)state;
    assert_true(add(w, 0x1000, true));
    assert_true(add(w, 0x2000, false));
    *stats(w, 0x1000) = (EspStats){
        .octets_in = 10, .octets_out = 20, .packets_in = 4, .packets_out = 3, .last_out = 33
    };
    *stats(w, 0x2000) = (EspStats){ .octets_in = 5, .packets_in = 1, .last_in = 44 };
    child_sas_tell(&w->set, &sa, 77);
    assert_int_equal(sa.n, 2);
    assert_int_equal(sa.used[0].spi_in, 0x1000);
    assert_int_equal(sa.used[0].octets, 20);
    assert_int_equal(sa.used[0].packets, 4);
    assert_int_equal(sa.used[1].octets, 5);
    assert_int_equal(sa.heard, 44);
    assert_int_equal(sa.sent, 33);
}

static void
test_too_many_and_the_same_twice_are_refused(void **state)
{
    g_autoptr(World) w = world();

    (void)state;
    for (uint32_t i = 0; i < 2 * IKE_CHILDREN_MAX; i++) /* of two IKE SAs */
        assert_true(add(w, 0x1000 + i, true));
    assert_false(add(w, 0x9000, true));
    child_sas_remove(&w->set, 0x1003);
    assert_false(add(w, 0x1000, true));
    assert_false(add(w, 7, true)); /* a reserved SPI (RFC 4303 §2.1) */
    assert_true(add(w, 0x9000, true));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_packets_go_out_over_the_new_one_when_told),
        cmocka_unit_test(test_it_may_be_an_older_one),
        cmocka_unit_test(test_the_counters_outlive_the_keys),
        cmocka_unit_test(test_what_is_deleted_receives_for_a_while),
        cmocka_unit_test(test_what_is_deleted_makes_room),
        cmocka_unit_test(test_the_one_that_carries_is_gone_at_once),
        cmocka_unit_test(test_all_of_them_move),
        cmocka_unit_test(test_ike_is_told_of_each_in_its_busier_direction),
        cmocka_unit_test(test_too_many_and_the_same_twice_are_refused),
    };

    return cmocka_run_group_tests_name("child_sas", tests, NULL, NULL);
}
