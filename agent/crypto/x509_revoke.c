#include "agent/crypto/x509_revoke.h"

#include <openssl/err.h>

#include "agent/crypto/x509_private.h"

enum {
    CLOCK_SKEW_S = 300,   /* a responder's clock against ours */
    OPEN_ENDED_S = 86400, /* how long a response without an end is believed */
    NONCE_LEN = 32,       /* octets (RFC 9654 §2.1) */
    SERIAL_DIGITS = 40,   /* RFC 5280 §4.1.2.2: 20 octets at most */
};

G_DEFINE_AUTOPTR_CLEANUP_FUNC(OCSP_CERTID, OCSP_CERTID_free)

bool
x509_revocation_parse(const char *word, X509Revocation *ret)
{
    static const char *const words[] = {
        [X509_REVOCATION_OFF] = "off",
        [X509_REVOCATION_SOFT] = "soft",
        [X509_REVOCATION_STRICT] = "strict",
    };

    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        if (g_str_equal(word, words[i])) {
            *ret = (X509Revocation)i;
            return true;
        }
    return false;
}

void
x509_source_free(X509Source *s)
{
    if (!s)
        return;
    g_free(s->url);
    g_bytes_unref(s->request);
    g_free(s->key);
    g_free(s);
}

bool
x509_url_ok(const char *url)
{
    if (strlen(url) > X509_URL_MAX || g_ascii_strncasecmp(url, "http://", 7) != 0)
        return false;
    for (const char *p = url; *p; p++)
        if (!g_ascii_isgraph(*p))
            return false;
    return true;
}

/* @key: taken. */
static void
add_source(GPtrArray *ret, const char *url, GBytes *request, char *key)
{
    g_autofree char *mine = key;
    X509Source *s;

    if (ret->len >= X509_SOURCES_MAX || !x509_url_ok(url))
        return;
    for (guint i = 0; i < ret->len; i++)
        if (g_str_equal(((X509Source *)ret->pdata[i])->key, mine))
            return;
    s = g_new0(X509Source, 1);
    s->url = g_strdup(url);
    s->request = request ? g_bytes_ref(request) : NULL;
    s->key = g_steal_pointer(&mine);
    g_ptr_array_add(ret, s);
}

static GBytes *
ocsp_request(const X509 *x, const X509 *issuer, bool nonce)
{
    g_autoptr(OCSP_REQUEST) request = OCSP_REQUEST_new();
    OCSP_CERTID *id = OCSP_cert_to_id(EVP_sha1(), x, issuer); /* the name of a key, no more */
    unsigned char *der = NULL;
    GBytes *out = NULL;
    int len;

    if (!id || !OCSP_request_add0_id(request, id)) {
        OCSP_CERTID_free(id);
        return NULL;
    }
    if (nonce && OCSP_request_add1_nonce(request, NULL, NONCE_LEN) != 1)
        return NULL;
    len = i2d_OCSP_REQUEST(request, &der);
    if (len > 0)
        out = g_bytes_new(der, (gsize)len);
    OPENSSL_free(der);
    return out;
}

static void
add_responder(GPtrArray *ret, const char *url, X509 *x, const X509 *issuer, bool nonce)
{
    g_autoptr(GBytes) plain = ocsp_request(x, issuer, false);
    g_autoptr(GBytes) request = ocsp_request(x, issuer, nonce);
    g_autofree char *question = NULL;

    if (!plain || !request)
        return;
    question = g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, plain);
    add_source(ret, url, request, g_strdup_printf("%s %s", url, question));
}

static void
add_responders(GPtrArray *ret, const X509Asking *asking, X509 *x, const X509 *issuer)
{
    STACK_OF(OPENSSL_STRING) *urls = asking->responder ? NULL : X509_get1_ocsp(x);

    if (asking->responder)
        add_responder(ret, asking->responder, x, issuer, asking->nonce);
    for (int i = 0; i < sk_OPENSSL_STRING_num(urls); i++)
        add_responder(ret, sk_OPENSSL_STRING_value(urls, i), x, issuer, asking->nonce);
    X509_email_free(urls);
}

