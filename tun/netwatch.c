#include "tun/netwatch.h"

#include <errno.h>
#include <glib-unix.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>

#include "tun/tun_error.h"

enum {
    SETTLE_MS = 100, /* a network that comes or goes is several changes: address, routes, link */
    NEWS_MAX = 32768,
};

struct Netwatch {
    struct mnl_socket *sock;
    GSource *readable, *settled;
    NetwatchChanged changed;
    void *user;
};

static gboolean
on_settled(gpointer user)
{
    Netwatch *w = user;

    g_clear_pointer(&w->settled, g_source_unref);
    w->changed(w->user);
    return G_SOURCE_REMOVE;
}

static void
settle(Netwatch *w)
{
    if (w->settled)
        return;
    w->settled = g_timeout_source_new(SETTLE_MS);
    g_source_set_callback(w->settled, on_settled, w, NULL);
    g_source_attach(w->settled, g_main_context_get_thread_default());
}

/* What has changed is not read: whoever wants to know asks the kernel for what is now. So nothing
 * is lost either when the news are more than the socket holds (ENOBUFS). */
static gboolean
on_readable(gint fd, GIOCondition condition, gpointer user)
{
    Netwatch *w = user;
    uint8_t news[NEWS_MAX];
    bool any = false;

    (void)fd;
    (void)condition;
    while (mnl_socket_recvfrom(w->sock, news, sizeof(news)) > 0 || errno == ENOBUFS ||
           errno == ENOSPC)
        any = true;
    if (any)
        settle(w);
    return G_SOURCE_CONTINUE;
}

Netwatch *
netwatch_new(NetwatchChanged changed, void *user, GError **error)
{
    static const unsigned groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR |
                                   RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE;
    g_autoptr(Netwatch) w = g_new0(Netwatch, 1);

    w->changed = changed;
    w->user = user;
    w->sock = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (!w->sock || mnl_socket_bind(w->sock, groups, MNL_SOCKET_AUTOPID) < 0) {
        tun_error_set(error, errno, "netlink socket");
        return NULL;
    }
    w->readable = g_unix_fd_source_new(mnl_socket_get_fd(w->sock), G_IO_IN | G_IO_ERR);
    g_source_set_callback(w->readable, G_SOURCE_FUNC(on_readable), w, NULL);
    g_source_attach(w->readable, g_main_context_get_thread_default());
    return g_steal_pointer(&w);
}

static void
drop(GSource **source)
{
    if (!*source)
        return;
    g_source_destroy(*source);
    g_source_unref(*source);
    *source = NULL;
}

void
netwatch_free(Netwatch *w)
{
    if (!w)
        return;
    drop(&w->readable);
    drop(&w->settled);
    if (w->sock)
        mnl_socket_close(w->sock);
    g_free(w);
}
