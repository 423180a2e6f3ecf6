#include "agent/crypto/digest.h"

#include "agent/crypto/crypto_private.h"

size_t
digest(const char *name, const Slice *parts, size_t n_parts, uint8_t ret[static DIGEST_MAX])
{
    g_autoptr(EVP_MD) md = EVP_MD_fetch(NULL, name, NULL);
    g_autoptr(EVP_MD_CTX) ctx = EVP_MD_CTX_new();
    uint8_t out[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    bool ok = md && EVP_DigestInit_ex2(ctx, md, NULL);

    for (size_t i = 0; ok && i < n_parts; i++)
        ok = EVP_DigestUpdate(ctx, parts[i].p, parts[i].len);
    if (!ok || !EVP_DigestFinal_ex(ctx, out, &len) || len > DIGEST_MAX)
        return 0;
    memcpy(ret, out, len);
    return len;
}

char *
digest_hex(const char *name, Slice octets)
{
    uint8_t out[DIGEST_MAX];
    size_t len = digest(name, &octets, 1, out);
    GString *text;

    if (len == 0)
        return NULL;
    text = g_string_sized_new(2 * len);
    for (size_t i = 0; i < len; i++)
        g_string_append_printf(text, "%02X", out[i]);
    return g_string_free(text, FALSE);
}
