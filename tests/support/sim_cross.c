#include "tests/support/sim_cross.h"

SimSide
cross_other(SimSide side)
{
    return side == SIM_CLIENT ? SIM_GATEWAY : SIM_CLIENT;
}

SimPeer *
cross_peer(Sim *sim, SimSide side)
{
    return side == SIM_CLIENT ? &sim->client : &sim->gateway;
}

const IkeChild *
cross_child(Sim *sim, SimSide side, guint i)
{
    return &((const SimChild *)g_ptr_array_index(cross_peer(sim, side)->children, i))->c;
}

void
cross_act(Sim *sim, SimSide side, CrossAct what)
{
    IkeSa *sa = cross_peer(sim, side)->sa;

    switch (what) {
    case CROSS_REKEY_CHILD:
        ike_sa_rekey_child(sa, cross_child(sim, side, 0)->spi_in, sim->now);
        break;
    case CROSS_REKEY_IKE:
        ike_sa_rekey(sa, sim->now);
        break;
    case CROSS_DELETE_CHILD:
        sa->children.all[0]->stage = IKE_CHILD_DOOMED;
        ike_sa_tick(sa, sim->now);
        break;
    case CROSS_CLOSE:
        ike_sa_close(sa, sim->now);
    }
}

void
cross_both(Sim *sim, CrossAct client, CrossAct gateway)
{
    cross_act(sim, SIM_CLIENT, client);
    cross_act(sim, SIM_GATEWAY, gateway);
    sim_drain(sim);
    g_assert_cmpuint(sim_waiting(sim, SIM_CLIENT), ==, 1);
    g_assert_cmpuint(sim_waiting(sim, SIM_GATEWAY), ==, 1);
}

void
cross_lowest(Sim *sim, unsigned lowest, unsigned before)
{
    uint8_t client[] = { 0x80, 0x80, 0x80, 0x80 }, gateway[] = { 0x80, 0x80, 0x80, 0x80 };

    g_assert_cmpuint(before + 2, <=, sizeof(client));
    client[before] = lowest == 0 ? 0 : 0x80;
    client[before + 1] = lowest == 3 ? 0 : 0x80;
    gateway[before] = lowest == 2 ? 0 : 0x80;
    gateway[before + 1] = lowest == 1 ? 0 : 0x80;
    sim_nonces(sim, SIM_CLIENT, client, before + 2);
    sim_nonces(sim, SIM_GATEWAY, gateway, before + 2);
}

SimSide
cross_loser(unsigned lowest)
{
    return lowest < 2 ? SIM_CLIENT : SIM_GATEWAY;
}

void
cross_groups(IkeOffer *o, uint16_t first, uint16_t second)
{
    g_assert_true(ike_offer_prefer_ke(o, second) && ike_offer_prefer_ke(o, first));
    for (size_t i = 0; i < o->n; i++) {
        IkeProposal *p = &o->p[i];
        size_t n = 0;

        for (size_t k = 0; k < p->n; k++)
            if (p->t[k].type != TRANSFORM_KE || p->t[k].id == first || p->t[k].id == second)
                p->t[n++] = p->t[k];
        p->n = n;
    }
}

static bool
is_one_ike_sa(const Sim *sim)
{
    const IkeSa *c = sim->client.sa, *g = sim->gateway.sa;

    return g && c->state == IKE_STATE_READY && g->state == IKE_STATE_READY &&
           c->ike->spi_i == g->ike->spi_i && c->ike->spi_r == g->ike->spi_r &&
           c->ike->ours != g->ike->ours && !c->rival && !g->rival && !c->attempt.next &&
           !g->attempt.next && sim->client.closes + sim->gateway.closes == 0;
}

static bool
is_only_child(const SimPeer *p)
{
    return p->children->len == 1 && p->sa->children.n == 1 &&
           p->sa->children.all[0]->stage == IKE_CHILD_LIVE &&
           ((const SimChild *)g_ptr_array_index(p->children, 0))->c.outbound;
}

bool
cross_settled(const Sim *sim)
{
    return is_one_ike_sa(sim) && is_only_child(&sim->client) && is_only_child(&sim->gateway) &&
           sim_pairs(sim) == 1;
}

bool
cross_childless(const Sim *sim)
{
    return is_one_ike_sa(sim) && sim->client.children->len + sim->gateway.children->len == 0 &&
           sim->client.sa->children.n + sim->gateway.sa->children.n == 0;
}
