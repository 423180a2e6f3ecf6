#include "agent/ike/ike_epoch.h"

IkeEpoch *
ike_epoch_new(bool ours, Usec first, unsigned tries)
{
    IkeEpoch *e = g_new0(IkeEpoch, 1);

    e->ours = ours;
    e->due = e->hard = e->until = USEC_NEVER;
    ike_window_init(&e->window, first, tries);
    return e;
}

uint64_t *
ike_epoch_spi(IkeEpoch *e)
{
    return e->ours ? &e->spi_i : &e->spi_r;
}

void
ike_epoch_free(IkeEpoch *e)
{
    if (!e)
        return;
    ike_window_clear(&e->window);
    for (size_t i = 0; i < G_N_ELEMENTS(e->fragments); i++)
        ike_frag_clear(&e->fragments[i]);
    ike_keys_clear(&e->keys);
    aead_free(e->seal);
    aead_free(e->open);
    g_bytes_unref(e->low);
    g_free(e);
}

bool
ike_epoch_arm(IkeEpoch *e)
{
    const IkeKeys *k = &e->keys;
    bool i = e->ours;

    g_clear_pointer(&e->seal, aead_free);
    g_clear_pointer(&e->open, aead_free);
    e->seal = aead_new(&e->suite, secret_view(i ? &k->ei : &k->er),
                       secret_view(i ? &k->ai : &k->ar), AEAD_SEAL);
    e->open = aead_new(&e->suite, secret_view(i ? &k->er : &k->ei),
                       secret_view(i ? &k->ar : &k->ai), AEAD_OPEN);
    return e->seal && e->open;
}
