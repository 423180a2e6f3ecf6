/* x509_private.h - what the x509 files share. */
#pragma once

#include <openssl/ocsp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "agent/crypto/crypto_private.h"
#include "agent/crypto/x509.h"
#include "agent/crypto/x509_evidence.h"

G_DEFINE_AUTOPTR_CLEANUP_FUNC(X509, X509_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(X509_NAME, X509_NAME_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(X509_STORE_CTX, X509_STORE_CTX_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GENERAL_NAMES, GENERAL_NAMES_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EXTENDED_KEY_USAGE, EXTENDED_KEY_USAGE_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OCSP_REQUEST, OCSP_REQUEST_free)

/* One certificate: the octets it came as, and what OpenSSL made of them. */
typedef struct X509Cert {
    X509 *x;
    GBytes *der;
} X509Cert;

struct X509Chain {
    GPtrArray *certs; /* of X509Cert *, leaf first */
};

struct X509Store {
    X509_STORE *s; /* of what is to be verified next: x509_verify.c */
    STACK_OF(X509) * own;
    bool system, system_is_in; /* wanted; in ->s */
};

struct X509Evidence {
    STACK_OF(X509_CRL) * crls;
    GPtrArray *ocsp; /* of OCSP_BASICRESP * */
};

X509 *x509_chain_at(const X509Chain *c, size_t i); /* borrowed */

/* Call @each for every certificate in @pem; other kinds of block are passed over.
 * Returns how many there were, 0 with @error when there was none or @each said no. */
size_t x509_pem_each(Slice pem, bool (*each)(Slice der, void *user), void *user, GError **error);

/* x509_context_new - to verify @c with; @each finds @user as app data.
 * @others: empty, gets what stands behind the leaf, borrowed from @c; outlives the context. */
X509_STORE_CTX *x509_context_new(const X509Chain *c, X509Store *anchors, STACK_OF(X509) * others,
                                 int64_t now, X509_STORE_CTX_verify_cb each, void *user);

/* x509_name_text - RFC 2253 with control and non-ASCII octets escaped: safe to print. */
char *x509_name_text(const X509_NAME *name);
/* x509_unix_time - seconds since 1970; 0 for a time that cannot be read, which verifying then
 * reports. */
int64_t x509_unix_time(const ASN1_TIME *t);

/* x509_name_parse - "CN=name,O=organisation" (RFC 2253) as OpenSSL has it; NULL with @error. */
X509_NAME *x509_name_parse(const char *text, GError **error);

/* IPSec IKE Intermediate (iso-ikeIntermediate), the other purpose of a gateway (RFC 4945
 * §5.1.3.12). */
#define X509_OID_IKE_INTERMEDIATE "1.3.6.1.5.5.8.2.2"
/* ipsecIKE (RFC 4945 §5.1.3.12). */
#define X509_OID_IPSEC_IKE "1.3.6.1.5.5.7.3.17"
