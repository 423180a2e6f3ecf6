#include "agent/crypto/sig_alg.h"

/* X.690: the few tags of an AlgorithmIdentifier. */
enum {
    DER_INTEGER = 0x02,
    DER_NULL = 0x05,
    DER_OID = 0x06,
    DER_SEQUENCE = 0x30,
    DER_CONTEXT = 0xa0, /* + number, constructed */

    PSS_SALT_DEFAULT = 20, /* RFC 4055 §3.1 */
    PSS_SALT_MAX = 64,     /* no hash of ours is longer */
};

/* RFC 4055 §2.1, RFC 5754 §2 */
static const struct {
    const char *name;
    size_t len;
    uint8_t oid[9];
    size_t oid_len;
} hashes[] = {
    [SIG_SHA1] = { "SHA1", 20, { 0x2b, 0x0e, 0x03, 0x02, 0x1a }, 5 },
    [SIG_SHA2_256] = { "SHA256", 32, { 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01 }, 9 },
    [SIG_SHA2_384] = { "SHA384", 48, { 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02 }, 9 },
    [SIG_SHA2_512] = { "SHA512", 64, { 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03 }, 9 },
};

/* RFC 7427 appendix A */
static const struct {
    SigScheme scheme;
    SigHash hash; /* 0: said by the parameters */
    uint8_t oid[9];
    size_t oid_len;
} schemes[] = {
    { SIG_RSA_PKCS1, SIG_SHA1, { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x05 }, 9 },
    { SIG_RSA_PKCS1, SIG_SHA2_256, { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b }, 9 },
    { SIG_RSA_PKCS1, SIG_SHA2_384, { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0c }, 9 },
    { SIG_RSA_PKCS1, SIG_SHA2_512, { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0d }, 9 },
    { SIG_RSA_PSS, 0, { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a }, 9 },
    { SIG_ECDSA, SIG_SHA1, { 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x01 }, 7 },
    { SIG_ECDSA, SIG_SHA2_256, { 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02 }, 8 },
    { SIG_ECDSA, SIG_SHA2_384, { 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x03 }, 8 },
    { SIG_ECDSA, SIG_SHA2_512, { 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x04 }, 8 },
    { SIG_ED25519, SIG_IDENTITY, { 0x2b, 0x65, 0x70 }, 3 }, /* RFC 8420 §A */
};

static const uint8_t mgf1[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x08 };

static bool
hash_known(SigHash hash)
{
    return hash >= SIG_SHA1 && hash < G_N_ELEMENTS(hashes);
}

const char *
sig_hash_name(SigHash hash)
{
    return hash_known(hash) ? hashes[hash].name : NULL;
}

size_t
sig_hash_len(SigHash hash)
{
    return hash_known(hash) ? hashes[hash].len : 0;
}

/* One element with @tag; its length in the one form DER allows, up to 255 octets. */
static bool
der_read(Reader *r, uint8_t tag, Slice *ret)
{
    Reader at = *r;
    uint8_t got, len;
    Slice body;

    if (!reader_u8(&at, &got) || got != tag || !reader_u8(&at, &len))
        return false;
    if (len >= 0x80 && (len != 0x81 || !reader_u8(&at, &len) || len < 0x80))
        return false;
    if (!reader_slice(&at, len, &body))
        return false;
    *r = at;
    *ret = body;
    return true;
}

/* Nothing left, or NULL and then nothing left (RFC 4055 §2.1: both are to be accepted). */
static bool
der_no_parameters(Reader *r)
{
    Slice null;

    if (reader_left(r) > 0 && (!der_read(r, DER_NULL, &null) || null.len > 0))
        return false;
    return reader_left(r) == 0;
}

static bool
hash_decode(Slice der, SigHash *ret)
{
    Reader in = reader_init(der);
    Slice oid;

    if (!der_read(&in, DER_OID, &oid) || !der_no_parameters(&in))
        return false;
    for (SigHash h = SIG_SHA1; h < G_N_ELEMENTS(hashes); h++) {
        if (slice_equal(oid, (Slice){ hashes[h].oid, hashes[h].oid_len })) {
            *ret = h;
            return true;
        }
    }
    return false;
}

/* [number] { SEQUENCE or INTEGER }; true and an empty @ret when it is left out. */
static bool
der_optional(Reader *r, unsigned number, uint8_t tag, Slice *ret)
{
    Slice outer;
    Reader in;

    *ret = (Slice){ 0 };
    if (reader_left(r) == 0 || *r->p != DER_CONTEXT + number)
        return true;
    if (!der_read(r, (uint8_t)(DER_CONTEXT + number), &outer))
        return false;
    in = reader_init(outer);
    return der_read(&in, tag, ret) && reader_left(&in) == 0 && ret->len > 0;
}

static bool
mgf_decode(Slice der, SigHash *ret)
{
    Reader in = reader_init(der);
    Slice oid, hash;

    return der_read(&in, DER_OID, &oid) && slice_equal(oid, (Slice){ mgf1, sizeof(mgf1) }) &&
           der_read(&in, DER_SEQUENCE, &hash) && reader_left(&in) == 0 && hash_decode(hash, ret);
}

