/* xfrm_private.h - the kernel's plane from the inside: xfrm_plane.c is the plane, xfrm_sas.c the
 * SAs in the kernel, xfrm_nets.c the policies. */
#pragma once

#include "agent/base/secret.h"
#include "agent/link/plane_ops.h"
#include "agent/link/xfrm_counts.h"
#include "agent/link/xfrm_door.h"
#include "agent/link/xfrm_plane.h"

enum { XFRM_DOORS = 2 }; /* one a family */

/* What policies are for: those of one pair of selectors, shared by all SAs that have them. */
typedef struct XfrmNets {
    uint32_t reqid; /* of these SAs */
    GArray *sels;   /* of XfrmSel, as packets go out */
    unsigned users;
} XfrmNets;

typedef struct XfrmPair {
    uint32_t spi_in, spi_out;
    Suite suite;
    XfrmAlgs algs;
    Secret key_in, integ_in, key_out, integ_out;
    uint32_t window;
    Endpoint local, remote; /* outer */
    Endpoint came;          /* where a packet came from lately, or @remote */
    XfrmNets *nets;
    uint64_t turn;  /* packets go out over the one with the highest; 0: not over this one */
    EspStats seen;  /* when it was last looked at */
    EspStats moved; /* what it had counted when it moved */
} XfrmPair;

typedef struct XfrmPlane {
    Plane plane;
    XfrmPlaneSetup setup;
    Nl *nl, *news;
    XfrmDoor *doors[XFRM_DOORS];
    GHashTable *pairs; /* SPI in -> XfrmPair */
    GPtrArray *nets;   /* of XfrmNets */
    uint64_t turns;
    uint32_t reqid;   /* the last that was given */
    XfrmCounts begun; /* what the host had counted before */
} XfrmPlane;

/* ---- xfrm_sas.c ---- */

/* xfrm_sas_add - both directions, or none. @in, @out: how far they have counted. */
bool xfrm_sas_add(XfrmPlane *p, const XfrmPair *pair, const XfrmReplay *in, const XfrmReplay *out,
                  GError **error) G_GNUC_WARN_UNUSED_RESULT;
void xfrm_sas_remove(XfrmPlane *p, const XfrmPair *pair);
/* xfrm_sas_read - false when one of them is not there. */
bool xfrm_sas_read(XfrmPlane *p, const XfrmPair *pair, XfrmSaInfo *ret_in,
                   XfrmSaInfo *ret_out) G_GNUC_WARN_UNUSED_RESULT;
/* xfrm_sas_fresh - of an SA that has counted nothing. */
XfrmReplay xfrm_sas_fresh(uint32_t window);

/* ---- xfrm_nets.c ---- */

/* xfrm_nets_take - the ones of these selectors, with another user; NULL when policies cannot say
 * them. */
XfrmNets *xfrm_nets_take(XfrmPlane *p, const EspSaSetup *setup);
void xfrm_nets_drop(XfrmPlane *p, XfrmNets *nets); /* one user less; without any, policies go */
/* xfrm_nets_put - policies as they are to be now; what is there is replaced. */
bool xfrm_nets_put(XfrmPlane *p, const XfrmNets *nets, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* xfrm_nets_close - an SA goes out of use: packets go out over another one, or none. */
void xfrm_nets_close(XfrmPlane *p, const XfrmNets *nets);
/* xfrm_nets_block - until xfrm_nets_put() no packet passes. */
void xfrm_nets_block(XfrmPlane *p, const XfrmNets *nets);
void xfrm_nets_free(gpointer nets);
