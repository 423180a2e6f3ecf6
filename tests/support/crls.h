/* crls.h - CRLs, made with OpenSSL directly. */
#pragma once

#include "tests/support/certs.h"

/* Every certificate of certs.h has this serial number; their issuers differ. */
enum { CRLS_SERIAL = 0x12345678, CRLS_DAY = 86400 };

static inline X509 *
crls_parse(GBytes *der)
{
    const unsigned char *p = g_bytes_get_data(der, NULL);
    X509 *x = d2i_X509(NULL, &p, (long)g_bytes_get_size(der));

    g_assert(x);
    return x;
}

/* A CRL of @issuer, signed with @key; @revoked: CRLS_SERIAL stands in it. @until 0: it has no end.
 */
static inline X509_CRL *
crls_make(GBytes *issuer, EVP_PKEY *key, bool revoked, int64_t from, int64_t until)
{
    X509 *by = crls_parse(issuer);
    X509_CRL *crl = X509_CRL_new();
    ASN1_TIME *t = ASN1_TIME_set(NULL, (time_t)from);

    X509_CRL_set_version(crl, 1);
    X509_CRL_set_issuer_name(crl, X509_get_subject_name(by));
    X509_CRL_set1_lastUpdate(crl, t);
    if (revoked) {
        X509_REVOKED *entry = X509_REVOKED_new();
        ASN1_INTEGER *serial = ASN1_INTEGER_new();

        ASN1_INTEGER_set(serial, CRLS_SERIAL);
        X509_REVOKED_set_serialNumber(entry, serial);
        X509_REVOKED_set_revocationDate(entry, t);
        X509_CRL_add0_revoked(crl, entry);
        ASN1_INTEGER_free(serial);
    }
    if (until) {
        ASN1_TIME_set(t, (time_t)until);
        X509_CRL_set1_nextUpdate(crl, t);
    }
    g_assert(X509_CRL_sign(crl, key, EVP_sha256()) > 0);
    ASN1_TIME_free(t);
    X509_free(by);
    return crl;
}

/* The DER of @crl, taken; owned by the caller. */
static inline GBytes *
crls_der(X509_CRL *crl)
{
    unsigned char *der = NULL;
    int len = i2d_X509_CRL(crl, &der);
    GBytes *out;

    g_assert(len > 0);
    out = g_bytes_new(der, (gsize)len);
    OPENSSL_free(der);
    X509_CRL_free(crl);
    return out;
}
