#include <openssl/err.h>
#include <openssl/pem.h>

#include "agent/base/log.h"
#include "agent/crypto/digest.h"
#include "agent/crypto/x509_private.h"

static void
cert_free(void *cert)
{
    X509Cert *c = cert;

    X509_free(c->x);
    g_bytes_unref(c->der);
    g_free(c);
}

X509Chain *
x509_chain_new(void)
{
    X509Chain *c = g_new0(X509Chain, 1);

    c->certs = g_ptr_array_new_with_free_func(cert_free);
    return c;
}

void
x509_chain_free(X509Chain *c)
{
    if (!c)
        return;
    g_ptr_array_unref(c->certs);
    g_free(c);
}

static bool
chain_has(const X509Chain *c, Slice der)
{
    for (size_t i = 0; i < x509_chain_len(c); i++)
        if (slice_equal(x509_chain_der(c, i), der))
            return true;
    return false;
}

/* The whole of @der is one certificate whose key can be read, or NULL. */
static X509 *
cert_decode(Slice der)
{
    const uint8_t *p = der.p;
    g_autoptr(X509) x = der.len <= X509_DER_MAX ? d2i_X509(NULL, &p, (long)der.len) : NULL;
    bool ok = x && p == der.p + der.len && X509_get0_pubkey(x);

    ERR_clear_error();
    return ok ? g_steal_pointer(&x) : NULL;
}

bool
x509_chain_add(X509Chain *c, Slice der)
{
    X509Cert *cert;
    X509 *x;

    if (chain_has(c, der))
        return true;
    if (c->certs->len >= X509_CHAIN_MAX)
        return false;
    x = cert_decode(der);
    if (!x)
        return false;
    cert = g_new0(X509Cert, 1);
    cert->x = x;
    cert->der = g_bytes_new(der.p, der.len);
    g_ptr_array_add(c->certs, cert);
    return true;
}

size_t
x509_pem_each(Slice pem, bool (*each)(Slice der, void *user), void *user, GError **error)
{
    g_autoptr(BIO) in = pem.len <= INT_MAX ? BIO_new_mem_buf(pem.p, (int)pem.len) : NULL;
    char *name, *header;
    unsigned char *der;
    size_t n = 0;
    long len;
    bool ok = true;

    while (ok && in && PEM_read_bio(in, &name, &header, &der, &len) == 1) {
        if (strcmp(name, PEM_STRING_X509) == 0 || strcmp(name, PEM_STRING_X509_OLD) == 0) {
            n++;
            ok = each((Slice){ der, (size_t)len }, user);
        }
        OPENSSL_free(name);
        OPENSSL_free(header);
        OPENSSL_clear_free(der, (size_t)len); /* may be a private key */
    }
    /* At the end OpenSSL says "no start line"; anything else is a block it could not read. */
    if (ok && in && ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE) {
        ok = false;
        n++;
    }
    ERR_clear_error();
    if (ok && n == 0)
        crypto_fail(error, "there is no certificate in PEM form");
    if (!ok)
        crypto_fail(error, "certificate %zu is malformed, too large or one too many", n);
    return ok ? n : 0;
}

static bool
add_each(Slice der, void *user)
{
    return x509_chain_add(user, der);
}

bool
x509_chain_add_pem(X509Chain *c, Slice pem, GError **error)
{
    return x509_pem_each(pem, add_each, c, error) > 0;
}

size_t
x509_chain_len(const X509Chain *c)
{
    return c->certs->len;
}

static const X509Cert *
cert_at(const X509Chain *c, size_t i)
{
    g_assert(i < c->certs->len);
    return g_ptr_array_index(c->certs, i);
}

X509 *
x509_chain_at(const X509Chain *c, size_t i)
{
    return cert_at(c, i)->x;
}

Slice
x509_chain_der(const X509Chain *c, size_t i)
{
    size_t len;
    const uint8_t *p = g_bytes_get_data(cert_at(c, i)->der, &len);

    return (Slice){ p, len };
}

SigKey *
x509_chain_leaf_key(const X509Chain *c)
{
    return c->certs->len ? sig_key_from_evp(X509_get0_pubkey(x509_chain_at(c, 0))) : NULL;
}

char *
x509_chain_to_pem(const X509Chain *c)
{
    g_autoptr(BIO) out = BIO_new(BIO_s_mem());
    const char *p;
    long len;

    for (size_t i = 0; i < x509_chain_len(c); i++) {
        Slice der = x509_chain_der(c, i);

        /* From the octets as they came, so that a round trip changes nothing. */
        PEM_write_bio(out, PEM_STRING_X509, "", der.p, (long)der.len);
    }
    len = BIO_get_mem_data(out, &p);
    return g_strndup(p, (gsize)len);
}