/* RSASSA-PSS-params (RFC 4055 §3.1). */
static bool
pss_decode(Reader *in, SigAlg *ret)
{
    SigHash hash = SIG_SHA1, mgf_hash = SIG_SHA1;
    unsigned salt_len = PSS_SALT_DEFAULT;
    Slice body, h, m, salt, trailer;
    Reader r;

    if (!der_read(in, DER_SEQUENCE, &body) || reader_left(in) > 0)
        return false;
    r = reader_init(body);
    if (!der_optional(&r, 0, DER_SEQUENCE, &h) || !der_optional(&r, 1, DER_SEQUENCE, &m) ||
        !der_optional(&r, 2, DER_INTEGER, &salt) || !der_optional(&r, 3, DER_INTEGER, &trailer) ||
        reader_left(&r) > 0)
        return false;
    if ((h.len && !hash_decode(h, &hash)) || (m.len && !mgf_decode(m, &mgf_hash)) ||
        hash != mgf_hash)
        return false;
    if (salt.len)
        salt_len = salt.p[0];
    if (salt.len > 1 || salt_len < PSS_SALT_DEFAULT || salt_len > PSS_SALT_MAX)
        return false;
    if (trailer.len && (trailer.len > 1 || trailer.p[0] != 1))
        return false;
    *ret = (SigAlg){ SIG_RSA_PSS, hash, salt_len };
    return true;
}

bool
sig_alg_decode(Slice der, SigAlg *ret)
{
    Reader outer = reader_init(der), in;
    Slice body, oid;

    if (!der_read(&outer, DER_SEQUENCE, &body) || reader_left(&outer) > 0)
        return false;
    in = reader_init(body);
    if (!der_read(&in, DER_OID, &oid))
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(schemes); i++) {
        if (!slice_equal(oid, (Slice){ schemes[i].oid, schemes[i].oid_len }))
            continue;
        if (schemes[i].scheme == SIG_RSA_PSS)
            return pss_decode(&in, ret);
        /* RFC 5758 §3.2, RFC 8410 §3: parameters of the others are absent. */
        if (schemes[i].scheme == SIG_RSA_PKCS1 ? !der_no_parameters(&in) : reader_left(&in) > 0)
            return false;
        *ret = (SigAlg){ schemes[i].scheme, schemes[i].hash, 0 };
        return true;
    }
    return false;
}

/* Everything we write is shorter than 128 octets: one octet of length. */
static void
der_write(Writer *w, uint8_t tag, Slice body)
{
    writer_u8(w, tag);
    writer_u8(w, (uint8_t)body.len);
    writer_slice(w, body);
}

static Slice
hash_encode(SigHash hash, Writer *out)
{
    uint8_t buf[SIG_ALG_MAX];
    Writer body = { .base = buf, .cap = sizeof(buf) };

    der_write(&body, DER_OID, (Slice){ hashes[hash].oid, hashes[hash].oid_len });
    der_write(&body, DER_NULL, (Slice){ 0 });
    der_write(out, DER_SEQUENCE, writer_view(&body));
    return writer_view(out);
}

/* DER leaves out what equals its default. */
static void
pss_encode(const SigAlg *alg, Writer *out)
{
    uint8_t hash_buf[SIG_ALG_MAX], mgf_buf[SIG_ALG_MAX], seq_buf[SIG_ALG_MAX], buf[SIG_ALG_MAX];
    Writer hash = { .base = hash_buf, .cap = sizeof(hash_buf) };
    Writer mgf = { .base = mgf_buf, .cap = sizeof(mgf_buf) };
    Writer seq = { .base = seq_buf, .cap = sizeof(seq_buf) };
    Writer body = { .base = buf, .cap = sizeof(buf) };

    if (alg->hash != SIG_SHA1) {
        der_write(&body, DER_CONTEXT, hash_encode(alg->hash, &hash));
        der_write(&mgf, DER_OID, (Slice){ mgf1, sizeof(mgf1) });
        writer_slice(&mgf, writer_view(&hash));
        der_write(&seq, DER_SEQUENCE, writer_view(&mgf));
        der_write(&body, DER_CONTEXT + 1, writer_view(&seq));
    }
    if (alg->salt_len != PSS_SALT_DEFAULT) {
        uint8_t salt[] = { DER_INTEGER, 1, (uint8_t)alg->salt_len };

        der_write(&body, DER_CONTEXT + 2, (Slice){ salt, sizeof(salt) });
    }
    der_write(out, DER_SEQUENCE, writer_view(&body));
}

void
sig_alg_encode(const SigAlg *alg, Writer *out)
{
    uint8_t buf[SIG_ALG_MAX];
    Writer body = { .base = buf, .cap = sizeof(buf) };

    for (size_t i = 0; i < G_N_ELEMENTS(schemes); i++) {
        if (schemes[i].scheme != alg->scheme || (schemes[i].hash && schemes[i].hash != alg->hash))
            continue;
        der_write(&body, DER_OID, (Slice){ schemes[i].oid, schemes[i].oid_len });
        if (alg->scheme == SIG_RSA_PSS)
            pss_encode(alg, &body);
        if (alg->scheme == SIG_RSA_PKCS1)
            der_write(&body, DER_NULL, (Slice){ 0 });
        der_write(out, DER_SEQUENCE, writer_view(&body));
        return;
    }
    g_assert_not_reached();
}
