#include "agent/crypto/x509_revoke.h"

#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>

#include "agent/crypto/x509_private.h"

enum {
    CLOCK_SKEW_S = 300,   /* a responder's clock against ours */
    OPEN_ENDED_S = 86400, /* how long a response without an end is believed */
};

G_DEFINE_AUTOPTR_CLEANUP_FUNC(OCSP_BASICRESP, OCSP_BASICRESP_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OCSP_CERTID, OCSP_CERTID_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OCSP_REQUEST, OCSP_REQUEST_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OCSP_RESPONSE, OCSP_RESPONSE_free)

struct X509Evidence {
    STACK_OF(X509_CRL) * crls;
    GPtrArray *ocsp; /* of OCSP_BASICRESP * */
};

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

X509Evidence *
x509_evidence_new(void)
{
    X509Evidence *e = g_new0(X509Evidence, 1);

    e->crls = sk_X509_CRL_new_null();
    e->ocsp = g_ptr_array_new_with_free_func((GDestroyNotify)OCSP_BASICRESP_free);
    return e;
}

void
x509_evidence_free(X509Evidence *e)
{
    if (!e)
        return;
    sk_X509_CRL_pop_free(e->crls, X509_CRL_free);
    g_ptr_array_unref(e->ocsp);
    g_free(e);
}

static bool
take_crl(X509Evidence *e, X509_CRL *crl)
{
    if (crl && sk_X509_CRL_num(e->crls) < X509_EVIDENCE_MAX && sk_X509_CRL_push(e->crls, crl) > 0)
        return true;
    X509_CRL_free(crl);
    return false;
}

static bool
add_pem(X509Evidence *e, Slice pem)
{
    g_autoptr(BIO) in = BIO_new_mem_buf(pem.p, (int)pem.len);
    bool any = false;
    X509_CRL *crl;

    while ((crl = PEM_read_bio_X509_CRL(in, NULL, NULL, NULL))) {
        if (!take_crl(e, crl))
            return false;
        any = true;
    }
    return any;
}

bool
x509_evidence_add_crl(X509Evidence *e, Slice octets)
{
    const unsigned char *p = octets.p;
    bool ok;

    if (octets.len == 0 || octets.len > X509_EVIDENCE_OCTETS)
        return false;
    if (octets.p[0] == 0x30) /* a DER SEQUENCE; PEM is text */
        ok = take_crl(e, d2i_X509_CRL(NULL, &p, (long)octets.len));
    else
        ok = add_pem(e, octets);
    ERR_clear_error();
    return ok;
}

bool
x509_evidence_add_ocsp(X509Evidence *e, Slice der)
{
    const unsigned char *p = der.p;
    g_autoptr(OCSP_RESPONSE) response = NULL;
    OCSP_BASICRESP *basic = NULL;

    if (der.len == 0 || der.len > X509_EVIDENCE_OCTETS || e->ocsp->len >= X509_EVIDENCE_MAX)
        return false;
    response = d2i_OCSP_RESPONSE(NULL, &p, (long)der.len);
    if (response && OCSP_response_status(response) == OCSP_RESPONSE_STATUS_SUCCESSFUL)
        basic = OCSP_response_get1_basic(response);
    if (basic)
        g_ptr_array_add(e->ocsp, basic);
    ERR_clear_error();
    return basic != NULL;
}

void
x509_source_free(X509Source *s)
{
    if (!s)
        return;
    g_free(s->url);
    g_bytes_unref(s->request);
    g_free(s);
}

static void
add_source(GPtrArray *ret, const char *url, GBytes *request)
{
    X509Source *s;

    if (ret->len >= X509_SOURCES_MAX || strlen(url) > X509_URL_MAX ||
        g_ascii_strncasecmp(url, "http://", 7) != 0)
        return;
    for (const char *p = url; *p; p++)
        if (!g_ascii_isgraph(*p))
            return;
    s = g_new0(X509Source, 1);
    s->url = g_strdup(url);
    s->request = request ? g_bytes_ref(request) : NULL;
    g_ptr_array_add(ret, s);
}

static GBytes *
ocsp_request(const X509 *x, const X509 *issuer)
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
    len = i2d_OCSP_REQUEST(request, &der);
    if (len > 0)
        out = g_bytes_new(der, (gsize)len);
    OPENSSL_free(der);
    return out;
}

