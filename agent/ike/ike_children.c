#include "agent/ike/ike_children.h"

static void
child_free(IkeChildSa *child)
{
    ike_child_wipe(&child->c);
    g_bytes_unref(child->low);
    g_free(child);
}

void
ike_children_clear(IkeChildren *set)
{
    while (set->n > 0)
        child_free(set->all[--set->n]);
}

bool
ike_children_full(const IkeChildren *set)
{
    return set->n == IKE_CHILDREN_MAX;
}

IkeChildSa *
ike_children_add(IkeChildren *set)
{
    IkeChildSa *child = g_new0(IkeChildSa, 1);

    g_assert(!ike_children_full(set));
    child->due = child->hard = USEC_NEVER;
    set->all[set->n++] = child;
    return child;
}

void
ike_children_remove(IkeChildren *set, IkeChildSa *child)
{
    size_t i = 0;

    while (i < set->n && set->all[i] != child)
        i++;
    g_assert(i < set->n);
    memmove(&set->all[i], &set->all[i + 1], (set->n - i - 1) * sizeof(set->all[0]));
    set->n--;
    child_free(child);
}

IkeChildSa *
ike_children_in(const IkeChildren *set, uint32_t spi_in)
{
    for (size_t i = 0; i < set->n; i++)
        if (set->all[i]->c.spi_in == spi_in)
            return set->all[i];
    return NULL;
}

IkeChildSa *
ike_children_out(const IkeChildren *set, uint32_t spi_out)
{
    for (size_t i = 0; i < set->n; i++)
        if (set->all[i]->c.spi_out == spi_out)
            return set->all[i];
    return NULL;
}

IkeChildSa *
ike_children_first(const IkeChildren *set, IkeChildStage stage)
{
    for (size_t i = 0; i < set->n; i++)
        if (set->all[i]->stage == stage)
            return set->all[i];
    return NULL;
}

IkeChildSa *
ike_children_heir(const IkeChildren *set, uint32_t spi_in, bool ours)
{
    for (size_t i = 0; i < set->n; i++)
        if (set->all[i]->c.replaces == spi_in && set->all[i]->ours == ours)
            return set->all[i];
    return NULL;
}
