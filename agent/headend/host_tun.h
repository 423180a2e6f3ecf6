/* host_tun.h - the inside of the gateway on this host: one TUN and the routes to the pools. */
#pragma once

#include <gio/gio.h>
#include <net/if.h>

#include "agent/base/addr.h"

typedef struct HostTun {
    int fd; /* -1: none */
    char name[IF_NAMESIZE];
} HostTun;

/* host_tun_open - make the interface, bring it up, route @prefixes (of Prefix) into it.
 * There is nothing to undo: the kernel removes the interface with our descriptor, and with it the
 * routes. */
bool host_tun_open(const GArray *prefixes, uint32_t mtu, HostTun *ret,
                   GError **error) G_GNUC_WARN_UNUSED_RESULT;
void host_tun_close(HostTun *t);
/* host_tun_forwards - does the kernel of this host forward packets of @family? Without it nobody
 * gets further than to us. */
bool host_tun_forwards(AddrFamily family);
