/* x509_revoke.h - has a certificate of a chain been revoked: whom to ask, and what the answers mean
 * (CRL: RFC 5280 §6.3; OCSP: RFC 6960). Nothing is fetched here. */
#pragma once

#include "agent/crypto/x509.h"

enum {
    X509_SOURCES_MAX = 8,           /* addresses asked about one chain */
    X509_URL_MAX = 1024,            /* octets of one address */
    X509_EVIDENCE_MAX = 16,         /* CRLs, and as many OCSP responses, kept */
    X509_EVIDENCE_OCTETS = 8 << 20, /* of one of them: the largest CRLs of public CAs */
};

/* What it takes to go on: nothing is asked; only a certificate known to be revoked stops it; every
 * one has to be known to be good. */
typedef enum X509Revocation {
    X509_REVOCATION_OFF,
    X509_REVOCATION_SOFT,
    X509_REVOCATION_STRICT
} X509Revocation;
bool x509_revocation_parse(const char *word, X509Revocation *ret); /* off, soft, strict */

/* CRLs and OCSP responses, believed only after their signatures have been checked. */
typedef struct X509Evidence X509Evidence;
X509Evidence *x509_evidence_new(void);
void x509_evidence_free(X509Evidence *e);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(X509Evidence, x509_evidence_free)
/* x509_evidence_add_crl - one CRL in DER, or every one in PEM.
 * x509_evidence_add_ocsp - one OCSP response in DER.
 * Return false when it is malformed, too large, or there are too many. */
bool x509_evidence_add_crl(X509Evidence *e, Slice octets) G_GNUC_WARN_UNUSED_RESULT;
bool x509_evidence_add_ocsp(X509Evidence *e, Slice der) G_GNUC_WARN_UNUSED_RESULT;

/* Where to ask. */
typedef struct X509Source {
    char *url;       /* http:// only: fetching it must not need another verification */
    GBytes *request; /* OCSP: DER of the request to POST; NULL: a CRL to GET */
} X509Source;
void x509_source_free(X509Source *s);
/* x509_chain_sources - of every certificate on the path to an anchor but the anchor: its OCSP
 * responder, then its CRLs; at most X509_SOURCES_MAX. Empty when @c ends in no anchor: nobody makes
 * us fetch who is not trusted. The array frees what is in it. */
GPtrArray *x509_chain_sources(const X509Chain *c, X509Store *anchors, int64_t now);

/* x509_chain_revoked - 0 when @evidence shows every certificate of the path, but the anchor, to be
 * good at @now (seconds since 1970); else X509_IS_REVOKED or X509_UNCHECKED or both. For a chain
 * that x509_chain_verify() finds no fault with. */
unsigned x509_chain_revoked(const X509Chain *c, X509Store *anchors, const X509Evidence *evidence,
                            int64_t now);