GBytes *
x509_chain_subject_der(const X509Chain *c, size_t i)
{
    const unsigned char *p = NULL;
    size_t len = 0;

    X509_NAME_get0_der(X509_get_subject_name(x509_chain_at(c, i)), &p, &len);
    return g_bytes_new(p, len);
}

char *
x509_name_text(const X509_NAME *name)
{
    g_autoptr(BIO) out = BIO_new(BIO_s_mem());
    const char *p;
    long len;

    X509_NAME_print_ex(out, name, 0, XN_FLAG_RFC2253);
    len = BIO_get_mem_data(out, &p);
    return log_escape(p, (size_t)len, (size_t)len);
}

static GPtrArray *
san_texts(const X509 *x)
{
    g_autoptr(GENERAL_NAMES) san = X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
    GPtrArray *texts = g_ptr_array_new_with_free_func(g_free);

    for (int i = 0; i < sk_GENERAL_NAME_num(san); i++) {
        int type;
        ASN1_STRING *value = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(san, i), &type);
        Slice octets = { 0 };
        Addr addr;
        char buf[ADDR_TEXT_MAX];

        if (type != GEN_DNS && type != GEN_IPADD)
            continue;
        octets = (Slice){ ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value) };
        if (type == GEN_DNS)
            g_ptr_array_add(texts, log_escape((const char *)octets.p, octets.len, octets.len));
        else if (addr_from_octets(octets, &addr))
            g_ptr_array_add(texts, g_strdup(addr_format(&addr, buf)));
    }
    return texts;
}

int64_t
x509_unix_time(const ASN1_TIME *t)
{
    ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
    int days = 0, seconds = 0;
    bool ok = ASN1_TIME_diff(&days, &seconds, epoch, t) == 1;

    ASN1_TIME_free(epoch);
    return ok ? (int64_t)days * 86400 + seconds : 0;
}

static char *
with_colons(const char *hex)
{
    GString *out = g_string_new(NULL);

    for (size_t i = 0; hex[i]; i++) {
        if (i && i % 2 == 0)
            g_string_append_c(out, ':');
        g_string_append_c(out, hex[i]);
    }
    return g_string_free(out, FALSE);
}

/* BASE64 of the hash of the SubjectPublicKeyInfo (RFC 7469 §2.4 is its best-known user). */
static char *
spki_pin(const X509 *x, const char *hash)
{
    unsigned char *der = NULL;
    int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &der);
    Slice spki = { der, len > 0 ? (size_t)len : 0 };
    uint8_t out[DIGEST_MAX];
    size_t n = digest(hash, &spki, 1, out);

    OPENSSL_free(der);
    return g_base64_encode(out, n);
}

static char *
key_text(X509 *x)
{
    g_autoptr(SigKey) k = sig_key_from_evp(X509_get0_pubkey(x));
    const char *kind = sig_key_kind(k);

    if (strcmp(kind, "ECDSA") == 0 && !sig_key_unsound(k))
        return g_strdup_printf("ECDSA P-%u", sig_key_bits(k));
    if (strcmp(kind, "Ed25519") == 0)
        return g_strdup(kind);
    return g_strdup_printf("%s %u", kind, sig_key_bits(k));
}

X509Info *
x509_chain_info(const X509Chain *c, size_t i)
{
    X509 *x = x509_chain_at(c, i);
    Slice der = x509_chain_der(c, i);
    g_autofree char *sha256 = digest_hex("SHA256", der);
    g_autofree char *pin = spki_pin(x, "SHA256");
    X509Info *info = g_new0(X509Info, 1);

    info->subject = x509_name_text(X509_get_subject_name(x));
    info->issuer = x509_name_text(X509_get_issuer_name(x));
    info->names = san_texts(x);
    info->not_before = x509_unix_time(X509_get0_notBefore(x));
    info->not_after = x509_unix_time(X509_get0_notAfter(x));
    info->sha256 = with_colons(sha256);
    info->sha1 = digest_hex("SHA1", der);
    info->pin_sha256 = g_strconcat("pin-sha256:", pin, NULL);
    info->pin_sha512 = spki_pin(x, "SHA512");
    info->key = key_text(x);
    ERR_clear_error();
    return info;
}

void
x509_info_free(X509Info *info)
{
    if (!info)
        return;
    g_free(info->subject);
    g_free(info->issuer);
    g_ptr_array_unref(info->names);
    g_free(info->sha256);
    g_free(info->sha1);
    g_free(info->pin_sha256);
    g_free(info->pin_sha512);
    g_free(info->key);
    g_free(info);
}
