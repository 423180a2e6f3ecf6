/* kex_one.c - agent/crypto/kex.h in place of kex.c, for clients whose key exchange is to cost
 * nothing: their private key is 1, so what they send is the generator of the group, and the secret
 * is what the gateway sends. To the gateway it is a key like any other. ECP256 only. */
#include "agent/crypto/kex.h"
#include "agent/crypto/suite.h"

enum { COORDINATE = 32 };

struct Kex {
    uint16_t group;
};

/* X | Y of G (RFC 5903 §3.1). */
static const uint8_t generator[2 * COORDINATE] = {
    0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6, 0xe5, 0x63, 0xa4, 0x40, 0xf2,
    0x77, 0x03, 0x7d, 0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4, 0xa1, 0x39, 0x45, 0xd8, 0x98, 0xc2, 0x96,
    0x4f, 0xe3, 0x42, 0xe2, 0xfe, 0x1a, 0x7f, 0x9b, 0x8e, 0xe7, 0xeb, 0x4a, 0x7c, 0x0f, 0x9e, 0x16,
    0x2b, 0xce, 0x33, 0x57, 0x6b, 0x31, 0x5e, 0xce, 0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51, 0xf5,
};

Kex *
kex_new(uint16_t group)
{
    Kex *k;

    if (group != KE_ECP256)
        return NULL;
    k = g_new(Kex, 1);
    k->group = group;
    return k;
}

void
kex_free(Kex *k)
{
    g_free(k);
}

uint16_t
kex_group(const Kex *k)
{
    return k->group;
}

Slice
kex_public(const Kex *k)
{
    (void)k;
    return (Slice){ generator, sizeof(generator) };
}

bool
kex_finish(Kex *k, Slice peer, Secret *ret)
{
    (void)k;
    if (peer.len != sizeof(generator))
        return false;
    secret_set(ret, (Slice){ peer.p, COORDINATE }); /* 1 times a point: its X */
    return true;
}
