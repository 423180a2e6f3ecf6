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
    g_bytes_unref(e->low);
    g_free(e);
}

/* The sender's keys: the initiator's are ei and ai (§2.14). */
static Aead *
make_aead(const IkeEpoch *e, AeadUse use)
{
    bool i = e->ours == (use == AEAD_SEAL);
    const IkeKeys *k = &e->keys;

    return aead_new(&e->suite, secret_view(i ? &k->ei : &k->er), secret_view(i ? &k->ai : &k->ar),
                    use);
}

bool
ike_epoch_arm(IkeEpoch *e)
{
    g_autoptr(Aead) trial = make_aead(e, AEAD_SEAL);

    e->armed = trial != NULL;
    return e->armed;
}

Aead *
ike_epoch_aead(const IkeEpoch *e, AeadUse use)
{
    return e->armed ? make_aead(e, use) : NULL;
}
