#include "agent/ike/ike_offer.h"

/* One algorithm in an order of preference. */
typedef struct Choice {
    uint8_t type;
    uint16_t id, key_bits;
} Choice;

static const Choice aead[] = {
    { TRANSFORM_ENCR, ENCR_AES_GCM_16, 256 },
    { TRANSFORM_ENCR, ENCR_AES_GCM_16, 128 },
    { TRANSFORM_ENCR, ENCR_CHACHA20_POLY1305, 0 },
};

static const Choice cbc[] = {
    { TRANSFORM_ENCR, ENCR_AES_CBC, 256 },
    { TRANSFORM_ENCR, ENCR_AES_CBC, 192 },
    { TRANSFORM_ENCR, ENCR_AES_CBC, 128 },
    { TRANSFORM_ENCR, ENCR_3DES, 0 },
};

static const Choice prfs[] = {
    { TRANSFORM_PRF, PRF_HMAC_SHA2_256, 0 },
    { TRANSFORM_PRF, PRF_HMAC_SHA2_384, 0 },
    { TRANSFORM_PRF, PRF_HMAC_SHA2_512, 0 },
    { TRANSFORM_PRF, PRF_HMAC_SHA1, 0 },
};

static const Choice integs[] = {
    { TRANSFORM_INTEG, AUTH_HMAC_SHA2_256_128, 0 },
    { TRANSFORM_INTEG, AUTH_HMAC_SHA2_384_192, 0 },
    { TRANSFORM_INTEG, AUTH_HMAC_SHA2_512_256, 0 },
    { TRANSFORM_INTEG, AUTH_HMAC_SHA1_96, 0 },
};

/* The KE payload is made for the first: an ASA of the last decade takes group 19 when it takes any
 * elliptic curve, while 31 came late. */
static const Choice groups[] = {
    { TRANSFORM_KE, KE_ECP256, 0 },   { TRANSFORM_KE, KE_ECP384, 0 },
    { TRANSFORM_KE, KE_ECP521, 0 },   { TRANSFORM_KE, KE_CURVE25519, 0 },
    { TRANSFORM_KE, KE_MODP2048, 0 }, { TRANSFORM_KE, KE_MODP3072, 0 },
    { TRANSFORM_KE, KE_MODP4096, 0 }, { TRANSFORM_KE, KE_MODP1536, 0 },
    { TRANSFORM_KE, KE_MODP1024, 0 }, { TRANSFORM_KE, KE_MODP768, 0 },
};

/* Both may be offered (RFC 7296 §3.3.2). Who must tolerate old algorithms has an old gateway, and
 * there is no need to surprise it. */
static const Choice esn[] = { { TRANSFORM_ESN, ESN_NO, 0 } };
static const Choice esn_modern[] = { { TRANSFORM_ESN, ESN_YES, 0 }, { TRANSFORM_ESN, ESN_NO, 0 } };

void
ike_offer_add(IkeOffer *o, bool next, uint8_t type, uint16_t id, uint16_t key_bits)
{
    IkeProposal *p;

    if (next || o->n == 0) {
        g_assert(o->n < IKE_OFFER_MAX);
        o->p[o->n] = (IkeProposal){ .number = (uint8_t)(o->n + 1), .proto = o->proto };
        o->n++;
    }
    p = &o->p[o->n - 1];
    g_assert(p->n < IKE_TRANSFORMS_MAX);
    p->t[p->n++] = (IkeTransform){ .type = type, .id = id, .key_bits = key_bits };
}

/* Those of @list that the policy tolerates; the suite table knows how far each may be trusted. */
static void
add_list(IkeOffer *o, bool next, SuiteRank rank, const Choice *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const SuiteAlg *alg = suite_find(list[i].type, list[i].id);

        if (!alg || !alg->implemented || alg->rank > rank)
            continue;
        ike_offer_add(o, next, list[i].type, list[i].id, list[i].key_bits);
        next = false;
    }
}

#define ADD(o, next, rank, list) add_list(o, next, rank, list, G_N_ELEMENTS(list))

static void
add_esn(IkeOffer *o, SuiteRank rank)
{
    if (rank == SUITE_MODERN)
        ADD(o, false, rank, esn_modern);
    else
        ADD(o, false, rank, esn);
}

void
ike_offer_policy(uint8_t proto, SuiteRank rank, IkeOffer *ret)
{
    *ret = (IkeOffer){ .proto = proto };
    ADD(ret, true, rank, aead);
    if (proto == IKE_PROTO_IKE) {
        ADD(ret, false, rank, prfs);
        ADD(ret, false, rank, groups);
    } else {
        add_esn(ret, rank);
    }
    ADD(ret, true, rank, cbc);
    if (proto == IKE_PROTO_IKE)
        ADD(ret, false, rank, prfs);
    ADD(ret, false, rank, integs);
    if (proto == IKE_PROTO_IKE)
        ADD(ret, false, rank, groups);
    else
        add_esn(ret, rank);
}

