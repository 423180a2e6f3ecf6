/* ike_glance.h - what the door reads of an IKE_SA_INIT request before it believes a word of it: one
 * walk over the payload headers, no memory, no key arithmetic (RFC 8019 §4.7). */
#pragma once

#include "agent/ike/ike_header.h"

/* Views into the datagram. */
typedef struct IkeGlance {
    uint64_t spi_i;
    Slice nonce;       /* 16 to 256 octets, RFC 7296 §2.10 */
    Slice cookie;      /* data of a COOKIE that is the first payload (§2.6); empty: none */
    bool redirectable; /* REDIRECT_SUPPORTED or REDIRECTED_FROM is there (RFC 5685 §3) */
} IkeGlance;

/* ike_glance - @datagram behind its header @h, whose length is right. Returns false when it is no
 * IKE_SA_INIT request, its chain is broken, or it has not exactly one usable nonce; whether the
 * rest is well-formed is not looked at. */
bool ike_glance(Slice datagram, const IkeHeader *h, IkeGlance *ret) G_GNUC_WARN_UNUSED_RESULT;
