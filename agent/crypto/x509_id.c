/* Is that who the certificate says? (RFC 4945 §3.1, §5.1.3.) */
#include <openssl/err.h>

#include "agent/crypto/x509_private.h"

enum { /* IKEv2 Identification Payload ID Types, RFC 7296 §3.5 */
       ID_IPV4_ADDR = 1,
       ID_FQDN = 2,
       ID_RFC822_ADDR = 3,
       ID_IPV6_ADDR = 5,
       ID_DER_ASN1_DN = 9,
};

static bool
equal_nocase(Slice a, Slice b)
{
    return a.len == b.len && g_ascii_strncasecmp((const char *)a.p, (const char *)b.p, a.len) == 0;
}

/* The domain in either case; what stands in front of it as it is (RFC 5280 §4.2.1.6). */
static bool
equal_mail(Slice a, Slice b)
{
    const uint8_t *at = memrchr(a.p, '@', a.len);
    size_t local = at ? (size_t)(at - a.p) : a.len;

    return a.len == b.len && memcmp(a.p, b.p, local) == 0 &&
           equal_nocase((Slice){ a.p + local, a.len - local },
                        (Slice){ b.p + local, b.len - local });
}

static bool
san_has(const GENERAL_NAME *name, uint8_t type, Slice data)
{
    int kind;
    const ASN1_STRING *value = GENERAL_NAME_get0_value(name, &kind);
    Slice octets;

    if (kind != GEN_DNS && kind != GEN_EMAIL && kind != GEN_IPADD)
        return false;
    octets = (Slice){ ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value) };
    switch (type) {
    case ID_FQDN:
        return kind == GEN_DNS && equal_nocase(octets, data);
    case ID_RFC822_ADDR:
        return kind == GEN_EMAIL && equal_mail(octets, data);
    default:
        return kind == GEN_IPADD && slice_equal(octets, data);
    }
}

static bool
is_subject(const X509 *x, Slice der)
{
    const unsigned char *p = der.p;
    g_autoptr(X509_NAME) name = d2i_X509_NAME(NULL, &p, (long)der.len);
    bool same = name && p == der.p + der.len && X509_NAME_entry_count(name) > 0 &&
                X509_NAME_cmp(name, X509_get_subject_name(x)) == 0;

    ERR_clear_error();
    return same;
}

bool
x509_chain_has_id(const X509Chain *c, uint8_t type, Slice data)
{
    g_autoptr(GENERAL_NAMES) san = NULL;
    bool text = type == ID_FQDN || type == ID_RFC822_ADDR;

    if (x509_chain_len(c) == 0 || data.len == 0 || data.len > X509_DER_MAX)
        return false;
    if (type == ID_DER_ASN1_DN)
        return is_subject(x509_chain_at(c, 0), data);
    if (text ? memchr(data.p, 0, data.len) != NULL
             : !((type == ID_IPV4_ADDR && data.len == 4) ||
                 (type == ID_IPV6_ADDR && data.len == 16)))
        return false;
    san = X509_get_ext_d2i(x509_chain_at(c, 0), NID_subject_alt_name, NULL, NULL);
    ERR_clear_error();
    for (int i = 0; i < sk_GENERAL_NAME_num(san); i++)
        if (san_has(sk_GENERAL_NAME_value(san, i), type, data))
            return true;
    return false;
}