static void
add_ocsp_sources(GPtrArray *ret, X509 *x, const X509 *issuer)
{
    STACK_OF(OPENSSL_STRING) *urls = X509_get1_ocsp(x);
    g_autoptr(GBytes) request = urls ? ocsp_request(x, issuer) : NULL;

    for (int i = 0; request && i < sk_OPENSSL_STRING_num(urls); i++)
        add_source(ret, sk_OPENSSL_STRING_value(urls, i), request);
    X509_email_free(urls);
}

static void
add_crl_sources(GPtrArray *ret, const X509 *x)
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
            add_source(ret, url, NULL);
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

GPtrArray *
x509_chain_sources(const X509Chain *c, X509Store *anchors, int64_t now)
{
    GPtrArray *ret = g_ptr_array_new_with_free_func((GDestroyNotify)x509_source_free);
    STACK_OF(X509) *others = sk_X509_new_null();
    g_autoptr(X509_STORE_CTX) ctx = NULL;
    Findings f = { 0 };

    if (x509_chain_len(c) > 0)
        ctx = walk(c, anchors, others, NULL, now, &f);
    for (int i = 0; ctx && i < below_anchor(ctx); i++) {
        STACK_OF(X509) *path = X509_STORE_CTX_get0_chain(ctx);
        X509 *x = sk_X509_value(path, i);

        add_ocsp_sources(ret, x, sk_X509_value(path, i + 1));
        add_crl_sources(ret, x);
    }
    g_clear_pointer(&ctx, X509_STORE_CTX_free);
    sk_X509_free(others);
    ERR_clear_error();
    return ret;
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

/* The CRLs that somebody on the path has signed: what a stranger puts in their place, on the way
 * through http, must not hide them. Borrowed from @e, in a new stack. */
static STACK_OF(X509_CRL) * signed_crls(const X509Evidence *e, STACK_OF(X509) * path)
{
    STACK_OF(X509_CRL) *ret = sk_X509_CRL_new_null();

    for (int i = 0; i < sk_X509_CRL_num(e->crls); i++) {
        X509_CRL *crl = sk_X509_CRL_value(e->crls, i);
        bool ok = false;

        for (int j = 0; j < sk_X509_num(path) && !ok; j++)
            ok = X509_CRL_verify(crl, X509_get0_pubkey(sk_X509_value(path, j))) == 1;
        if (ok)
            sk_X509_CRL_push(ret, crl);
    }
    return ret;
}

/* What CRLs and responses say together along @ctx's path. */
static unsigned
sum_up(X509_STORE_CTX *ctx, const Findings *f, const X509Evidence *e, int64_t now)
{
    STACK_OF(X509) *path = X509_STORE_CTX_get0_chain(ctx);
    unsigned problems = 0;

    for (int i = 0; i < below_anchor(ctx); i++) {
        Word said = ask_responses(e, sk_X509_value(path, i), sk_X509_value(path, i + 1), now);

        if (said == REVOKED || f->revoked[i])
            problems |= X509_IS_REVOKED;
        else if (said == SILENT && f->unknown[i])
            problems |= X509_UNCHECKED;
    }
    return problems;
}

unsigned
x509_chain_revoked(const X509Chain *c, X509Store *anchors, const X509Evidence *evidence,
                   int64_t now)
{
    STACK_OF(X509) *others = sk_X509_new_null(), *again = sk_X509_new_null();
    STACK_OF(X509_CRL) *crls = NULL;
    g_autoptr(X509_STORE_CTX) path = NULL, ctx = NULL;
    Findings dates = { 0 }, f = { 0 };
    unsigned problems = X509_UNCHECKED;

    if (x509_chain_len(c) > 0)
        path = walk(c, anchors, others, NULL, now, &dates);
    if (path) {
        crls = signed_crls(evidence, X509_STORE_CTX_get0_chain(path));
        ctx = walk(c, anchors, again, crls, now, &f);
    }
    if (ctx)
        problems = sum_up(ctx, &f, evidence, now);
    g_clear_pointer(&ctx, X509_STORE_CTX_free);
    g_clear_pointer(&path, X509_STORE_CTX_free);
    sk_X509_CRL_free(crls);
    sk_X509_free(others);
    sk_X509_free(again);
    ERR_clear_error();
    return problems;
}
