/* A host that moves to another network takes its session along: sockets, IKE, ESP and MTU. The
 * routes stay as they are, for none of them names an outer interface (agent/docs/ROUTES.md), so
 * nothing leaves in the clear meanwhile. */
#include "agent/daemon/session_private.h"

/* A default route that somebody adds without naming the interface may lead into the tunnel: the
 * kernel has looked for its gateway there. */
static bool
is_inside(const Session *s, const Addr *local)
{
    const NetSettings *net = tunnel_settings(s->tunnel);

    for (size_t i = 0; i < net->n_addrs; i++)
        if (addr_equal(&net->addrs[i].addr, local))
            return true;
    return false;
}

static UdpSock *
open_way(const Session *s, const Addr *gateway, GError **error)
{
    g_autoptr(UdpSock) sock = session_ike_socket(gateway, true, error);
    Endpoint local;

    if (!sock)
        return NULL;
    local = udp_sock_local(sock);
    if (!is_inside(s, &local.addr))
        return g_steal_pointer(&sock);
    g_set_error_literal(error, AC_ERROR, AC_ERROR_NETWORK,
                        "the host's own routes lead to the gateway through the tunnel");
    return NULL;
}

static bool
is_tried(const Session *s, const Addr *a)
{
    return addr_equal(a, &s->gateway.addr);
}

/* Another address of the same gateway: its name had several, or it has told them. Only with MOBIKE
 * does a gateway expect us there. */
static UdpSock *
open_detour(const Session *s)
{
    IkeInfo info;
    UdpSock *found = NULL;

    ike_sa_info(s->sa, &info);
    if (!info.mobike)
        return NULL;
    for (guint i = 0; !found && i < s->addrs->len; i++)
        if (!is_tried(s, &g_array_index(s->addrs, Addr, i)))
            found = open_way(s, &g_array_index(s->addrs, Addr, i), NULL);
    for (size_t i = 0; !found && i < info.peer_addrs.n; i++)
        if (!is_tried(s, &info.peer_addrs.v[i]))
            found = open_way(s, &info.peer_addrs.v[i], NULL);
    return found;
}

static void
wait_for_network(Session *s, const char *why)
{
    LogFields fields = session_fields(s);

    if (s->stranded)
        return;
    s->stranded = true;
    session_renew_moved(s);
    ike_sa_hold(s->sa);
    log_at(LOG_MESSAGE, &fields, "no way to the gateway, waiting for a network: %s", why);
    session_emit_notice(s, false, "Reconnecting to %s: waiting for a network...", s->host->name);
}

static void
move_to(Session *s, UdpSock *fresh)
{
    LogFields fields = session_fields(s);
    char from[ENDPOINT_TEXT_MAX], to[ENDPOINT_TEXT_MAX], gateway[ADDR_TEXT_MAX];
    Endpoint was = udp_sock_local(s->natt), local = udp_sock_local(fresh);
    UdpSock *old = s->natt;

    session_renew_moved(s);
    s->gateway = udp_sock_remote(fresh);
    s->natt = fresh;
    s->doors.v4.natt = s->doors.v6.natt = NULL;
    udp_doors_put(&s->doors, fresh);
    tunnel_move(s->tunnel, fresh, &s->gateway);
    udp_sock_free(old);
    s->stranded = false;
    log_at(LOG_MESSAGE, &fields, "moved from %s to %s, gateway at %s", endpoint_format(&was, from),
           endpoint_format(&local, to), addr_format(&s->gateway.addr, gateway));
    session_emit_notice(s, false, "Reconnecting to %s...", s->host->name);
    ike_sa_move(s->sa, &(IkePath){ local, s->gateway, true }, ike_driver_now());
    ike_driver_kick(s->driver);
}

void
session_roam(Session *s)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(UdpSock) fresh = NULL;
    Endpoint here, there;

    if (s->state != SESSION_UP)
        return;
    fresh = open_way(s, &s->gateway.addr, &error);
    if (!fresh)
        fresh = open_detour(s);
    if (!fresh) {
        wait_for_network(s, error->message);
        return;
    }
    here = udp_sock_local(s->natt);
    there = udp_sock_local(fresh);
    if (s->stranded || !addr_equal(&here.addr, &there.addr))
        move_to(s, g_steal_pointer(&fresh));
}

void
session_on_path(Session *s)
{
    LogFields fields = session_fields(s);
    char local[ENDPOINT_TEXT_MAX];
    IkeInfo info;

    ike_sa_info(s->sa, &info);
    log_at(LOG_MESSAGE, &fields, "the gateway answers to %s%s",
           endpoint_format(&info.path.local, local), info.mobike ? " (MOBIKE)" : "");
    session_emit_notice(s, false, "Connected to %s.", s->host->name);
}
