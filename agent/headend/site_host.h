/* site_host.h - what a router is on this host: its tunnel interface, its loopback address, the
 * routes into the tunnel. */
#pragma once

#include <gio/gio.h>

#include "agent/headend/ios_config.h"

typedef struct SiteHost {
    int tunnel_fd, loopback_fd; /* TUN; -1: none */
    unsigned offload;           /* TunOffload that ->tunnel_fd has */
    uint32_t mtu;               /* of the tunnel, octets */
} SiteHost;

/* site_host_open - the interfaces under the names of the file, with their addresses, and every
 * route of the file that leads into the tunnel. The loopback is a TUN that nobody reads: it only
 * holds the address. There is nothing to undo: the kernel removes interfaces with our descriptors,
 * and with them addresses and routes.
 * @offload: TunOffload that is wanted of the tunnel. */
bool site_host_open(const IosConfig *config, unsigned offload, SiteHost *ret,
                    GError **error) G_GNUC_WARN_UNUSED_RESULT;
void site_host_close(SiteHost *h);
