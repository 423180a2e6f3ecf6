#include "agent/link/child_sas.h"

#include <string.h>

static EspSa *
make_esp(const IkeChild *c, uint64_t heard)
{
    return esp_sa_new(&(EspSaSetup){ .spi_in = c->spi_in,
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
                                     .heard = heard });
}

static ChildSa *
find(ChildSas *set, uint32_t spi_in)
{
    for (size_t i = 0; i < set->n; i++)
        if (set->all[i]->spi_in == spi_in)
            return set->all[i];
    return NULL;
}

bool
child_sas_add(ChildSas *set, const IkeChild *c, Usec now)
{
    g_autoptr(EspSa) esp = NULL;
    EspStats all;

    if (set->n == IKE_CHILDREN_MAX || find(set, c->spi_in))
        return false;
    child_sas_stats(set, &all);
    esp = make_esp(c, all.heard);
    if (!esp)
        return false;
    set->all[set->n] = g_new(ChildSa, 1);
    *set->all[set->n++] = (ChildSa){ .spi_in = c->spi_in,
                                     .spi_out = c->spi_out,
                                     .suite = c->suite,
                                     .local = c->local,
                                     .remote = c->remote,
                                     .outbound = c->outbound,
                                     .since = now };
    if (c->outbound)
        pump_add(set->pump, g_steal_pointer(&esp), &set->at);
    else
        pump_add_in(set->pump, g_steal_pointer(&esp), &set->at);
    return true;
}

void
child_sas_out(ChildSas *set, uint32_t spi_in)
{
    ChildSa *c = find(set, spi_in);

    if (!c || c->outbound)
        return;
    c->outbound = true;
    pump_out(set->pump, spi_in);
}

static void
add_up(EspStats *sum, const EspStats *one)
{
    sum->packets_in += one->packets_in;
    sum->packets_out += one->packets_out;
    sum->octets_in += one->octets_in;
    sum->octets_out += one->octets_out;
    for (size_t i = 0; i < ESP_STATUS_N; i++)
        sum->drops[i] += one->drops[i];
    sum->heard |= one->heard;
    sum->asked += one->asked;
    sum->asked_of |= one->asked_of;
    sum->last_in = MAX(sum->last_in, one->last_in);
    sum->last_out = MAX(sum->last_out, one->last_out);
}

void
child_sas_remove(ChildSas *set, uint32_t spi_in)
{
    EspStats stats;
    size_t i = 0;

    while (i < set->n && set->all[i]->spi_in != spi_in)
        i++;
    if (i == set->n)
        return;
    if (pump_stats(set->pump, spi_in, &stats))
        add_up(&set->past, &stats);
    set->past.asked_of = 0;
    pump_remove(set->pump, spi_in);
    g_free(set->all[i]);
    set->n--;
    memmove(set->all + i, set->all + i + 1, (set->n - i) * sizeof(set->all[0]));
}

void
child_sas_clear(ChildSas *set)
{
    while (set->n > 0)
        child_sas_remove(set, set->all[0]->spi_in);
}

void
child_sas_move(ChildSas *set, const Endpoint *remote)
{
    set->at = *remote;
    for (size_t i = 0; i < set->n; i++)
        pump_move(set->pump, set->all[i]->spi_in, remote);
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
    return c && pump_stats(set->pump, c->spi_in, ret);
}

void
child_sas_stats(const ChildSas *set, EspStats *ret)
{
    EspStats one;

    *ret = set->past;
    for (size_t i = 0; i < set->n; i++)
        if (child_sas_one(set, set->all[i], &one))
            add_up(ret, &one);
    if (!child_sas_one(set, child_sas_current(set), &one))
        return;
    ret->seq_out = one.seq_out;
    ret->replay_top = one.replay_top;
    ret->replay_bits = one.replay_bits;
}

void
child_sas_tell(const ChildSas *set, IkeSa *sa, Usec now)
{
    EspStats one;

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
    return heard && pump_strayed(set->pump, heard->spi_in, ret);
}
