/* xfrm_plane.h - the Plane that is the kernel: ESP SAs and policies of XFRM, ESP in UDP. */
#pragma once

#include "agent/link/plane.h"
#include "agent/link/xfrm_terms.h"

typedef struct XfrmPlaneSetup {
    uint32_t if_id;  /* of the XFRM interface inside: tun/xfrm_dev.h */
    uint32_t fwmark; /* of our own sockets, and of the outer packets; 0: none */
    EspRules rules;  /* ->tcp_mss is not for the kernel */
    PumpIke on_ike;
    void *user;
} XfrmPlaneSetup;

/* plane_of_kernel - of these have no meaning there, and do nothing: plane_hold(), plane_expect(),
 * plane_set_mss(), plane_refusals(), plane_losses().
 * plane_drops() is of the whole network namespace, since the plane is there (xfrm_counts.h).
 * plane_strayed() tells of the last packet from elsewhere, be it an old one.
 * @natt: from now on only the plane reads it; bound to one address. */
Plane *plane_of_kernel(const XfrmPlaneSetup *setup, UdpSock *natt, GError **error);

/* xfrm_plane_can - would plane_add() be obeyed for SAs of @suite? Asked of the kernel with an SA
 * that nobody uses. Returns false with @error saying what is missing. */
bool xfrm_plane_can(const Suite *suite, const EspRules *rules, GError **error);
