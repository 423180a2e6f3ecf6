/* The child SAs of a session: a new one takes over from the old, and no packet is lost (RFC 7296
 * §2.8). */
#include "agent/daemon/session_private.h"

static void
say_rekeyed(const Session *s, uint32_t replaces, const ChildSa *now)
{
    g_autofree char *suite = suite_format(&now->suite);
    g_autofree char *text =
        g_strdup_printf("the tunnel has new keys: SPIs %08x in, %08x out, in place of %08x; %s",
                        now->spi_in, now->spi_out, replaces, suite);
    LogFields fields = session_fields(s);

    log_at(LOG_MESSAGE, &fields, "%s", text);
    session_emit_rekeyed(s, "child", now, text);
}

void
session_on_child_up(Session *s, IkeChild *child)
{
    ChildSas *sas;

    if (!s->tunnel) {
        ike_child_move(&s->child, child);
        return;
    }
    sas = tunnel_sas(s->tunnel);
    if (!child_sas_add(sas, child, ike_driver_now())) {
        session_set_error(s, AC_ERROR_NETWORK, "connect again",
                          "the new keys of the tunnel cannot be used");
        session_fire(s, SESSION_ON_STOP, NULL);
        return;
    }
    ike_child_wipe(child);
    if (child->outbound)
        say_rekeyed(s, child->replaces, child_sas_current(sas));
}

void
session_on_child_out(Session *s, const IkeChild *child)
{
    const ChildSa *was, *now;
    uint32_t replaces;

    if (!s->tunnel)
        return;
    was = tunnel_child(s->tunnel);
    replaces = was ? was->spi_in : 0;
    child_sas_out(tunnel_sas(s->tunnel), child->spi_in);
    now = tunnel_child(s->tunnel);
    if (now)
        say_rekeyed(s, replaces, now);
}

void
session_on_child_down(Session *s, const IkeEvent *ev)
{
    if (!s->tunnel || s->state != SESSION_UP)
        return; /* we are leaving already, and not because of that */
    child_sas_remove(tunnel_sas(s->tunnel), ev->child->spi_in);
    if (tunnel_sas(s->tunnel)->n > 0)
        return;
    if (ev->reason == IKE_REASON_LIFETIME)
        session_set_error(s, AC_ERROR_NETWORK, "connect again",
                          "the tunnel's keys reached the end of their lifetime, and the gateway "
                          "did not give new ones");
    else
        session_set_error(s, AC_ERROR_NETWORK, NULL, "the gateway closed the tunnel");
    session_fire(s, SESSION_ON_STOP, NULL);
}

void
session_on_rekeyed(Session *s)
{
    g_autofree char *text = NULL;
    LogFields fields = session_fields(s);
    IkeInfo info;

    ike_sa_info(s->sa, &info);
    text = g_strdup_printf("the IKE SA has new keys: SPIs %016" G_GINT64_MODIFIER
                           "x, %016" G_GINT64_MODIFIER "x",
                           info.spi_i, info.spi_r);
    log_at(LOG_MESSAGE, &fields, "%s", text);
    session_emit_rekeyed(s, "ike", NULL, text);
}
