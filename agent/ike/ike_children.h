/* ike_children.h - the child SAs of one IkeSa: a small set, and what becomes of each of them. */
#pragma once

#include "agent/ike/ike_sa.h"

enum { IKE_CHILDREN_MAX = 8 }; /* one, its successor, and as much for every way they may collide */

typedef enum IkeChildStage {
    IKE_CHILD_LIVE,     /* carries packets; replaced when it is due */
    IKE_CHILD_REPLACED, /* another has its place: takes what is under way, until it is due */
    IKE_CHILD_DOOMED,   /* we are to delete it */
    IKE_CHILD_DELETING, /* our Delete is under way */
} IkeChildStage;

typedef struct IkeChildSa {
    IkeChild c; /* without keys: they have gone with IKE_EV_CHILD_UP */
    IkeChildStage stage;
    bool told;      /* the owner knows of it */
    bool ours;      /* our request made it */
    bool orphan;    /* the peer does not know it any more */
    bool pressed;   /* it has carried so much that it is due */
    unsigned tries; /* of replacing it, without a pause between them */
    GBytes *low;    /* the lower of the two nonces that made it (RFC 7296 §2.8.1) */
    Usec due, hard; /* to be replaced, to be deleted; REPLACED: @due is for our Delete */
    IkeLife life;
    uint64_t octets, packets; /* carried when it is to be replaced; 0: any number */
} IkeChildSa;

/* A value of zeros is empty. */
typedef struct IkeChildren {
    size_t n;
    IkeChildSa *all[IKE_CHILDREN_MAX]; /* oldest first */
} IkeChildren;

void ike_children_clear(IkeChildren *set);
bool ike_children_full(const IkeChildren *set);
/* ike_children_add - a LIVE one, never due; @set must not be full. Owned by @set. */
IkeChildSa *ike_children_add(IkeChildren *set);
void ike_children_remove(IkeChildren *set, IkeChildSa *child);
/* By the SPI of packets to us, and of packets to the peer; NULL when there is none. */
IkeChildSa *ike_children_in(const IkeChildren *set, uint32_t spi_in);
IkeChildSa *ike_children_out(const IkeChildren *set, uint32_t spi_out);
/* The first in @stage, or NULL. */
IkeChildSa *ike_children_first(const IkeChildren *set, IkeChildStage stage);
/* ike_children_heir - the first that was made in place of @spi_in, by our request or, not @ours, by
 * the peer's; NULL when there is none. */
IkeChildSa *ike_children_heir(const IkeChildren *set, uint32_t spi_in, bool ours);