static void
add_ids(IkeOffer *o, uint8_t type, const uint16_t *ids, size_t n)
{
    for (size_t i = 0; i < n; i++)
        ike_offer_add(o, false, type, ids[i], 0);
}

#define IDS(o, type, ...)                                                                          \
    add_ids(o, type, (const uint16_t[]){ __VA_ARGS__ },                                            \
            sizeof((const uint16_t[]){ __VA_ARGS__ }) / sizeof(uint16_t))

/* agent/docs/WIRE.md §1.5, §2.3 */
void
ike_offer_seed(uint8_t proto, IkeOffer *ret)
{
    *ret = (IkeOffer){ .proto = proto };
    ike_offer_add(ret, true, TRANSFORM_ENCR, ENCR_AES_CBC, 256);
    ike_offer_add(ret, false, TRANSFORM_ENCR, ENCR_AES_CBC, 192);
    ike_offer_add(ret, false, TRANSFORM_ENCR, ENCR_AES_CBC, 128);
    IDS(ret, TRANSFORM_ENCR, ENCR_3DES, ENCR_DES);
    if (proto == IKE_PROTO_IKE)
        IDS(ret, TRANSFORM_PRF, PRF_HMAC_SHA2_512, PRF_HMAC_SHA2_384, PRF_HMAC_SHA2_256,
            PRF_HMAC_SHA1, PRF_HMAC_MD5);
    else
        IDS(ret, TRANSFORM_ENCR, ENCR_NULL);
    IDS(ret, TRANSFORM_INTEG, AUTH_HMAC_SHA2_512_256, AUTH_HMAC_SHA2_384_192,
        AUTH_HMAC_SHA2_256_128, AUTH_HMAC_SHA1_96, AUTH_HMAC_MD5_96);
    if (proto == IKE_PROTO_IKE)
        IDS(ret, TRANSFORM_KE, KE_MODP1536, KE_MODP1024, KE_MODP768);
    else
        IDS(ret, TRANSFORM_ESN, ESN_NO);
}

static bool
prefer_ke(IkeProposal *p, uint16_t group)
{
    size_t first = p->n;

    for (size_t i = 0; i < p->n; i++) {
        IkeTransform wanted = p->t[i];

        if (wanted.type != TRANSFORM_KE)
            continue;
        first = MIN(first, i);
        if (wanted.id != group)
            continue;
        memmove(&p->t[first + 1], &p->t[first], (i - first) * sizeof(p->t[0]));
        p->t[first] = wanted;
        return true;
    }
    return false;
}

bool
ike_offer_prefer_ke(IkeOffer *o, uint16_t group)
{
    bool found = false;

    for (size_t i = 0; i < o->n; i++)
        found |= prefer_ke(&o->p[i], group);
    return found;
}

uint16_t
ike_offer_first_ke(const IkeOffer *o)
{
    for (size_t i = 0; i < o->n; i++)
        for (size_t j = 0; j < o->p[i].n; j++)
            if (o->p[i].t[j].type == TRANSFORM_KE && o->p[i].t[j].id != KE_NONE)
                return o->p[i].t[j].id;
    return KE_NONE;
}

/* A proposal without a group means NONE as well (RFC 7296 §3.3.3). */
static bool
lets_none_pass(const IkeProposal *p)
{
    bool any = false;

    for (size_t i = 0; i < p->n; i++) {
        if (p->t[i].type != TRANSFORM_KE)
            continue;
        if (p->t[i].id == KE_NONE)
            return true;
        any = true;
    }
    return !any;
}

bool
ike_offer_drop_ke(IkeOffer *o, bool allowed)
{
    IkeOffer left = { .proto = o->proto };

    for (size_t i = 0; i < o->n; i++) {
        const IkeProposal *p = &o->p[i];
        bool next = true;

        for (size_t j = 0; j < p->n && (!allowed || lets_none_pass(p)); j++) {
            if (p->t[j].type == TRANSFORM_KE)
                continue;
            ike_offer_add(&left, next, p->t[j].type, p->t[j].id, p->t[j].key_bits);
            next = false;
        }
    }
    if (left.n == 0)
        return false;
    *o = left;
    return true;
}

void
ike_offer_pfs(IkeOffer *o, SuiteRank rank, bool required)
{
    for (size_t i = 0; i < o->n; i++) {
        IkeOffer one = { .proto = o->proto, .n = 1, .p = { o->p[i] } };

        ADD(&one, false, rank, groups);
        if (!required)
            ike_offer_add(&one, false, TRANSFORM_KE, KE_NONE, 0);
        o->p[i] = one.p[0];
    }
}

void
ike_offer_encode(const IkeOffer *o, Slice spi, Writer *out)
{
    for (size_t i = 0; i < o->n; i++) {
        IkeProposal p = o->p[i];

        p.spi = spi;
        ike_proposal_encode(&p, i + 1 == o->n, out);
    }
}
