/* host_tun.h - the inside of the gateway on this host: one interface and the routes to the pools.
 */
#pragma once

#include <gio/gio.h>
#include <net/if.h>

#include "agent/base/addr.h"
#include "tun/xfrm_dev.h"

typedef struct HostTun {
    XfrmDev *xfrm; /* the kernel's; NULL: a TUN interface, with */
    int fd;        /* -1: none */
    char name[IF_NAMESIZE];
    unsigned offload; /* TunOffload that @fd has */
} HostTun;

/* host_tun_open - make a TUN interface, if @t has no other, bring it up, route @prefixes (of
 * Prefix) into it. The kernel removes the interface with our descriptor, and with it the routes; of
 * the other an XfrmDev takes care.
 * @t: ->fd is -1. @offload: TunOffload that is wanted. On failure @t is as it was. */
bool host_tun_open(const GArray *prefixes, uint32_t mtu, unsigned offload, HostTun *t,
                   GError **error) G_GNUC_WARN_UNUSED_RESULT;
void host_tun_close(HostTun *t);
/* host_tun_forwards - does the kernel of this host forward packets of @family? Without it nobody
 * gets further than to us. */
bool host_tun_forwards(AddrFamily family);
