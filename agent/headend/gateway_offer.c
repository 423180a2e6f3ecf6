#include "agent/headend/asa_offer.h"
#include "agent/headend/gateway_private.h"

enum { ADDRESS_SHARE = 4 }; /* an address may have this part of the half-open IKE SAs */

/* All sessions share one IkeConfig: it asks as often as the most impatient group policy wants. */
static Usec
dpd_interval(const AsaConfig *c)
{
    uint32_t best = 0;

    for (guint i = 0; i < c->tunnel_groups->len; i++) {
        const AsaTunnelGroup *t = g_ptr_array_index(c->tunnel_groups, i);
        const AsaGroupPolicy *p = asa_config_policy(c, t->policy);
        uint32_t own = t->no_keepalive    ? 0
                       : t->keepalive     ? t->keepalive
                       : t->remote_access ? p->dpd_gateway
                                          : 0;

        if (own && (!best || own < best))
            best = own;
    }
    return best * USEC_PER_SEC;
}

static void
set_redirect(Gateway *g)
{
    const AsaConfig *c = g->config;

    if (!c->redirect_to || !ike_redirect_parse(c->redirect_to, &g->redirect))
        return;
    *(c->redirect_init ? &g->ike.redirect_init : &g->ike.redirect_auth) = &g->redirect;
}

static void
set_limits(const AsaConfig *c, IkeLimits *ret)
{
    *ret = IKE_LIMITS_DEFAULT;
    if (c->max_negotiating)
        ret->half_open = c->max_negotiating;
    ret->half_open_address = MAX(1, ret->half_open / ADDRESS_SHARE);
    if (c->max_sa)
        ret->all = c->max_sa;
    ret->cookie_from = c->cookie_percent == ASA_COOKIE_NEVER
                           ? IKE_COOKIE_NEVER
                           : ret->half_open * c->cookie_percent / 100;
}

bool
gateway_offer(Gateway *g, bool trace, GError **error)
{
    const AsaConfig *c = g->config;
    g_auto(AsaNotes) notes = { 0 };

    if (!asa_offer_ike(c, &g->ike.ike, &notes) || !asa_offer_esp(c, &g->ike.esp, &notes)) {
        const AsaNote *note = g_ptr_array_index(notes.v, 0);

        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "line %u: %s", note->line,
                    note->text);
        return false;
    }
    g->ike.trace = trace;
    g->ike.mobike = true; /* as an ASA does it when a client asks (agent/docs/WIRE.md §11) */
    g->ike.addrs = g->locals;
    g->ike.n_addrs = g->n_locals;
    g->ike.sig.min_rsa = 2048;
    g->ike.sig.sha1_ok = c->sha1;
    g->ike.dpd_interval = dpd_interval(c);
    g->ike.drain = CHILD_LATE_S * USEC_PER_SEC;
    g->ike.keepalive = c->nat_keepalive * USEC_PER_SEC;
    g->ike.fragmentation = c->fragmentation;
    g->ike.prefer_cisco = c->fragment_cisco;
    g->ike.path_octets = c->fragment_mtu;
    g->ike.auth_limit = 30 * USEC_PER_SEC;
    g->ike.user_limit = 120 * USEC_PER_SEC;
    g->ike.ask_plan = true;
    g->ike.plan = *peers_anyconnect(g->peers);
    g->ike.certreq = peers_certreq(g->peers);
    g->ike.ppk = c->ppks->len > 0;
    set_redirect(g);
    set_limits(c, &g->limits);
    return true;
}
