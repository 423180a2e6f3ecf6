#include "agent/ike/ike_vendor.h"

#include "agent/base/writer.h"

#define TEXT(s)                                                                                    \
    {                                                                                              \
        (const uint8_t *)(s), sizeof(s) - 1                                                        \
    }
#define COPYRIGHT "CISCO(COPYRIGHT)&Copyright (c) 2009 Cisco Systems, Inc."

static const uint8_t fragmentation[16] = { 0x40, 0x48, 0xb7, 0xd5, 0x6e, 0xbc, 0xe8, 0x85,
                                           0x25, 0xe7, 0xde, 0x7f, 0x00, 0xd6, 0xc2, 0xd3 };

const Slice IKE_VID_DELETE_REASON = TEXT("CISCO-DELETE-REASON");
const Slice IKE_VID_COPYRIGHT = TEXT(COPYRIGHT);
const Slice IKE_VID_ANYCONNECT_EAP = TEXT("CISCO-ANYCONNECT-EAP");
const Slice IKE_VID_FRAGMENTATION = { fragmentation, sizeof(fragmentation) };
const Slice IKE_VID_FLEXVPN = TEXT("FLEXVPN-SUPPORTED");
const Slice IKE_VID_GRE_MODE = TEXT("CISCO-GRE-MODE"); /* a mode octet may follow */

static const struct {
    Slice vid;
    bool prefix;
    const char *name;
} vendors[] = {
    { TEXT("CISCO-DELETE-REASON"), false, "CISCO-DELETE-REASON" },
    { TEXT(COPYRIGHT), false, "CISCO(COPYRIGHT)" },
    { TEXT("CISCO-ANYCONNECT-EAP"), false, "CISCO-ANYCONNECT-EAP" },
    { { fragmentation, sizeof(fragmentation) }, false, "FRAGMENTATION" },
    { TEXT("FLEXVPN-SUPPORTED"), false, "FLEXVPN-SUPPORTED" },
    { TEXT("CISCO-GRE-MODE"), true, "CISCO-GRE-MODE" },
    { TEXT("CISCO-ANYCONNECT-STRAP"), false, "CISCO-ANYCONNECT-STRAP" },
    { TEXT("CISCO-ANYCONNECT-STRAP-DH"), false, "CISCO-ANYCONNECT-STRAP-DH" },
    { TEXT("CISCO-ANYCONNECT-SNI"), false, "CISCO-ANYCONNECT-SNI" },
    { TEXT("CISCO-NGE-LEVEL"), false, "CISCO-NGE-LEVEL" },
    { TEXT("CISCO-DYNAMIC-ROUTE"), false, "CISCO-DYNAMIC-ROUTE" },
    { TEXT("CISCOVPN-REV-02"), false, "CISCOVPN-REV-02" },
};

const char *
ike_vendor_name(Slice vid)
{
    for (size_t i = 0; i < G_N_ELEMENTS(vendors); i++) {
        Slice head = vid;

        if (vendors[i].prefix)
            head.len = MIN(vid.len, vendors[i].vid.len);
        if (slice_equal(head, vendors[i].vid))
            return vendors[i].name;
    }
    return NULL;
}

void
ike_vendor_granite(uint64_t spi, bool initiator, const uint8_t tail[8],
                   uint8_t ret[IKE_VID_GRANITE_LEN])
{
    /* agent/docs/WIRE.md §2.1: the sender's own SPI behind a mask. */
    const uint64_t mask = initiator ? UINT64_C(0x000001001337f347) : UINT64_C(0x020001001337f347);
    Writer out = { .base = ret, .cap = IKE_VID_GRANITE_LEN };

    writer_u64(&out, spi ^ mask);
    writer_slice(&out, (Slice){ tail, 8 });
}
