#include <openssl/err.h>

#include "agent/crypto/digest.h"
#include "agent/crypto/x509_private.h"

enum { SHA1_LEN = 20 };

X509Store *
x509_store_new(void)
{
    X509Store *s = g_new0(X509Store, 1);

    s->s = X509_STORE_new();
    s->own = sk_X509_new_null();
    return s;
}

void
x509_store_free(X509Store *s)
{
    if (!s)
        return;
    X509_STORE_free(s->s);
    sk_X509_pop_free(s->own, X509_free);
    g_free(s);
}

void
x509_store_add_system(X509Store *s)
{
    s->system = true;
}

void
x509_store_rest(X509Store *s)
{
    if (!s->system_is_in)
        return;
    X509_STORE_free(s->s);
    s->s = X509_STORE_new();
    for (int i = 0; i < sk_X509_num(s->own); i++)
        (void)X509_STORE_add_cert(s->s, sk_X509_value(s->own, i)); /* as it could before */
    s->system_is_in = false;
}

/* With the system's: what cannot be read of them is not trusted. */
static X509_STORE *
store_whole(X509Store *s)
{
    if (s->system && !s->system_is_in) {
        (void)X509_STORE_set_default_paths(s->s);
        ERR_clear_error();
        s->system_is_in = true;
    }
    return s->s;
}

static bool
store_add(Slice der, void *user)
{
    X509Store *s = user;
    g_autoptr(X509Chain) one = x509_chain_new();
    X509 *x = x509_chain_add(one, der) ? x509_chain_at(one, 0) : NULL;

    if (!x || X509_STORE_add_cert(s->s, x) != 1)
        return false;
    for (int i = 0; i < sk_X509_num(s->own); i++)
        if (X509_cmp(sk_X509_value(s->own, i), x) == 0)
            return true;
    return X509_up_ref(x) && sk_X509_push(s->own, x) > 0;
}

bool
x509_store_add_pem(X509Store *s, Slice pem, GError **error)
{
    return x509_pem_each(pem, store_add, s, error) > 0;
}

GBytes *
x509_store_certreq(const X509Store *s, size_t max)
{
    g_autoptr(GByteArray) out = g_byte_array_new();

    for (int i = 0; i < sk_X509_num(s->own) && out->len < max * SHA1_LEN; i++) {
        X509 *x = sk_X509_value(s->own, i);
        unsigned char *der = NULL;
        uint8_t hash[DIGEST_MAX];
        int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &der);
        Slice spki = { der, len > 0 ? (size_t)len : 0 };

        if (spki.len && digest("SHA1", &spki, 1, hash) == SHA1_LEN)
            g_byte_array_append(out, hash, SHA1_LEN);
        OPENSSL_free(der);
    }
    return g_byte_array_free_to_bytes(g_steal_pointer(&out));
}

/* What OpenSSL found wrong, in our words; what has no word of its own makes the chain invalid. */
static X509Problem
problem_of(int err)
{
    switch (err) {
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_CERT_UNTRUSTED:
    case X509_V_ERR_CERT_REJECTED:
        return X509_UNTRUSTED;
    case X509_V_ERR_CERT_HAS_EXPIRED:
        return X509_EXPIRED;
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return X509_NOT_YET_VALID;
    default:
        return X509_INVALID;
    }
}

/* Notes the problem and goes on: a person is shown all of them at once. */
static int
on_verify(int ok, X509_STORE_CTX *ctx)
{
    unsigned *problems = X509_STORE_CTX_get_app_data(ctx);
    int err = X509_STORE_CTX_get_error(ctx);
    int depth = X509_STORE_CTX_get_error_depth(ctx);

    if (ok)
        return 1;
    /* RFC 5280 §6.1: an anchor is believed as it stands, whatever signed it. */
    if (err == X509_V_ERR_CERT_SIGNATURE_FAILURE && depth >= X509_STORE_CTX_get_num_untrusted(ctx))
        return 1;
    *problems |= problem_of(err);
    return 1;
}

