/* Whose a certificate is. */
#include <openssl/err.h>

#include "agent/base/log.h"
#include "agent/crypto/x509_private.h"

enum { COMMON_NAME_MAX = 64 }; /* characters: ub-common-name of RFC 5280 appendix A.1 */

static bool
is_subject(X509 *x, Slice der)
{
    const unsigned char *at = der.p;
    g_autoptr(X509_NAME) name = d2i_X509_NAME(NULL, &at, (long)der.len);

    return name && at == der.p + der.len && X509_NAME_cmp(name, X509_get_subject_name(x)) == 0;
}

/* A NUL or a leading dot would make OpenSSL read something else than what was said. */
static bool
is_plain(Slice text)
{
    return text.len && text.len <= 255 && text.p[0] != '.' && !memchr(text.p, 0, text.len);
}

bool
x509_chain_is_named(const X509Chain *c, X509NameKind kind, Slice name)
{
    const unsigned flags = X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_WILDCARDS;
    X509 *x = x509_chain_len(c) ? x509_chain_at(c, 0) : NULL;
    bool is = false;

    if (!x)
        return false;
    switch (kind) {
    case X509_NAME_DNS:
        is = is_plain(name) && X509_check_host(x, (const char *)name.p, name.len, flags, NULL) == 1;
        break;
    case X509_NAME_MAIL:
        is = is_plain(name) && X509_check_email(x, (const char *)name.p, name.len, flags) == 1;
        break;
    case X509_NAME_ADDR:
        is = (name.len == 4 || name.len == 16) && X509_check_ip(x, name.p, name.len, 0) == 1;
        break;
    case X509_NAME_DN:
        is = name.len <= X509_DER_MAX && is_subject(x, name);
        break;
    }
    ERR_clear_error();
    return is;
}

char *
x509_chain_common_name(const X509Chain *c)
{
    const X509_NAME *subject =
        x509_chain_len(c) ? X509_get_subject_name(x509_chain_at(c, 0)) : NULL;
    unsigned char *text = NULL;
    char *ret = NULL;
    int last = -1, len;

    for (int i = -1; subject && (i = X509_NAME_get_index_by_NID(subject, NID_commonName, i)) >= 0;)
        last = i;
    if (last < 0)
        return NULL;
    len = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, last)));
    if (len > 0)
        ret = log_escape((const char *)text, (size_t)len, COMMON_NAME_MAX);
    OPENSSL_free(text);
    ERR_clear_error();
    return ret;
}
