#include <openssl/err.h>
#include <openssl/rand.h>

#include "agent/crypto/x509_private.h"

enum { SERIAL_LEN = 16 }; /* RFC 5280 §4.1.2.2 allows 20 */

/* One attribute, "CN=ASA-IKEV2", already without escapes in its value. */
static bool
name_add(X509_NAME *name, const char *type, const char *value, GError **error)
{
    g_autofree char *upper = g_ascii_strup(type, -1);
    const unsigned char *v = (const unsigned char *)value;

    /* RFC 2253 §2.1 writes the last of the sequence first; people write "cn" as well as "CN". */
    if (X509_NAME_add_entry_by_txt(name, type, MBSTRING_UTF8, v, -1, 0, 0) == 1 ||
        X509_NAME_add_entry_by_txt(name, upper, MBSTRING_UTF8, v, -1, 0, 0) == 1)
        return true;
    crypto_fail(error, "subject name: %s=%s is not an attribute that can be written", type, value);
    return false;
}

/* RFC 2253 §2.4: a backslash in front of a special character or of two hex digits. */
static bool
unescape(const char **text, char *ret)
{
    const char *p = *text + 1;
    int hi = g_ascii_xdigit_value(p[0]);
    int lo = hi >= 0 ? g_ascii_xdigit_value(p[1]) : -1;

    if (lo >= 0) {
        *ret = (char)(hi << 4 | lo);
        *text = p + 2;
        return *ret != '\0';
    }
    if (!*p || !strchr(",=+<>#;\\\" ", *p))
        return false;
    *ret = *p;
    *text = p + 1;
    return true;
}

/* The value up to an unescaped comma or the end; NULL when it is not RFC 2253. */
static char *
value_parse(const char **text)
{
    g_autoptr(GString) out = g_string_new(NULL);
    const char *p = *text;
    gsize keep = 0; /* trailing blanks beyond this are only spacing */

    while (*p && *p != ',') {
        char c = *p;
        bool escaped = c == '\\';

        if (c == '#' && out->len == 0) /* a value in hex; nobody writes a subject so */
            return NULL;
        if (escaped ? !unescape(&p, &c) : strchr("+<>;\"", *p++) != NULL)
            return NULL;
        g_string_append_c(out, c);
        if (escaped || c != ' ')
            keep = out->len;
    }
    g_string_truncate(out, keep);
    *text = p;
    return keep ? g_string_free(g_steal_pointer(&out), FALSE) : NULL;
}

X509_NAME *
x509_name_parse(const char *text, GError **error)
{
    g_autoptr(X509_NAME) name = X509_NAME_new();
    const char *p = text;

    do {
        const char *equals = strchr(p, '=');
        g_autofree char *type = equals ? g_strstrip(g_strndup(p, (gsize)(equals - p))) : NULL;
        g_autofree char *value = NULL;

        p = equals ? equals + 1 + strspn(equals + 1, " ") : p;
        value = type ? value_parse(&p) : NULL;
        if (!value) {
            crypto_fail(error, "subject name \"%s\" is not of the form CN=name,O=organisation",
                        text);
            return NULL;
        }
        if (!name_add(name, type, value, error))
            return NULL;
    } while (*p++ == ',');
    return g_steal_pointer(&name);
}

/* unstructuredName=@host, an IA5String as an ASA writes it. */
static X509_NAME *
name_unstructured(const char *host)
{
    g_autoptr(X509_NAME) name = X509_NAME_new();

    if (X509_NAME_add_entry_by_NID(name, NID_pkcs9_unstructuredName, V_ASN1_IA5STRING,
                                   (const unsigned char *)host, -1, -1, 0) != 1)
        return NULL;
    return g_steal_pointer(&name);
}

static bool
ext_add(X509 *x, int nid, const char *value)
{
    X509V3_CTX ctx;
    X509_EXTENSION *ext;
    bool ok;

    X509V3_set_ctx(&ctx, x, x, NULL, NULL, 0);
    X509V3_set_ctx_nodb(&ctx);
    ext = X509V3_EXT_nconf_nid(NULL, &ctx, nid, value);
    ok = ext && X509_add_ext(x, ext, -1) == 1;
    X509_EXTENSION_free(ext);
    return ok;
}

