#include "tests/support/sim_impair.h"

#include "agent/ike/ike_impair.h"
#include "tests/support/sim_lie.h"
#include "tests/support/test.h"

enum { SEED = 1 };
/* Longer than a request is repeated, shorter than the liar waits for us to delete what it believes
 * to be replaced. */
#define AFTERWARDS (45 * USEC_PER_SEC)
static const char password[] = "cisco123"; /* of sim_new() */

static unsigned passed, failed;

typedef struct Watch {
    unsigned early, seen; /* messages of the client's with the password inside */
} Watch;

static bool
holds_password(const uint8_t *p, size_t len)
{
    return len > 0 && memmem(p, len, password, strlen(password));
}

/* A gateway is verified before anything that a person has typed leaves. */
static void
watch(Sim *sim, SimSide from, GByteArray *octets, void *user)
{
    g_auto(Secret) plain = { 0 };
    Watch *w = user;

    g_assert_false(holds_password(octets->data, octets->len));
    if (from != SIM_CLIENT || !sim_peek(sim, from, (Slice){ octets->data, octets->len }, &plain) ||
        !holds_password(plain.p, plain.len))
        return;
    w->seen++;
    w->early += sim->client.certificates == 0;
}

static void
act(Sim *sim, SimSide liar, SimThen then)
{
    SimSide who = then >= SIM_OTHER_ASKS ? (liar == SIM_CLIENT ? SIM_GATEWAY : SIM_CLIENT) : liar;
    SimPeer *p = who == SIM_CLIENT ? &sim->client : &sim->gateway;

    if (!p->sa)
        return;
    switch (then) {
    case SIM_REST:
        break;
    case SIM_LIAR_ASKS:
    case SIM_OTHER_ASKS:
        ike_sa_doubt(p->sa, sim->now);
        break;
    case SIM_LIAR_REKEYS_CHILD:
    case SIM_OTHER_REKEYS_CHILD:
        ike_sa_rekey_child(p->sa, p->child.spi_in, sim->now);
        break;
    case SIM_LIAR_REKEYS_IKE:
    case SIM_OTHER_REKEYS_IKE:
        ike_sa_rekey(p->sa, sim->now);
        break;
    }
    ike_sa_tick(p->sa, sim->now);
    sim_drain(sim);
}

static bool
settled(const Sim *sim)
{
    return sim_both_up(sim) || sim_both_closed(sim);
}

static char *
story(const Sim *sim, const char *lie, unsigned told)
{
    const SimPeer *c = &sim->client, *g = &sim->gateway;

    return g_strdup_printf("%s (seed %d), told %u times: client%s %s \"%s\", gateway%s %s \"%s\", "
                           "%u and %u child SAs, %u tunnels",
                           lie, SEED, told, c->ups ? " was up," : "", ike_reason_name(c->reason),
                           c->why ? c->why : "", g->ups ? " was up," : "",
                           ike_reason_name(g->reason), g->why ? g->why : "", c->children->len,
                           g->children->len, sim_pairs(sim));
}

static const char *
judge_fate(const Sim *sim, const SimPeer *honest, const SimTrial *t)
{
    switch (t->fate) {
    case SIM_UP:
        if (sim_pairs(sim) != 1)
            return "no tunnel that fits";
        /* fall through */
    case SIM_KEPT:
        if (honest->ups != 1 || honest->closes > 0)
            return "it is not up";
        return honest->children->len == 1 ? NULL : "not one child SA";
    case SIM_NOTHING:
        if (ike_listen_count(sim->listen) > 0)
            return "an IKE SA is left over";
        return honest->ups == 0 && honest->made == honest->closes ? NULL : "it let the liar in";
    case SIM_ENDED:
        if (honest->reason != t->reason)
            return "another reason";
        if (!honest->why || !strstr(honest->why, t->why))
            return "another sentence";
        if (honest == &sim->gateway && ike_listen_count(sim->listen) > 0)
            return "an IKE SA is left over";
        return honest->children->len == 0 ? NULL : "a child SA is left over";
    }
    g_assert_not_reached();
}

static const char *
judge(const Sim *sim, const SimPeer *honest, const SimTrial *t, const Watch *w, unsigned told)
{
    if (told == 0)
        return "no lie was told";
    if (w->early)
        return "a password went to a gateway that was not verified";
    if (sim->client.ups > 0 && w->seen == 0 && !t->tune)
        return "the watch is blind";
    if (ike_listen_half_open(sim->listen) > 0)
        return "something stays half-open";
    return judge_fate(sim, honest, t);
}

static void
try_lie(SimSide liar, const SimTrial *t, const char *lie)
{
    g_autofree char *why = NULL, *text = NULL;
    g_autoptr(IkeImpair) impair = ike_impair_parse(lie, &why);
    g_autoptr(Sim) sim = NULL;
    Watch *w = g_new0(Watch, 1);
    const char *bad;

    if (!impair)
        fail_msg("%s", why);
    sim = sim_new(&(SimSetup){ .seed = SEED, .delay = USEC_PER_MSEC, .tune = t->tune });
    sim->config[liar].impair = impair;
    sim->tap = watch;
    sim->tap_user = w;
    sim_start(sim);
    (void)sim_run(sim, settled, 300 * USEC_PER_SEC);
    if (sim_both_up(sim))
        act(sim, liar, t->then);
    (void)sim_run(sim, sim_both_closed, AFTERWARDS);
    text = story(sim, lie, ike_impair_told(impair));
    bad = judge(sim, liar == SIM_CLIENT ? &sim->gateway : &sim->client, t, w,
                ike_impair_told(impair));
    if (bad)
        print_error("%s: %s\n", bad, text);
    *(bad ? &failed : &passed) += 1;
}

/* "eap=success#1" in IKE_AUTH: "eap=success@IKE_AUTH#1". */
static char *
place(const char *lie, const char *where)
{
    size_t head = strcspn(lie, "#*");

    if (!where)
        return g_strdup(lie);
    return g_strdup_printf("%.*s@%s%s", (int)head, lie, where, lie + head);
}

void
sim_trials(SimSide liar, const SimTrial *trials, size_t n)
{
    passed = failed = 0;
    for (size_t i = 0; i < n; i++) {
        g_auto(GStrv) lies = g_strsplit(trials[i].lies, " ", -1);

        for (size_t k = 0; lies[k]; k++) {
            g_autofree char *lie = place(lies[k], trials[i].where);

            try_lie(liar, &trials[i], lie);
        }
    }
    print_message("%u lies, %u not taken as they should be\n", passed + failed, failed);
    assert_int_equal(failed, 0);
}
