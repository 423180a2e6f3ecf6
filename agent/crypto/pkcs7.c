#include "agent/crypto/pkcs7.h"

#include <openssl/err.h>
#include <openssl/pkcs7.h>

#include "agent/crypto/x509_private.h"

G_DEFINE_AUTOPTR_CLEANUP_FUNC(PKCS7, PKCS7_free)

enum { SEQUENCE = 0x30, FIRST = 0xa0 /* [0], constructed */ };

/* DER: put tag and length in front of what is there. */
static void
wrap(GByteArray *body, uint8_t tag)
{
    uint8_t head[2 + sizeof(uint32_t)] = { tag };
    guint n = body->len, octets = n < 0x80 ? 0 : n < 0x100 ? 1 : n < 0x10000 ? 2 : 3;

    head[1] = octets ? (uint8_t)(0x80 | octets) : (uint8_t)n;
    for (guint i = 0; i < octets; i++)
        head[2 + i] = (uint8_t)(n >> 8 * (octets - 1 - i));
    g_byte_array_prepend(body, head, 2 + octets);
}

GBytes *
pkcs7_encode(const X509Chain *c)
{
    static const uint8_t before[] = { /* version 1, no digests, id-data with nothing in it */
                                      0x02, 0x01, 0x01, 0x31, 0x00, 0x30, 0x0f, 0x06,
                                      0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01,
                                      0x07, 0x01, 0xa0, 0x02, 0x04, 0x00
    };
    static const uint8_t no_signers[] = { 0x31, 0x00 };
    static const uint8_t signed_data[] = { 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
                                           0xf7, 0x0d, 0x01, 0x07, 0x02 };
    g_autoptr(GByteArray) out = g_byte_array_new();

    for (size_t i = 0; i < x509_chain_len(c); i++) {
        Slice der = x509_chain_der(c, i);

        g_byte_array_append(out, der.p, (guint)der.len);
    }
    wrap(out, FIRST);
    g_byte_array_prepend(out, before, sizeof(before));
    g_byte_array_append(out, no_signers, sizeof(no_signers));
    wrap(out, SEQUENCE);
    wrap(out, FIRST);
    g_byte_array_prepend(out, signed_data, sizeof(signed_data));
    wrap(out, SEQUENCE);
    return g_byte_array_free_to_bytes(g_steal_pointer(&out));
}

static bool
add(X509Chain *chain, X509 *x)
{
    unsigned char *der = NULL;
    int len = i2d_X509(x, &der);
    bool ok = len > 0 && x509_chain_add(chain, (Slice){ der, (size_t)len });

    OPENSSL_free(der);
    return ok;
}

X509Chain *
pkcs7_decode(Slice der)
{
    enum { MOST = X509_CHAIN_MAX * X509_DER_MAX };
    const uint8_t *p = der.p;
    g_autoptr(PKCS7) p7 = der.len <= MOST ? d2i_PKCS7(NULL, &p, (long)der.len) : NULL;
    g_autoptr(X509Chain) chain = x509_chain_new();
    bool ok = p7 && p == der.p + der.len && PKCS7_type_is_signed(p7) && p7->d.sign;

    ERR_clear_error();
    for (int i = 0; ok && i < sk_X509_num(p7->d.sign->cert); i++)
        ok = add(chain, sk_X509_value(p7->d.sign->cert, i));
    return ok && x509_chain_len(chain) > 0 ? g_steal_pointer(&chain) : NULL;
}
