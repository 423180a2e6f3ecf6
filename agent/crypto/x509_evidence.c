#include "agent/crypto/x509_evidence.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include "agent/crypto/x509_private.h"

G_DEFINE_AUTOPTR_CLEANUP_FUNC(OCSP_BASICRESP, OCSP_BASICRESP_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OCSP_RESPONSE, OCSP_RESPONSE_free)

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

/* A response that was made before the question cannot have its nonce in it. */
static bool
repeats_nonce(OCSP_BASICRESP *b, Slice request)
{
    const unsigned char *p = request.p;
    g_autoptr(OCSP_REQUEST) asked =
        request.len ? d2i_OCSP_REQUEST(NULL, &p, (long)request.len) : NULL;

    return !asked || OCSP_REQUEST_get_ext_by_NID(asked, NID_id_pkix_OCSP_Nonce, -1) < 0 ||
           OCSP_check_nonce(asked, b) == 1;
}

bool
x509_evidence_add_ocsp(X509Evidence *e, Slice der, Slice request)
{
    const unsigned char *p = der.p;
    g_autoptr(OCSP_RESPONSE) response = NULL;
    g_autoptr(OCSP_BASICRESP) basic = NULL;
    bool ok;

    if (der.len == 0 || der.len > X509_EVIDENCE_OCTETS || e->ocsp->len >= X509_EVIDENCE_MAX)
        return false;
    response = d2i_OCSP_RESPONSE(NULL, &p, (long)der.len);
    if (response && OCSP_response_status(response) == OCSP_RESPONSE_STATUS_SUCCESSFUL)
        basic = OCSP_response_get1_basic(response);
    ok = basic && repeats_nonce(basic, request);
    if (ok)
        g_ptr_array_add(e->ocsp, g_steal_pointer(&basic));
    ERR_clear_error();
    return ok;
}

void
x509_evidence_add(X509Evidence *e, const X509Evidence *more)
{
    for (int i = 0; i < sk_X509_CRL_num(more->crls); i++) {
        X509_CRL *crl = sk_X509_CRL_value(more->crls, i);

        X509_CRL_up_ref(crl);
        (void)take_crl(e, crl);
    }
    for (guint i = 0; i < more->ocsp->len && e->ocsp->len < X509_EVIDENCE_MAX; i++) {
        OCSP_BASICRESP *b = ASN1_item_dup(ASN1_ITEM_rptr(OCSP_BASICRESP), more->ocsp->pdata[i]);

        if (b)
            g_ptr_array_add(e->ocsp, b);
    }
}

static void
note_end(int64_t *ret, const ASN1_TIME *end)
{
    int64_t t = end ? x509_unix_time(end) : 0;

    *ret = MIN(*ret, t);
}

static void
note_ends(int64_t *ret, OCSP_BASICRESP *b)
{
    for (int i = 0; i < OCSP_resp_count(b); i++) {
        ASN1_GENERALIZEDTIME *end = NULL;

        (void)OCSP_single_get0_status(OCSP_resp_get0(b, i), NULL, NULL, NULL, &end);
        note_end(ret, end);
    }
}

int64_t
x509_evidence_until(const X509Evidence *e)
{
    int64_t ret = INT64_MAX;

    for (int i = 0; i < sk_X509_CRL_num(e->crls); i++)
        note_end(&ret, X509_CRL_get0_nextUpdate(sk_X509_CRL_value(e->crls, i)));
    for (guint i = 0; i < e->ocsp->len; i++)
        note_ends(&ret, g_ptr_array_index(e->ocsp, i));
    return ret == INT64_MAX ? 0 : ret;
}

void
x509_list_info_free(X509ListInfo *info)
{
    if (!info)
        return;
    g_free(info->issuer);
    g_free(info);
}

GPtrArray *
x509_evidence_lists(const X509Evidence *e)
{
    GPtrArray *ret = g_ptr_array_new_with_free_func((GDestroyNotify)x509_list_info_free);

    for (int i = 0; i < sk_X509_CRL_num(e->crls); i++) {
        X509_CRL *crl = sk_X509_CRL_value(e->crls, i);
        const ASN1_TIME *until = X509_CRL_get0_nextUpdate(crl);
        X509ListInfo *info = g_new0(X509ListInfo, 1);

        info->issuer = x509_name_text(X509_CRL_get_issuer(crl));
        info->from = x509_unix_time(X509_CRL_get0_lastUpdate(crl));
        info->until = until ? x509_unix_time(until) : 0;
        info->octets = (size_t)MAX(i2d_X509_CRL(crl, NULL), 0);
        info->n = (size_t)MAX(sk_X509_REVOKED_num(X509_CRL_get_REVOKED(crl)), 0);
        g_ptr_array_add(ret, info);
    }
    return ret;
}
