#include "agent/link/child_sas.h"

#include <string.h>

static bool
add_to_plane(const ChildSas *set, const IkeChild *c)
{
    EspStats all;

    child_sas_stats(set, &all);
    return plane_add(set->plane,
                     &(EspSaSetup){ .spi_in = c->spi_in,
                                    .spi_out = c->spi_out,
                                    .suite = c->suite,
                                    .key_in = secret_view(&c->key_in),
                                    .integ_in = secret_view(&c->integ_in),
                                    .key_out = secret_view(&c->key_out),
                                    .integ_out = secret_view(&c->integ_out),
                                    .local = c->local.s,
                                    .n_local = c->local.n,
                                    .remote = c->remote.s,
                                    .n_remote = c->remote.n,
                                    .heard = all.heard },
                     &set->at, c->outbound);
}

static ChildSa *
find(const ChildSas *set, uint32_t spi_in)
{
    for (size_t i = 0; i < set->n; i++)
        if (set->all[i]->spi_in == spi_in)
            return set->all[i];
    return NULL;
}

/* Out of @set, but not out of the plane; NULL when it is not there. Deleted ones have places from
 * ->n on. */
static ChildSa *
take_out(ChildSas *set, size_t from, size_t end, uint32_t spi_in)
{
    for (size_t i = from; i < end; i++) {
        ChildSa *c = set->all[i];

        if (c->spi_in != spi_in)
            continue;
        memmove(set->all + i, set->all + i + 1, (set->n + set->n_late - i - 1) * sizeof(c));
        return c;
    }
    return NULL;
}

static void
put_last(ChildSas *set, ChildSa *c)
{
    set->all = g_renew(ChildSa *, set->all, set->n + set->n_late + 1);
    memmove(set->all + set->n + 1, set->all + set->n, set->n_late * sizeof(c));
    set->all[set->n++] = c;
}

/* Out of the plane, too; what it has counted stays. */
static void
drop(ChildSas *set, ChildSa *c)
{
    EspStats stats;

    if (plane_stats(set->plane, c->spi_in, &stats))
        esp_stats_add(&set->past, &stats);
    set->past.asked_of = 0;
    plane_remove(set->plane, c->spi_in);
    g_free(c);
}

static void
drop_oldest_late(ChildSas *set)
{
    ChildSa *c = set->all[set->n];

    set->n_late--;
    memmove(set->all + set->n, set->all + set->n + 1, set->n_late * sizeof(c));
    drop(set, c);
}

/* Its SPI is free again, of one that is long forgotten. */
static void
drop_late(ChildSas *set, uint32_t spi_in)
{
    ChildSa *c = take_out(set, set->n, set->n + set->n_late, spi_in);

    if (!c)
        return;
    set->n_late--;
    drop(set, c);
}

bool
child_sas_add(ChildSas *set, const IkeChild *c, Usec now)
{
    ChildSa *new;

    if (set->n == CHILD_SAS_MAX || find(set, c->spi_in))
        return false;
    drop_late(set, c->spi_in);
    if (!add_to_plane(set, c))
        return false;
    if (set->n + set->n_late == CHILD_SAS_MAX)
        drop_oldest_late(set);
    new = g_new(ChildSa, 1);
    *new = (ChildSa){ .spi_in = c->spi_in,
                      .spi_out = c->spi_out,
                      .suite = c->suite,
                      .outbound = c->outbound,
                      .since = now };
    put_last(set, new);
    return true;
}

void
child_sas_out(ChildSas *set, uint32_t spi_in)
{
    ChildSa *c = find(set, spi_in);

    if (!c || c->outbound)
        return;
    c->outbound = true;
    plane_out(set->plane, spi_in);
    (void)take_out(set, 0, set->n, spi_in);
    set->n--;
    put_last(set, c);
}

void
child_sas_remove(ChildSas *set, uint32_t spi_in)
{
    ChildSa *c = take_out(set, 0, set->n, spi_in);

    if (!c)
        return;
    set->n--;
    drop(set, c);
}

void
child_sas_retire(ChildSas *set, uint32_t spi_in, Usec now)
{
    const ChildSa *current = child_sas_current(set);
    ChildSa *c;

    if (!current || current->spi_in == spi_in) {
        child_sas_remove(set, spi_in);
        return;
    }
    c = take_out(set, 0, set->n, spi_in);
    if (!c)
        return;
    c->until = usec_add(now, CHILD_LATE_S * USEC_PER_SEC);
    set->n--;
    set->all[set->n + set->n_late++] = c;
}

void
child_sas_clear(ChildSas *set)
{
    while (set->n > 0)
        child_sas_remove(set, set->all[0]->spi_in);
    while (set->n_late > 0)
        drop_oldest_late(set);
    g_clear_pointer(&set->all, g_free);
}

void
child_sas_move(ChildSas *set, const Endpoint *remote)
{
    set->at = *remote;
    for (size_t i = 0; i < set->n; i++)
        plane_move(set->plane, set->all[i]->spi_in, remote);
}

const ChildSa *
child_sas_current(const ChildSas *set)
{
    for (size_t i = set->n; i > 0; i--)
        if (set->all[i - 1]->outbound)
            return set->all[i - 1];
    return NULL;
}

bool
child_sas_one(const ChildSas *set, const ChildSa *c, EspStats *ret)
{
    return c && plane_stats(set->plane, c->spi_in, ret);
}

void
child_sas_count(const ChildSas *set, EspStats *sum)
{
    EspStats one;

    for (size_t i = 0; i < set->n; i++)
        if (child_sas_one(set, set->all[i], &one))
            esp_stats_add(sum, &one);
    for (size_t i = set->n; i < set->n + set->n_late; i++)
        if (child_sas_one(set, set->all[i], &one)) {
            one.asked_of = 0;
            esp_stats_add(sum, &one);
        }
}

void
child_sas_stats(const ChildSas *set, EspStats *ret)
{
    EspStats one;

    *ret = set->past;
    child_sas_count(set, ret);
    if (!child_sas_one(set, child_sas_current(set), &one))
        return;
    ret->seq_out = one.seq_out;
    ret->replay_top = one.replay_top;
    ret->replay_bits = one.replay_bits;
}

void
child_sas_tell(ChildSas *set, IkeSa *sa, Usec now)
{
    EspStats one;

    while (set->n_late > 0 && now >= set->all[set->n]->until)
        drop_oldest_late(set);
    for (size_t i = 0; i < set->n; i++) {
        if (!child_sas_one(set, set->all[i], &one))
            continue;
        if (one.last_in)
            ike_sa_heard(sa, one.last_in);
        if (one.last_out)
            ike_sa_sent(sa, one.last_out);
        ike_sa_used(sa, set->all[i]->spi_in, MAX(one.octets_in, one.octets_out),
                    MAX(one.packets_in, one.packets_out), now);
    }
}

bool
child_sas_strayed(const ChildSas *set, Endpoint *ret)
{
    const ChildSa *heard = NULL;
    Usec last = 0;
    EspStats one;

    for (size_t i = 0; i < set->n; i++)
        if (child_sas_one(set, set->all[i], &one) && one.last_in > last) {
            heard = set->all[i];
            last = one.last_in;
        }
    return heard && plane_strayed(set->plane, heard->spi_in, ret);
}
