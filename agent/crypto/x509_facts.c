#include "agent/crypto/x509_facts.h"

#include <openssl/err.h>
#include <string.h>

#include "agent/crypto/x509_private.h"

enum { OID_MAX = 128 }; /* characters */

bool
x509_facts_usage(const X509Chain *c, unsigned *ret)
{
    /* in the order of RFC 5280 */
    static const uint32_t bits[] = {
        KU_DIGITAL_SIGNATURE, KU_NON_REPUDIATION, KU_KEY_ENCIPHERMENT,
        KU_DATA_ENCIPHERMENT, KU_KEY_AGREEMENT,   KU_KEY_CERT_SIGN,
        KU_CRL_SIGN,          KU_ENCIPHER_ONLY,   KU_DECIPHER_ONLY,
    };
    X509 *x = x509_chain_at(c, 0);
    uint32_t has = X509_get_key_usage(x);
    unsigned usage = 0;

    if (X509_get_ext_by_NID(x, NID_key_usage, -1) < 0)
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(bits); i++)
        if (has & bits[i])
            usage |= 1u << i;
    *ret = usage;
    return true;
}

GPtrArray *
x509_facts_purposes(const X509Chain *c)
{
    g_autoptr(EXTENDED_KEY_USAGE) eku =
        X509_get_ext_d2i(x509_chain_at(c, 0), NID_ext_key_usage, NULL, NULL);
    GPtrArray *oids;

    if (!eku)
        return NULL;
    oids = g_ptr_array_new_with_free_func(g_free);
    for (int i = 0; i < sk_ASN1_OBJECT_num(eku); i++) {
        char oid[OID_MAX];
        int len = OBJ_obj2txt(oid, sizeof(oid), sk_ASN1_OBJECT_value(eku, i), 1);

        if (len > 0 && len < (int)sizeof(oid))
            g_ptr_array_add(oids, g_strdup(oid));
    }
    return oids;
}

GPtrArray *
x509_facts_values(const X509Chain *c, bool issuer, const char *oid)
{
    const X509 *x = x509_chain_at(c, 0);
    const X509_NAME *name = issuer ? X509_get_issuer_name(x) : X509_get_subject_name(x);
    GPtrArray *values = g_ptr_array_new_with_free_func(g_free);
    ASN1_OBJECT *which = OBJ_txt2obj(oid, 1);
    int at = -1;

    while (which && (at = X509_NAME_get_index_by_OBJ(name, which, at)) >= 0) {
        unsigned char *text = NULL;
        const ASN1_STRING *value = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at));
        int len = ASN1_STRING_to_UTF8(&text, value);

        /* RFC 5280 gives no meaning to a NUL, and it would end what is compared */
        if (len > 0 && !memchr(text, 0, (size_t)len))
            g_ptr_array_add(values, g_strndup((const char *)text, (gsize)len));
        OPENSSL_free(text);
    }
    ASN1_OBJECT_free(which);
    ERR_clear_error();
    return values;
}
