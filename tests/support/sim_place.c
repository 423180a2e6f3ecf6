#include "tests/support/sim_place.h"

#include "tests/support/sim_cross.h"
#include "tests/support/sim_plan.h"

static const IkeLimits wary = {
    .half_open = 1000, .half_open_address = 1000, .all = 1000, .cookie_from = 0
};

static void
watch(IkeConfig *client, IkeConfig *gateway)
{
    client->mobike = gateway->mobike = true;
    client->redirect = gateway->redirect = true;
    client->dpd_interval = gateway->dpd_interval = 40 * USEC_PER_SEC;
}

/* The short way to be up. */
static void
stands(IkeConfig *client, IkeConfig *gateway)
{
    sim_psk(client, gateway);
    watch(client, gateway);
}

static void
by_certificate(IkeConfig *client, IkeConfig *gateway)
{
    sim_cert(client, gateway);
    watch(client, gateway);
}

static void
by_both(IkeConfig *client, IkeConfig *gateway)
{
    sim_cert_eap(client, gateway);
    watch(client, gateway);
}

static void
asked(IkeConfig *client, IkeConfig *gateway)
{
    watch(client, gateway);
    gateway->ask_plan = true;
}

static void
client_rekeys_child(Sim *sim)
{
    cross_act(sim, SIM_CLIENT, CROSS_REKEY_CHILD);
}

static void
client_rekeys_ike(Sim *sim)
{
    cross_act(sim, SIM_CLIENT, CROSS_REKEY_IKE);
}

static void
client_deletes_child(Sim *sim)
{
    cross_act(sim, SIM_CLIENT, CROSS_DELETE_CHILD);
}

static void
client_moves(Sim *sim)
{
    IkePath path;

    sim->client_at = "192.168.1.9";
    path = sim_path(sim, SIM_CLIENT, true);
    ike_sa_move(sim->client.sa, &path, sim->now);
}

static void
client_doubts(Sim *sim)
{
    ike_sa_doubt(sim->client.sa, sim->now);
}

static void
client_closes(Sim *sim)
{
    cross_act(sim, SIM_CLIENT, CROSS_CLOSE);
}

static void
gateway_rekeys_child(Sim *sim)
{
    cross_act(sim, SIM_GATEWAY, CROSS_REKEY_CHILD);
}

static void
gateway_rekeys_ike(Sim *sim)
{
    cross_act(sim, SIM_GATEWAY, CROSS_REKEY_IKE);
}

static void
gateway_deletes_child(Sim *sim)
{
    cross_act(sim, SIM_GATEWAY, CROSS_DELETE_CHILD);
}

/* The client has moved, and the gateway asks whether it is really there. */
static void
gateway_checks(Sim *sim)
{
    client_moves(sim);
    sim_drain(sim);
    sim_pass(sim, SIM_CLIENT);
    sim_pass(sim, SIM_GATEWAY); /* the answer; the cookie is on its way */
}

static void
gateway_doubts(Sim *sim)
{
    ike_sa_doubt(sim->gateway.sa, sim->now);
}

static void
gateway_redirects(Sim *sim)
{
    IkeRedirect to;

    g_assert_true(ike_redirect_parse("10.0.0.7", &to));
    g_assert_true(ike_sa_redirect(sim->gateway.sa, &to, sim->now));
}

static void
gateway_closes(Sim *sim)
{
    cross_act(sim, SIM_GATEWAY, CROSS_CLOSE);
}