static bool
serves(const ASN1_OBJECT *usage, X509Purpose purpose)
{
    static const char *const ike[] = { X509_OID_IKE_INTERMEDIATE, X509_OID_IPSEC_IKE };
    int nid = OBJ_obj2nid(usage);

    if (nid == NID_anyExtendedKeyUsage || (nid == NID_server_auth && purpose != X509_FOR_CLIENT) ||
        (nid == NID_client_auth && purpose != X509_FOR_GATEWAY))
        return true;
    for (size_t i = 0; i < G_N_ELEMENTS(ike); i++) {
        ASN1_OBJECT *o = OBJ_txt2obj(ike[i], 1);
        bool same = OBJ_cmp(usage, o) == 0;

        ASN1_OBJECT_free(o);
        if (same)
            return true;
    }
    return false;
}

/* A certificate that says nothing is for everything. */
static bool
purpose_ok(const X509 *x, X509Purpose purpose)
{
    g_autoptr(EXTENDED_KEY_USAGE) eku = X509_get_ext_d2i(x, NID_ext_key_usage, NULL, NULL);
    bool ok = X509_get_ext_by_NID(x, NID_ext_key_usage, -1) < 0;

    for (int i = 0; i < sk_ASN1_OBJECT_num(eku); i++)
        ok = ok || serves(sk_ASN1_OBJECT_value(eku, i), purpose);
    return ok;
}

/* RFC 4945 §5.1.3.2: signing; gateways in the field carry only keyEncipherment, which RSA may. */
static bool
leaf_usage_ok(X509 *x)
{
    uint32_t allowed = X509v3_KU_DIGITAL_SIGNATURE | X509v3_KU_NON_REPUDIATION;

    if (EVP_PKEY_is_a(X509_get0_pubkey(x), "RSA"))
        allowed |= X509v3_KU_KEY_ENCIPHERMENT;
    /* Without the extension OpenSSL reports every usage. */
    return X509_get_key_usage(x) & allowed;
}

static bool
signature_weak(X509 *x, const SigPolicy *policy)
{
    int md = NID_undef, bits = 0;

    if (!X509_get_signature_info(x, &md, NULL, &bits, NULL))
        return true;
    switch (md) {
    case NID_sha1:
        return !policy->sha1_ok;
    case NID_md5:
    case NID_md4:
    case NID_md2:
        return true;
    default:
        return bits < 80; /* what SHA-1 was meant to give */
    }
}

/* What OpenSSL leaves to us: purposes, strengths, and keys under which anybody signs.
 * @top: the end of the path, whose own signature says nothing. */
static unsigned
certificate_problems(X509 *x, bool leaf, bool top, X509Purpose purpose, const SigPolicy *policy)
{
    g_autoptr(SigKey) k = sig_key_from_evp(X509_get0_pubkey(x));
    bool rsa = strcmp(sig_key_kind(k), "RSA") == 0;
    unsigned problems = 0;

    if ((rsa && sig_key_bits(k) < policy->min_rsa) || (!top && signature_weak(x, policy)))
        problems |= X509_WEAK;
    if ((leaf && !leaf_usage_ok(x)) || ((leaf || !top) && !purpose_ok(x, purpose)))
        problems |= X509_WRONG_PURPOSE;
    if ((rsa && sig_key_unsound(k)) || X509_get_extension_flags(x) & EXFLAG_INVALID)
        problems |= X509_INVALID;
    return problems;
}

/* RFC 6125 §6.4: subjectAltName only; a wildcard is the whole of the leftmost label. */
static bool
name_matches(X509 *x, const char *host)
{
    const unsigned flags =
        X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS;
    size_t len = strlen(host);
    Addr addr;

    if (addr_parse(host, &addr))
        return X509_check_ip(x, addr.b, addr_len(&addr), 0) == 1;
    if (len && host[len - 1] == '.') /* the root label is no part of a name in a certificate */
        len--;
    /* A leading dot would ask OpenSSL for any name below. */
    return len && host[0] != '.' && X509_check_host(x, host, len, flags, NULL) == 1;
}