static void
add_list(GPtrArray *ret, const char *url)
{
    add_source(ret, url, NULL, g_strdup(url));
}

static void
add_lists(GPtrArray *ret, const X509 *x)
{
    CRL_DIST_POINTS *points = X509_get_ext_d2i(x, NID_crl_distribution_points, NULL, NULL);

    for (int i = 0; i < sk_DIST_POINT_num(points); i++) {
        const DIST_POINT_NAME *name = sk_DIST_POINT_value(points, i)->distpoint;

        for (int j = 0; name && name->type == 0 && j < sk_GENERAL_NAME_num(name->name.fullname);
             j++) {
            const GENERAL_NAME *g = sk_GENERAL_NAME_value(name->name.fullname, j);
            g_autofree char *url = NULL;

            if (g->type != GEN_URI)
                continue;
            url = g_strndup((const char *)ASN1_STRING_get0_data(g->d.uniformResourceIdentifier),
                            (gsize)ASN1_STRING_length(g->d.uniformResourceIdentifier));
            add_list(ret, url);
        }
    }
    CRL_DIST_POINTS_free(points);
}

/* What is known of each certificate on the path, by its depth. */
typedef struct Findings {
    bool unknown[X509_CHAIN_MAX + 2], revoked[X509_CHAIN_MAX + 2];
    bool broken; /* the path itself is no good */
} Findings;

/* OpenSSL looks for CRLs along the path; everything it cannot make sure of is unknown. */
static int
on_verify(int ok, X509_STORE_CTX *ctx)
{
    Findings *f = X509_STORE_CTX_get_app_data(ctx);
    int depth = X509_STORE_CTX_get_error_depth(ctx);

    if (ok)
        return 1;
    if (depth < 0 || (size_t)depth >= G_N_ELEMENTS(f->unknown)) {
        f->broken = true;
        return 1;
    }
    switch (X509_STORE_CTX_get_error(ctx)) {
    case X509_V_ERR_CERT_REVOKED:
        f->revoked[depth] = true;
        break;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
        f->broken = true;
        break;
    default:
        f->unknown[depth] = true;
        break;
    }
    return 1;
}

/* The path to an anchor, with what the CRLs say of it. NULL when there is none. */
static X509_STORE_CTX *
walk(const X509Chain *c, X509Store *anchors, STACK_OF(X509) * others, STACK_OF(X509_CRL) * crls,
     int64_t now, Findings *f)
{
    g_autoptr(X509_STORE_CTX) ctx = x509_context_new(c, anchors, others, now, on_verify, f);

    if (!ctx)
        return NULL;
    if (crls) {
        X509_STORE_CTX_set0_crls(ctx, crls);
        X509_STORE_CTX_set_flags(ctx, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL |
                                          X509_V_FLAG_EXTENDED_CRL_SUPPORT);
    }
    if (X509_verify_cert(ctx) != 1 || f->broken)
        return NULL;
    return g_steal_pointer(&ctx);
}

/* Certificates of the path below the anchor. */
static int
below_anchor(X509_STORE_CTX *ctx)
{
    return MIN(X509_STORE_CTX_get_num_untrusted(ctx),
               sk_X509_num(X509_STORE_CTX_get0_chain(ctx)) - 1);
}

static void
add_sources(GPtrArray *ret, X509_STORE_CTX *path, const X509Asking *asking)
{
    STACK_OF(X509) *certs = X509_STORE_CTX_get0_chain(path);
    int n = below_anchor(path);

    for (int i = 0; i < n; i++) {
        X509 *x = sk_X509_value(certs, i);

        if (asking->ocsp)
            add_responders(ret, asking, x, sk_X509_value(certs, i + 1));
        if (asking->lists)
            add_lists(ret, x);
    }
    for (size_t i = 0; n > 0 && i < asking->n_own; i++)
        if (asking->own[i])
            add_list(ret, asking->own[i]);
}

