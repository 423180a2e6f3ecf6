/* ike_frag.h - the fragments of one message until they are all there; both forms (RFC 7383 §2.6,
 * agent/docs/WIRE.md §8.1). Never more than IKE_FRAGMENTS_MAX pieces and IKE_MESSAGE_MAX octets,
 * never for longer than IKE_FRAGMENTS_SPAN. */
#pragma once

#include "agent/base/secret.h"
#include "agent/base/usec.h"
#include "agent/ike/ike_header.h"

enum { IKE_FRAGMENTS_MAX = 64 };
#define IKE_FRAGMENTS_SPAN (30 * USEC_PER_SEC)

/* One fragment as it came. */
typedef struct IkeFragment {
    bool proven; /* its own integrity was checked (RFC 7383); Cisco's form has none */
    uint32_t message_id;
    uint16_t id;            /* Cisco's fragment id; 0 with RFC 7383 */
    uint16_t number, total; /* total 0: it does not say (Cisco's, but for the last one) */
    Slice data;
    Slice
        datagram; /* proven: number 1 is kept whole, for its header and what stands in the clear */
} IkeFragment;

/* A value: all zero is empty; ike_frag_clear(). */
typedef struct IkeFragSet {
    bool proven;
    uint32_t message_id;
    uint16_t id;
    uint16_t total; /* 0: not known yet */
    unsigned held;
    uint64_t have; /* bit per number - 1 */
    size_t octets;
    Secret *piece;    /* IKE_FRAGMENTS_MAX of them, by number - 1; NULL while it is empty */
    GBytes *datagram; /* of number 1 */
    Usec until;
} IkeFragSet;

typedef enum IkeFragVerdict { IKE_FRAG_DROPPED, IKE_FRAG_KEPT, IKE_FRAG_COMPLETE } IkeFragVerdict;

/* ike_frag_add - keep a copy of @f, or not.
 * Proven fragments: the first of a number stays, a larger total starts anew, a smaller one is
 * dropped (RFC 7383 §2.6). Others never disturb a proven set of the same message; among themselves
 * the newest wins, so that an honest repetition repairs what a forger spoiled. */
IkeFragVerdict ike_frag_add(IkeFragSet *s, const IkeFragment *f, Usec now);
/* ike_frag_join - all pieces of a complete set in their order. */
void ike_frag_join(const IkeFragSet *s, Secret *ret);
Usec ike_frag_due(const IkeFragSet *s); /* USEC_NEVER while it is empty */
void ike_frag_tick(IkeFragSet *s, Usec now);
void ike_frag_clear(IkeFragSet *s);
