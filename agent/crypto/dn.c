#include "agent/crypto/dn.h"

#include <openssl/bio.h>
#include <openssl/x509.h>

enum { DN_DER_MAX = 4096 }; /* octets; the field's names have some dozens */

G_DEFINE_AUTOPTR_CLEANUP_FUNC(X509_NAME, X509_NAME_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BIO, BIO_free_all)

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