GPtrArray *
x509_chain_sources(const X509Chain *c, X509Store *anchors, const X509Asking *asking, int64_t now)
{
    GPtrArray *ret = g_ptr_array_new_with_free_func((GDestroyNotify)x509_source_free);
    STACK_OF(X509) *others = sk_X509_new_null();
    g_autoptr(X509_STORE_CTX) path = NULL;
    Findings f = { 0 };

    if (x509_chain_len(c) > 0)
        path = walk(c, anchors, others, NULL, now, &f);
    if (path)
        add_sources(ret, path, asking);
    g_clear_pointer(&path, X509_STORE_CTX_free);
    sk_X509_free(others);
    ERR_clear_error();
    return ret;
}

bool
x509_chain_ends(const X509Chain *c, X509Store *anchors, int64_t now)
{
    STACK_OF(X509) *others = sk_X509_new_null();
    Findings f = { 0 };
    X509_STORE_CTX *path = x509_chain_len(c) > 0 ? walk(c, anchors, others, NULL, now, &f) : NULL;
    bool ends = path != NULL;

    X509_STORE_CTX_free(path);
    sk_X509_free(others);
    ERR_clear_error();
    return ends;
}

typedef enum Word { GOOD, REVOKED, SILENT } Word;

/* Without nextUpdate a response says that newer words are always to be had (RFC 6960 §4.2.2.1). */
static bool
is_fresh(const ASN1_GENERALIZEDTIME *from, const ASN1_GENERALIZEDTIME *until, int64_t now)
{
    time_t t = (time_t)now;

    if (!from || ASN1_TIME_cmp_time_t(from, t + CLOCK_SKEW_S) > 0)
        return false;
    if (!until)
        return ASN1_TIME_cmp_time_t(from, t - OPEN_ENDED_S) >= 0;
    return ASN1_TIME_cmp_time_t(until, t - CLOCK_SKEW_S) >= 0;
}

/* The issuer itself, or somebody whom it made a responder (RFC 6960 §4.2.2.2). */
static bool
may_answer(X509 *signer, X509 *issuer, int64_t now)
{
    time_t t = (time_t)now;

    if (X509_cmp(signer, issuer) == 0)
        return true;
    return X509_check_issued(issuer, signer) == X509_V_OK &&
           X509_verify(signer, X509_get0_pubkey(issuer)) == 1 &&
           (X509_get_extension_flags(signer) & EXFLAG_XKUSAGE) &&
           (X509_get_extended_key_usage(signer) & XKU_OCSP_SIGN) &&
           X509_cmp_time(X509_get0_notBefore(signer), &t) < 0 &&
           X509_cmp_time(X509_get0_notAfter(signer), &t) > 0;
}

static bool
is_signed(OCSP_BASICRESP *b, X509 *issuer, int64_t now)
{
    STACK_OF(X509) *issuers = sk_X509_new_null();
    X509 *signer = NULL;
    bool ok;

    sk_X509_push(issuers, issuer);
    ok = OCSP_resp_get0_signer(b, &signer, issuers) == 1 && may_answer(signer, issuer, now) &&
         OCSP_basic_verify(b, issuers, NULL, OCSP_NOVERIFY) == 1;
    sk_X509_free(issuers);
    return ok;
}

/* What one response says of @x. */
static Word
ask_response(OCSP_BASICRESP *b, X509 *x, X509 *issuer, int64_t now)
{
    g_autoptr(OCSP_CERTID) id = OCSP_cert_to_id(EVP_sha1(), x, issuer);
    ASN1_GENERALIZEDTIME *from = NULL, *until = NULL;
    int status = V_OCSP_CERTSTATUS_UNKNOWN;

    if (!id || OCSP_resp_find_status(b, id, &status, NULL, NULL, &from, &until) != 1 ||
        !is_fresh(from, until, now) || !is_signed(b, issuer, now))
        return SILENT;
    switch (status) {
    case V_OCSP_CERTSTATUS_GOOD:
        return GOOD;
    case V_OCSP_CERTSTATUS_REVOKED:
        return REVOKED;
    default:
        return SILENT;
    }
}

static Word
ask_responses(const X509Evidence *e, X509 *x, X509 *issuer, int64_t now)
{
    Word said = SILENT;

    for (guint i = 0; i < e->ocsp->len && said != REVOKED; i++) {
        Word w = ask_response(g_ptr_array_index(e->ocsp, i), x, issuer, now);

        said = w == SILENT ? said : w;
    }
    return said;
}