X509_STORE_CTX *
x509_context_new(const X509Chain *c, X509Store *anchors, STACK_OF(X509) * others, int64_t now,
                 X509_STORE_CTX_verify_cb each, void *user)
{
    g_autoptr(X509_STORE_CTX) ctx = X509_STORE_CTX_new();
    X509_VERIFY_PARAM *param;

    for (size_t i = 1; i < x509_chain_len(c); i++)
        sk_X509_push(others, x509_chain_at(c, i));

    if (X509_STORE_CTX_init(ctx, store_whole(anchors), x509_chain_at(c, 0), others) != 1)
        return NULL;
    param = X509_STORE_CTX_get0_param(ctx);
    X509_VERIFY_PARAM_set_time(param, (time_t)now);
    X509_VERIFY_PARAM_set_depth(param, X509_CHAIN_MAX);
    /* Whatever stands in the store is where trust starts, be it an issuer or the leaf itself. */
    X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_TRUSTED_FIRST |
                                           X509_V_FLAG_CHECK_SS_SIGNATURE);
    X509_STORE_CTX_set_app_data(ctx, user);
    X509_STORE_CTX_set_verify_cb(ctx, each);
    return g_steal_pointer(&ctx);
}

/* Chain building, dates, signatures, constraints; then our own checks along the chain found. */
static unsigned
path_problems(const X509Chain *c, X509Store *anchors, X509Purpose purpose, const SigPolicy *policy,
              int64_t now)
{
    STACK_OF(X509) *others = sk_X509_new_null();
    STACK_OF(X509) * path;
    unsigned problems = 0;
    g_autoptr(X509_STORE_CTX) ctx = NULL;

    ctx = x509_context_new(c, anchors, others, now, on_verify, &problems);
    /* on_verify() never says no: a failure here is one that OpenSSL could not put in words. */
    if (!ctx || X509_verify_cert(ctx) != 1)
        problems |= X509_INVALID;
    path = ctx ? X509_STORE_CTX_get0_chain(ctx) : NULL;
    for (int i = 0; i < sk_X509_num(path); i++) {
        X509 *x = sk_X509_value(path, i);
        bool top = i >= X509_STORE_CTX_get_num_untrusted(ctx) || (i && X509_self_signed(x, 0) == 1);

        problems |= certificate_problems(x, i == 0, top, purpose, policy);
    }
    sk_X509_free(others);
    return problems;
}

unsigned
x509_chain_verify(const X509Chain *c, X509Store *anchors, const char *host, const SigPolicy *policy,
                  int64_t now)
{
    unsigned problems;

    if (x509_chain_len(c) == 0)
        return X509_INVALID;
    problems = path_problems(c, anchors, X509_FOR_GATEWAY, policy, now);
    if (!name_matches(x509_chain_at(c, 0), host))
        problems |= X509_WRONG_NAME;
    ERR_clear_error();
    return problems;
}

unsigned
x509_chain_verify_peer(const X509Chain *c, X509Store *anchors, X509Purpose purpose,
                       const SigPolicy *policy, int64_t now)
{
    unsigned problems = X509_INVALID;

    if (x509_chain_len(c))
        problems = path_problems(c, anchors, purpose, policy, now);
    ERR_clear_error();
    return problems;
}

static bool
signed_by(const X509Chain *c, size_t i, size_t by)
{
    return X509_verify(x509_chain_at(c, i), X509_get0_pubkey(x509_chain_at(c, by))) == 1;
}

bool
x509_chain_certifies(const X509Chain *c, size_t i)
{
    bool reached[X509_CHAIN_MAX] = { true };
    size_t n = x509_chain_len(c);

    for (bool more = true; more && !reached[i];) {
        more = false;
        for (size_t from = 0; from < n; from++)
            for (size_t by = 0; by < n && reached[from]; by++)
                if (!reached[by] && signed_by(c, from, by))
                    reached[by] = more = true;
    }
    ERR_clear_error();
    return reached[i];
}

const char *
x509_problem_text(X509Problem one)
{
    switch (one) {
    case X509_UNTRUSTED:
        return "it was not issued by an authority that this computer trusts";
    case X509_WRONG_NAME:
        return "it is not made out to this server's name";
    case X509_EXPIRED:
        return "it has expired";
    case X509_NOT_YET_VALID:
        return "it is not valid yet";
    case X509_WRONG_PURPOSE:
        return "it is not meant for a VPN gateway";
    case X509_WEAK:
        return "its key or signature is weaker than the policy allows";
    case X509_INVALID:
        return "it or its chain is broken";
    case X509_IS_REVOKED:
        return "it has been revoked by its issuer";
    case X509_UNCHECKED:
        return "nobody could say whether it has been revoked";
    }
    return "it is not trusted";
}
