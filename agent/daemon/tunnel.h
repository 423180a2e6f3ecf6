/* tunnel.h - adapter, host configuration and data plane of one session: up in two steps, down in
 * one. */
#pragma once

#include "agent/crypto/aead_batch.h"
#include "agent/ike/ike_sa.h"
#include "agent/link/child_sas.h"
#include "agent/link/offload.h"
#include "agent/link/plane_choice.h"
#include "agent/link/thread_choice.h"
#include "tun/net_config.h"

typedef struct Tunnel Tunnel;
typedef struct TunnelSetup {
    Offload offload;
    AeadChoice crypto;
    PlaneChoice plane;
    ThreadChoice threads;
    EspRules rules;
    bool bypass_family;    /* beside a full tunnel of one family the other goes its own way when the
                              gateway gives no address for it, also if the gateway does not say so
                              (client-bypass-protocol) */
    const IkeChild *child; /* which the kernel must be able to carry, if it is to be it */
    const char *xfrm_journal; /* of what is then made there: tun/xfrm_dev.h */
} TunnelSetup;
/* tunnel_new - make the adapter. */
Tunnel *tunnel_new(const TunnelSetup *setup, GError **error);
/* tunnel_free - undo the host's configuration, stop the plane, remove the adapter. */
void tunnel_free(Tunnel *t);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Tunnel, tunnel_free)

/* tunnel_configure - addresses, MTU, routes as @reply says; then start moving packets.
 * @child: its secrets are read, not moved. @natt: connected to the gateway; the plane reads it from
 * now on.
 * @on_ike: IKE datagrams that come on @natt.
 * Returns false with AC_ERROR_HOST_SETUP; the host is then as it was. */
bool tunnel_configure(Tunnel *t, const IkeChild *child, const IkeCpReply *reply, UdpSock *natt,
                      const Endpoint *gateway, const char *journal, PumpIke on_ike, void *user,
                      GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* tunnel_renew - a new IKE SA of the same gateway has @child and @reply: packets go out over it
 * from now on, and what the others have received is still received. Where @reply says the same as
 * before nothing on the host is touched, else it is changed at once. @child: as above. Returns
 * false with @error; all is then as it was. */
bool tunnel_renew(Tunnel *t, const IkeChild *child, const IkeCpReply *reply, const UdpSock *natt,
                  GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* tunnel_expect - plane_expect() */
void tunnel_expect(Tunnel *t, uint32_t spi_in);
/* tunnel_sas - its child SAs, to be added to and taken from as they come and go. */
ChildSas *tunnel_sas(Tunnel *t);
/* tunnel_move - packets go over @natt, connected to @gateway, from now on; the MTU follows. The
 * socket before is not touched any more. */
void tunnel_move(Tunnel *t, UdpSock *natt, const Endpoint *gateway);
/* tunnel_follow_mtu - the inner MTU as what is known of the path now allows. */
void tunnel_follow_mtu(Tunnel *t, const UdpSock *natt);
uint64_t tunnel_refusals(const Tunnel *t); /* plane_refusals() */
const NetSettings *tunnel_settings(const Tunnel *t);
const ChildSa *tunnel_child(const Tunnel *t);      /* child_sas_current() */
bool tunnel_stats(const Tunnel *t, EspStats *ret); /* child_sas_stats(); false before it is up */
uint64_t tunnel_drops(const Tunnel *t, EspStatus why);   /* plane_drops() */
uint64_t tunnel_losses(const Tunnel *t, PumpLoss why);   /* plane_losses() */
bool tunnel_carries(const Tunnel *t, AddrFamily family); /* has an inner address of it */
const char *tunnel_mode(const Tunnel *t,
                        AddrFamily family); /* "Tunnel All Traffic", "Split Include", ... */
