#include "agent/crypto/dn.h"

#include <openssl/err.h>

#include "agent/crypto/x509_private.h"

enum { DN_DER_MAX = 4096 }; /* octets; the field's names have some dozens */

char *
dn_format(Slice der, size_t max)
{
    const uint8_t *at = der.p;
    g_autoptr(X509_NAME) name = NULL;
    g_autoptr(BIO) text = NULL;
    char *p;
    long len;

    if (der.len == 0 || der.len > DN_DER_MAX)
        return NULL;
    name = d2i_X509_NAME(NULL, &at, (long)der.len);
    if (!name || at != der.p + der.len)
        return NULL;
    text = BIO_new(BIO_s_mem());
    if (!text || X509_NAME_print_ex(text, name, 0, XN_FLAG_RFC2253) < 0)
        return NULL;
    len = BIO_get_mem_data(text, &p);
    if (len <= 0) /* the empty name */
        return g_strdup("");
    if ((size_t)len <= max)
        return g_strndup(p, (gsize)len);
    return g_strdup_printf("%.*s...", (int)max, p);
}

GBytes *
dn_parse(const char *text, GError **error)
{
    g_autoptr(X509_NAME) name = x509_name_parse(text, error);
    unsigned char *der = NULL;
    int len = name ? i2d_X509_NAME(name, &der) : -1;
    GBytes *ret = len > 0 ? g_bytes_new(der, (gsize)len) : NULL;

    OPENSSL_free(der);
    ERR_clear_error();
    return ret;
}
