/* addr.h - addresses, endpoints and prefixes; IPv4 and IPv6 alike, no socket headers. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/base/reader.h"

typedef enum AddrFamily { ADDR_NONE = 0, ADDR_V4 = 4, ADDR_V6 = 6 } AddrFamily;

/* A value: compare with addr_equal(), zero is "no address". */
typedef struct Addr {
    uint8_t family; /* AddrFamily */
    uint8_t b[16];  /* network order; IPv4 uses the first four, the rest is zero */
} Addr;

typedef struct Endpoint {
    Addr addr;
    uint16_t port; /* host order */
} Endpoint;

typedef struct Prefix {
    Addr addr;
    uint8_t len; /* bits */
} Prefix;

enum {
    ADDR_TEXT_MAX = 46,                    /* INET6_ADDRSTRLEN */
    ENDPOINT_TEXT_MAX = ADDR_TEXT_MAX + 8, /* [addr]:65535 */
    PREFIX_TEXT_MAX = ADDR_TEXT_MAX + 4,   /* addr/128 */
};

/* Octets of the address: 4, 16, or 0 for none. */
size_t addr_len(const Addr *a);
Slice addr_view(const Addr *a); /* borrowed from @a */
Addr addr_v4(uint32_t host_order);
/* addr_from_octets - 4 or 16 octets to an address; false for any other length. */
bool addr_from_octets(Slice octets, Addr *ret) G_GNUC_WARN_UNUSED_RESULT;
/* addr_parse - "10.0.0.1", "2001:db8::1" (no brackets, no zone); @ret untouched on failure. */
bool addr_parse(const char *text, Addr *ret) G_GNUC_WARN_UNUSED_RESULT;
/* Write the text form into @buf and return it; "none" for no address. */
const char *addr_format(const Addr *a, char buf[static ADDR_TEXT_MAX]);
int addr_compare(const Addr *a, const Addr *b); /* family first, then octets */
bool addr_equal(const Addr *a, const Addr *b);
bool addr_is_unspecified(const Addr *a);
bool addr_is_loopback(const Addr *a);
bool addr_is_multicast(const Addr *a); /* includes IPv4 limited broadcast */
/* addr_next - the address one higher; false at the end of the space. */
bool addr_next(const Addr *a, Addr *ret) G_GNUC_WARN_UNUSED_RESULT;

/* "10.0.0.1:500", "[2001:db8::1]:4500". */
bool endpoint_parse(const char *text, Endpoint *ret) G_GNUC_WARN_UNUSED_RESULT;
const char *endpoint_format(const Endpoint *e, char buf[static ENDPOINT_TEXT_MAX]);
bool endpoint_equal(const Endpoint *a, const Endpoint *b);

/* "10.0.0.0/8"; a bare address is a full-length prefix; host bits are cleared. */
bool prefix_parse(const char *text, Prefix *ret) G_GNUC_WARN_UNUSED_RESULT;
const char *prefix_format(const Prefix *p, char buf[static PREFIX_TEXT_MAX]);
bool prefix_equal(const Prefix *a, const Prefix *b);
bool prefix_contains(const Prefix *p, const Addr *a);
/* prefix_from_mask - address and contiguous mask of the same family; false when the mask has holes.
 */
bool prefix_from_mask(const Addr *addr, const Addr *mask, Prefix *ret) G_GNUC_WARN_UNUSED_RESULT;
Addr prefix_mask(const Prefix *p); /* 10.0.0.0/8 -> 255.0.0.0 */
Addr prefix_last(const Prefix *p); /* 10.0.0.0/8 -> 10.255.255.255 */
