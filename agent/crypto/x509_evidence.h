/* x509_evidence.h - what has been said about certificates: CRLs (RFC 5280 §5) and OCSP responses
 * (RFC 6960), read but not yet believed. */
#pragma once

#include <glib.h>

#include "agent/base/reader.h"

enum {
    X509_EVIDENCE_MAX = 16,         /* CRLs, and as many OCSP responses, kept */
    X509_EVIDENCE_OCTETS = 8 << 20, /* of one of them: the largest CRLs of public CAs */
};

typedef struct X509Evidence X509Evidence;
X509Evidence *x509_evidence_new(void);
void x509_evidence_free(X509Evidence *e);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(X509Evidence, x509_evidence_free)
/* x509_evidence_add_crl - one CRL in DER, or every one in PEM.
 * x509_evidence_add_ocsp - one OCSP response in DER. @request: the DER of what was asked; when
 * there is a nonce in it, the response must repeat it (RFC 9654 §2.1). Empty: nobody knows.
 * Return false when it is malformed, too large, there are too many, or the nonce is another. */
bool x509_evidence_add_crl(X509Evidence *e, Slice octets) G_GNUC_WARN_UNUSED_RESULT;
bool x509_evidence_add_ocsp(X509Evidence *e, Slice der, Slice request) G_GNUC_WARN_UNUSED_RESULT;
/* x509_evidence_add - all of @more as well, as far as there is room; @more may go. */
void x509_evidence_add(X509Evidence *e, const X509Evidence *more);
/* x509_evidence_until - the first nextUpdate in it, in seconds since 1970; 0 when something in it
 * has none: newer words are always to be had (RFC 6960 §4.2.2.1). */
int64_t x509_evidence_until(const X509Evidence *e);

/* What a person is shown about one CRL. */
typedef struct X509ListInfo {
    char *issuer;        /* RFC 2253 form, escaped */
    int64_t from, until; /* seconds since 1970; @until 0: it does not say */
    size_t octets, n;    /* its size, and how many certificates are on it */
} X509ListInfo;
void x509_list_info_free(X509ListInfo *info);
/* x509_evidence_lists - its CRLs; of X509ListInfo *, which the array frees. */
GPtrArray *x509_evidence_lists(const X509Evidence *e);