/* Built from values, not from text: a host name then cannot smuggle in another entry. */
static bool
san_add(X509 *x, const char *host, const Addr *addr)
{
    g_autoptr(GENERAL_NAMES) names = sk_GENERAL_NAME_new_null();
    Addr literal;

    if (host && addr_parse(host, &literal) && !addr)
        addr = &literal;
    else if (host && !addr_parse(host, &literal)) {
        GENERAL_NAME *n = GENERAL_NAME_new();
        ASN1_IA5STRING *s = ASN1_IA5STRING_new();

        ASN1_STRING_set(s, host, -1);
        GENERAL_NAME_set0_value(n, GEN_DNS, s);
        sk_GENERAL_NAME_push(names, n);
    }
    if (addr && addr_len(addr)) {
        GENERAL_NAME *n = GENERAL_NAME_new();
        ASN1_OCTET_STRING *s = ASN1_OCTET_STRING_new();

        ASN1_STRING_set(s, addr->b, (int)addr_len(addr));
        GENERAL_NAME_set0_value(n, GEN_IPADD, s);
        sk_GENERAL_NAME_push(names, n);
    }
    if (sk_GENERAL_NAME_num(names) == 0)
        return true;
    return X509_add1_ext_i2d(x, NID_subject_alt_name, names, 0, 0) == 1;
}

static bool
serial_set(X509 *x)
{
    uint8_t octets[SERIAL_LEN];
    g_autoptr(BIGNUM) n = NULL;

    if (RAND_bytes(octets, sizeof(octets)) != 1)
        return false;
    octets[0] = (uint8_t)((octets[0] & 0x7f) | 0x40); /* positive, and always as long */
    n = BN_bin2bn(octets, sizeof(octets), NULL);
    return BN_to_ASN1_INTEGER(n, X509_get_serialNumber(x)) != NULL;
}

static bool
fill(X509 *x, const SigKey *key, const X509_NAME *name, int64_t not_before, int64_t not_after)
{
    return X509_set_version(x, X509_VERSION_3) == 1 && serial_set(x) &&
           X509_set_subject_name(x, name) == 1 && X509_set_issuer_name(x, name) == 1 &&
           ASN1_TIME_adj(X509_getm_notBefore(x), (time_t)not_before, 0, 0) &&
           ASN1_TIME_adj(X509_getm_notAfter(x), (time_t)not_after, 0, 0) &&
           X509_set_pubkey(x, sig_key_evp(key)) == 1;
}

/* RFC 4945 §5.1.3 */
static bool
extend(X509 *x, const char *host, const Addr *addr)
{
    return ext_add(x, NID_basic_constraints, "critical,CA:FALSE") &&
           ext_add(x, NID_key_usage, "critical,digitalSignature") &&
           ext_add(x, NID_ext_key_usage, "serverAuth," X509_OID_IKE_INTERMEDIATE) &&
           ext_add(x, NID_subject_key_identifier, "hash") && san_add(x, host, addr);
}

static bool
sign(X509 *x, const SigKey *key)
{
    bool own_hash = strcmp(sig_key_kind(key), "Ed25519") == 0;

    return X509_sign(x, sig_key_evp(key), own_hash ? NULL : EVP_sha256()) > 0;
}

X509Chain *
x509_self_signed(const SigKey *key, const char *subject_name, const char *host, const Addr *addr,
                 int64_t not_before, int64_t not_after, GError **error)
{
    g_autoptr(X509_NAME) name = NULL;
    g_autoptr(X509) x = X509_new();
    g_autoptr(X509Chain) chain = x509_chain_new();
    unsigned char *der = NULL;
    int len = 0;
    bool ok;

    if (subject_name) {
        name = x509_name_parse(subject_name, error);
        if (!name)
            return NULL;
    } else {
        name = host ? name_unstructured(host) : NULL;
    }
    if (name && fill(x, key, name, not_before, not_after) && extend(x, host, addr) && sign(x, key))
        len = i2d_X509(x, &der);
    ok = len > 0 && x509_chain_add(chain, (Slice){ der, (size_t)len });
    OPENSSL_free(der);
    ERR_clear_error();
    if (!ok) {
        crypto_fail(error, "no certificate can be made for \"%s\"",
                    subject_name ? subject_name
                    : host       ? host
                                 : "");
        return NULL;
    }
    return g_steal_pointer(&chain);
}
