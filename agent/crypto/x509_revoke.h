/* x509_revoke.h - has a certificate of a chain been revoked: whom to ask, and what the answers mean
 * (CRL: RFC 5280 §6.3; OCSP: RFC 6960). Nothing is fetched here. */
#pragma once

#include "agent/crypto/x509.h"
#include "agent/crypto/x509_evidence.h"

enum {
    X509_SOURCES_MAX = 8, /* addresses asked about one chain */
    X509_URL_MAX = 1024,  /* octets of one address */
};

/* What it takes to go on: nothing is asked; only a certificate known to be revoked stops it; every
 * one has to be known to be good. */
typedef enum X509Revocation {
    X509_REVOCATION_OFF,
    X509_REVOCATION_SOFT,
    X509_REVOCATION_STRICT
} X509Revocation;
bool x509_revocation_parse(const char *word, X509Revocation *ret); /* off, soft, strict */

/* Whom to ask; all strings are borrowed. */
typedef struct X509Asking {
    bool ocsp;              /* OCSP responders: */
    const char *responder;  /* this one alone; NULL: those that the certificates name */
    bool nonce;             /* what they say must be said now, for us (RFC 9654) */
    bool lists;             /* the CRLs that the certificates name */
    const char *const *own; /* and these CRLs, each may be NULL, */
    size_t n_own;           /* so many */
} X509Asking;

/* Where to ask. */
typedef struct X509Source {
    char *url;       /* http:// only: fetching it must not need another verification */
    GBytes *request; /* OCSP: DER of the request to POST; NULL: a CRL to GET */
    char *key;       /* the same for the same question, whatever the nonce */
} X509Source;
void x509_source_free(X509Source *s);
/* x509_url_ok - can this address be asked? */
bool x509_url_ok(const char *url);
/* x509_chain_sources - of every certificate on the path to an anchor but the anchor: its OCSP
 * responder, then its CRLs; then our own CRLs; at most X509_SOURCES_MAX. Empty when @c ends in no
 * anchor: nobody makes us fetch who is not trusted. The array frees what is in it. */
GPtrArray *x509_chain_sources(const X509Chain *c, X509Store *anchors, const X509Asking *asking,
                              int64_t now);
/* x509_chain_ends - does @c end in an anchor, whatever else is wrong with it? */
bool x509_chain_ends(const X509Chain *c, X509Store *anchors, int64_t now);

/* x509_chain_revoked - 0 when @evidence shows every certificate of the path, but the anchor, to be
 * good at @now (seconds since 1970); else X509_IS_REVOKED or X509_UNCHECKED or both. For a chain
 * that x509_chain_verify() finds no fault with.
 * @ret_serial: NULL, or gets the number of the certificate that is revoked, else of the first one
 * that is unchecked: hexadecimal, owned by the caller; NULL: there is none such. */
unsigned x509_chain_revoked(const X509Chain *c, X509Store *anchors, const X509Evidence *evidence,
                            int64_t now, char **ret_serial);