static const SimPlace places[] = {
    { SIM_CLIENT, "INIT_SENT", watch, NULL },
    { SIM_CLIENT, "INIT_SENT:cookie", watch, NULL },
    { SIM_CLIENT, "AUTH_SENT", watch, NULL },
    { SIM_CLIENT, "TRUST", watch, NULL },
    { SIM_CLIENT, "TRUST_LAST", by_certificate, NULL },
    { SIM_CLIENT, "EAP", watch, NULL },
    { SIM_CLIENT, "ASKING", watch, NULL },
    { SIM_CLIENT, "AUTH_FINAL", watch, NULL },
    { SIM_CLIENT, "READY", stands, NULL },
    { SIM_CLIENT, "READY:rekeys-child", stands, client_rekeys_child },
    { SIM_CLIENT, "READY:rekeys-ike", stands, client_rekeys_ike },
    { SIM_CLIENT, "READY:deletes-child", stands, client_deletes_child },
    { SIM_CLIENT, "READY:moves", stands, client_moves },
    { SIM_CLIENT, "READY:doubts", stands, client_doubts },
    { SIM_CLIENT, "DELETING", stands, client_closes },
    { SIM_CLIENT, "CLOSED", stands, client_closes },
    { SIM_GATEWAY, "INIT_SEEN", watch, NULL },
    { SIM_GATEWAY, "PEER", asked, NULL },
    { SIM_GATEWAY, "VERDICT", by_certificate, NULL },
    { SIM_GATEWAY, "AGAIN", by_both, NULL },
    { SIM_GATEWAY, "LOGIN", watch, NULL },
    { SIM_GATEWAY, "DECIDING", watch, NULL },
    { SIM_GATEWAY, "EAP_DONE", watch, NULL },
    { SIM_GATEWAY, "GRANTING", watch, NULL },
    { SIM_GATEWAY, "READY", stands, NULL },
    { SIM_GATEWAY, "READY:rekeys-child", stands, gateway_rekeys_child },
    { SIM_GATEWAY, "READY:rekeys-ike", stands, gateway_rekeys_ike },
    { SIM_GATEWAY, "READY:deletes-child", stands, gateway_deletes_child },
    { SIM_GATEWAY, "READY:checks", stands, gateway_checks },
    { SIM_GATEWAY, "READY:doubts", stands, gateway_doubts },
    { SIM_GATEWAY, "READY:redirects", stands, gateway_redirects },
    { SIM_GATEWAY, "DELETING", stands, gateway_closes },
    { SIM_GATEWAY, "CLOSED", stands, gateway_closes },
};

const SimPlace *
sim_places(size_t *ret_n)
{
    *ret_n = G_N_ELEMENTS(places);
    return places;
}

bool
sim_place_clear(const SimPlace *p)
{
    return g_str_has_prefix(p->name, "INIT_SENT");
}

static bool
has_cookie(const Sim *sim)
{
    return sim->client.sent[IKE_EXCHANGE_IKE_SA_INIT] == 2;
}

Sim *
sim_place_new(const SimPlace *p, uint64_t seed)
{
    bool cookies = g_str_has_suffix(p->name, ":cookie");
    Sim *sim =
        sim_new(&(SimSetup){ .seed = seed, .tune = p->tune, .limits = cookies ? &wary : NULL });

    if (cookies) {
        sim_start(sim);
        g_assert_true(sim_run(sim, has_cookie, USEC_PER_SEC));
        return sim;
    }
    if (!p->act && !g_str_has_prefix(p->name, "READY")) {
        sim_reach(sim, p->side, p->name);
        return sim;
    }
    sim_connect(sim);
    sim_pass_all(sim);
    if (p->act)
        p->act(sim);
    sim_drain(sim);
    if (strcmp(p->name, "CLOSED") == 0)
        sim_pass_all(sim);
    return sim;
}

static bool
stand(const Sim *sim)
{
    return sim->gateway.sa && strcmp(sim_state(sim, SIM_CLIENT), "READY") == 0 &&
           strcmp(sim_state(sim, SIM_GATEWAY), "READY") == 0;
}

static bool
stand_or_gone(const Sim *sim)
{
    return sim_both_closed(sim) || stand(sim);
}

/* The owner has asked for it, and both call the new one the same. */
static bool
rekeyed_or_gone(const Sim *sim)
{
    const IkeEpoch *c = sim->client.sa->ike, *g = sim->gateway.sa ? sim->gateway.sa->ike : NULL;

    return sim_both_closed(sim) || (stand(sim) && !sim->client.sa->attempt.next && g->rekeyed &&
                                    c->spi_i == g->spi_i && c->spi_r == g->spi_r);
}

bool
sim_place_leave(Sim *sim)
{
    sim_wake(sim);
    if (!sim_run(sim, stand_or_gone, 900 * USEC_PER_SEC))
        return false;
    if (sim_both_closed(sim))
        return true;
    ike_sa_rekey(sim->client.sa, sim->now);
    return sim_run(sim, rekeyed_or_gone, 900 * USEC_PER_SEC);
}
