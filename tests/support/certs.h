/* certs.h - certificates of any shape, made with OpenSSL directly, so that a test of our own maker
 * or verifier does not lean on either. */
#pragma once

#include <glib.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "agent/base/reader.h"

enum { CERTS_NOW = 1700000000 }; /* 2023-11-14, the tests' today */

typedef struct CertSpec {
    const char *cn;  /* NULL: an empty Name */
    const char *san; /* these are OpenSSL's own notation; NULL leaves the extension out */
    const char *constraints, *usage, *purpose, *name_constraints;
    const char *crl_points, *authority_info;
    const char *odd_oid;           /* a critical extension nobody knows */
    int64_t not_before, not_after; /* zero: a year on either side of CERTS_NOW */
    const EVP_MD *md;              /* NULL: SHA-256 */
    EVP_PKEY *key;
    const struct CertSpec *issuer; /* NULL: self-signed */
    bool bad_signature;
} CertSpec;

static inline X509_NAME *
certs_name(const char *cn)
{
    X509_NAME *name = X509_NAME_new();

    if (cn)
        g_assert(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)cn, -1,
                                            -1, 0));
    return name;
}

static inline void
certs_ext(X509 *x, int nid, const char *value)
{
    X509V3_CTX ctx;
    X509_EXTENSION *ext;

    if (!value)
        return;
    X509V3_set_ctx(&ctx, x, x, NULL, NULL, 0);
    X509V3_set_ctx_nodb(&ctx);
    ext = X509V3_EXT_nconf_nid(NULL, &ctx, nid, value);
    g_assert(ext && X509_add_ext(x, ext, -1));
    X509_EXTENSION_free(ext);
}

static inline void
certs_odd_ext(X509 *x, const char *oid)
{
    ASN1_OBJECT *obj = OBJ_txt2obj(oid, 1);
    ASN1_OCTET_STRING *data = ASN1_OCTET_STRING_new();
    X509_EXTENSION *ext;

    ASN1_OCTET_STRING_set(data, (const unsigned char *)"\x05\x00", 2);
    ext = X509_EXTENSION_create_by_OBJ(NULL, obj, 1, data);
    g_assert(X509_add_ext(x, ext, -1));
    X509_EXTENSION_free(ext);
    ASN1_OCTET_STRING_free(data);
    ASN1_OBJECT_free(obj);
}

/* The DER of @s; owned by the caller. */
static inline GBytes *
certs_make(const CertSpec *s)
{
    enum { YEAR = 365 * 86400 };
    const CertSpec *issuer = s->issuer ? s->issuer : s;
    X509 *x = X509_new();
    X509_NAME *subject = certs_name(s->cn), *by = certs_name(issuer->cn);
    unsigned char *der = NULL;
    GBytes *out;
    int len;

    X509_set_version(x, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(x), 0x12345678);
    X509_set_subject_name(x, subject);
    X509_set_issuer_name(x, by);
    ASN1_TIME_set(X509_getm_notBefore(x), s->not_before ? s->not_before : CERTS_NOW - YEAR);
    ASN1_TIME_set(X509_getm_notAfter(x), s->not_after ? s->not_after : CERTS_NOW + YEAR);
    X509_set_pubkey(x, s->key);
    certs_ext(x, NID_basic_constraints, s->constraints);
    certs_ext(x, NID_key_usage, s->usage);
    certs_ext(x, NID_ext_key_usage, s->purpose);
    certs_ext(x, NID_subject_alt_name, s->san);
    certs_ext(x, NID_name_constraints, s->name_constraints);
    certs_ext(x, NID_crl_distribution_points, s->crl_points);
    certs_ext(x, NID_info_access, s->authority_info);
    if (s->odd_oid)
        certs_odd_ext(x, s->odd_oid);
    g_assert(X509_sign(x, issuer->key, s->md ? s->md : EVP_sha256()));
    len = i2d_X509(x, &der);
    g_assert(len > 0);
    if (s->bad_signature)
        der[len - 1] ^= 1;
    out = g_bytes_new(der, (gsize)len);
    OPENSSL_free(der);
    X509_NAME_free(subject);
    X509_NAME_free(by);
    X509_free(x);
    return out;
}

static inline Slice
certs_view(GBytes *der)
{
    gsize len;
    const void *p = g_bytes_get_data(der, &len);

    return (Slice){ p, len };
}

/* What an ASA of 2013 made for itself: v3, RSA-1024, SHA-1, no extension, a serial of four octets,
 * unstructuredName as its only name. agent/docs/WIRE.md §2.4 has its length: 431 octets. */
static inline GBytes *
certs_make_asa(EVP_PKEY *rsa1024)
{
    X509 *x = X509_new();
    X509_NAME *name = X509_NAME_new();
    unsigned char *der = NULL;
    GBytes *out;
    int len;

    X509_NAME_add_entry_by_NID(name, NID_pkcs9_unstructuredName, V_ASN1_IA5STRING,
                               (const unsigned char *)"ASA-IKEV2", -1, -1, 0);
    X509_set_version(x, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(x), 0x516f7a51);
    X509_set_subject_name(x, name);
    X509_set_issuer_name(x, name);
    ASN1_TIME_set(X509_getm_notBefore(x), 1366000000); /* 2013-04-15 */
    ASN1_TIME_set(X509_getm_notAfter(x), 1366000000 + INT64_C(3650) * 86400);
    X509_set_pubkey(x, rsa1024);
    g_assert(X509_sign(x, rsa1024, EVP_sha1()));
    len = i2d_X509(x, &der);
    out = g_bytes_new(der, (gsize)len);
    OPENSSL_free(der);
    X509_NAME_free(name);
    X509_free(x);
    return out;
}