/* Has @issuer made @crl? RFC 5280 §5.1.2.5: one without an end could be shown for ever. */
static bool
is_list_of(X509_CRL *crl, const X509 *issuer)
{
    return X509_CRL_get0_nextUpdate(crl) &&
           X509_NAME_cmp(X509_CRL_get_issuer(crl), X509_get_subject_name(issuer)) == 0 &&
           X509_CRL_verify(crl, X509_get0_pubkey(issuer)) == 1;
}

/* The CRLs of the issuers on the path: what a stranger puts in their place, on the way through
 * http, must not hide them, be he the owner of the leaf. Borrowed from @e, in a new stack. */
static STACK_OF(X509_CRL) * signed_crls(const X509Evidence *e, STACK_OF(X509) * path)
{
    STACK_OF(X509_CRL) *ret = sk_X509_CRL_new_null();

    for (int i = 0; i < sk_X509_CRL_num(e->crls); i++) {
        X509_CRL *crl = sk_X509_CRL_value(e->crls, i);
        bool ok = false;

        for (int j = 1; j < sk_X509_num(path) && !ok; j++)
            ok = is_list_of(crl, sk_X509_value(path, j));
        if (ok)
            sk_X509_CRL_push(ret, crl);
    }
    return ret;
}

static char *
serial_of(const X509 *x)
{
    BIGNUM *n = ASN1_INTEGER_to_BN(X509_get0_serialNumber(x), NULL);
    char *hex = n ? BN_bn2hex(n) : NULL;
    char *ret = hex ? g_strndup(hex, SERIAL_DIGITS) : g_strdup("?");

    OPENSSL_free(hex);
    BN_free(n);
    return ret;
}

/* What CRLs and responses say together along @ctx's path. */
static unsigned
sum_up(X509_STORE_CTX *ctx, const Findings *f, const X509Evidence *e, int64_t now,
       const X509 **ret_first)
{
    STACK_OF(X509) *path = X509_STORE_CTX_get0_chain(ctx);
    unsigned problems = 0;

    for (int i = 0; i < below_anchor(ctx); i++) {
        X509 *x = sk_X509_value(path, i);
        Word said = ask_responses(e, x, sk_X509_value(path, i + 1), now);
        unsigned one = said == REVOKED || f->revoked[i]  ? X509_IS_REVOKED
                       : said == SILENT && f->unknown[i] ? X509_UNCHECKED
                                                         : 0;

        if (one && (!problems || (one == X509_IS_REVOKED && !(problems & one))))
            *ret_first = x;
        problems |= one;
    }
    return problems;
}

unsigned
x509_chain_revoked(const X509Chain *c, X509Store *anchors, const X509Evidence *evidence,
                   int64_t now, char **ret_serial)
{
    STACK_OF(X509) *others = sk_X509_new_null(), *again = sk_X509_new_null();
    STACK_OF(X509_CRL) *crls = NULL;
    g_autoptr(X509_STORE_CTX) path = NULL, ctx = NULL;
    Findings dates = { 0 }, f = { 0 };
    const X509 *first = x509_chain_len(c) > 0 ? x509_chain_at(c, 0) : NULL;
    unsigned problems = X509_UNCHECKED;

    if (first)
        path = walk(c, anchors, others, NULL, now, &dates);
    if (path) {
        crls = signed_crls(evidence, X509_STORE_CTX_get0_chain(path));
        ctx = walk(c, anchors, again, crls, now, &f);
    }
    if (ctx)
        problems = sum_up(ctx, &f, evidence, now, &first);
    if (ret_serial)
        *ret_serial = problems && first ? serial_of(first) : NULL;
    g_clear_pointer(&ctx, X509_STORE_CTX_free);
    g_clear_pointer(&path, X509_STORE_CTX_free);
    sk_X509_CRL_free(crls);
    sk_X509_free(others);
    sk_X509_free(again);
    ERR_clear_error();
    return problems;
}
