/* tunnel.h - adapter, host configuration and data pump of one session: up in two steps, down in
 * one. */
#pragma once

#include "agent/ike/ike_sa.h"
#include "agent/link/child_sas.h"
#include "tun/net_config.h"

typedef struct Tunnel Tunnel;
/* tunnel_new - make the TUN adapter. */
Tunnel *tunnel_new(GError **error);
/* tunnel_free - undo the host's configuration, stop the pump, remove the adapter. */
void tunnel_free(Tunnel *t);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Tunnel, tunnel_free)

/* tunnel_configure - addresses, MTU, routes as @reply says; then start moving packets.
 * @child: its secrets are read, not moved. @natt: connected to the gateway; the pump reads it from
 * now on.
 * @on_ike: IKE datagrams that come on @natt.
 * Returns false with AC_ERROR_HOST_SETUP; the host is then as it was. */
bool tunnel_configure(Tunnel *t, const IkeChild *child, const IkeCpReply *reply, UdpSock *natt,
                      const Endpoint *gateway, const char *journal, PumpIke on_ike, void *user,
                      GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* tunnel_sas - its child SAs, to be added to and taken from as they come and go. */
ChildSas *tunnel_sas(Tunnel *t);
/* tunnel_move - packets go over @natt, connected to @gateway, from now on; the MTU follows. The
 * socket before is not touched any more. */
void tunnel_move(Tunnel *t, UdpSock *natt, const Endpoint *gateway);
/* tunnel_follow_mtu - the inner MTU as what is known of the path now allows. */
void tunnel_follow_mtu(Tunnel *t, const UdpSock *natt);
uint64_t tunnel_refusals(const Tunnel *t); /* pump_refusals() */
const NetSettings *tunnel_settings(const Tunnel *t);
const ChildSa *tunnel_child(const Tunnel *t);      /* child_sas_current() */
bool tunnel_stats(const Tunnel *t, EspStats *ret); /* child_sas_stats(); false before it is up */
uint64_t tunnel_drops(const Tunnel *t, EspStatus why);
const char *tunnel_mode(const Tunnel *t,
                        AddrFamily family); /* "Tunnel All Traffic", "Split Include", ... */
