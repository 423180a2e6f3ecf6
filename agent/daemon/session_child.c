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
    child_sas_retire(tunnel_sas(s->tunnel), ev->child->spi_in, ike_driver_now());
    session_look_for_child(s, ev->reason);
}

void
session_look_for_child(Session *s, IkeReason reason)
{
    if (!s->tunnel || s->state != SESSION_UP || tunnel_sas(s->tunnel)->n > 0)
        return;
    if (reason == IKE_REASON_LIFETIME)
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

static unsigned
seconds(const Session *s)
{
    return (unsigned)(s->silence.span / USEC_PER_SEC);
}

/* The end of the gateway that lost its keys gets them by this; IKE's own answer tells, too, whether
 * the gateway is there at all. */
static void
ask_for_new_keys(Session *s)
{
    const ChildSa *child = tunnel_child(s->tunnel);
    LogFields fields = session_fields(s);

    if (!child)
        return;
    log_at(LOG_WARNING, &fields,
           "nothing comes in through the tunnel for %u s, although hosts behind it are asked that "
           "answered before: the gateway is asked for new keys",
           seconds(s));
    session_emit_notice(s, false, "The tunnel does not answer, asking for new keys...");
    ike_sa_rekey_child(s->sa, child->spi_in, ike_driver_now());
}

static void
give_up_tunnel(Session *s)
{
    s->anew = !login_way(s->login)->typed;
    session_set_error(s, AC_ERROR_NETWORK,
                      s->anew ? "the session is made anew"
                              : "connect again; when it comes back, ask the administrator whether "
                                "something between here and the gateway drops ESP in UDP 4500",
                      "the tunnel is up but carries nothing: several hosts behind it do not answer "
                      "any more, new keys did not help, and the gateway reports no fault");
    session_fire(s, SESSION_ON_STOP, NULL);
}

void
session_look(Session *s)
{
    EspStats stats;

    if (s->stranded || !tunnel_stats(s->tunnel, &stats))
        return;
    switch (esp_silence_look(&s->silence, &stats, ike_driver_now())) {
    case ESP_CARRIES:
        break;
    case ESP_SILENT:
        ask_for_new_keys(s);
        break;
    case ESP_DEAD:
        give_up_tunnel(s);
        break;
    }
}
