#include <openssl/core_names.h>
#include <openssl/params.h>

#include "agent/crypto/crypto_private.h"

/* Looked up by its name once; there until the end. */
static EVP_MAC *
hmac(void)
{
    static EVP_MAC *found;

    if (g_once_init_enter(&found))
        g_once_init_leave(&found, EVP_MAC_fetch(NULL, OSSL_MAC_NAME_HMAC, NULL));
    return found;
}

EVP_MAC_CTX *
crypto_mac_new(const char *digest, const uint8_t *key, size_t key_len)
{
    g_autoptr(EVP_MAC_CTX) ctx = EVP_MAC_CTX_new(hmac());
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)digest, 0),
        OSSL_PARAM_construct_end(),
    };

    /* No key at all would mean "keep the old one". */
    if (!EVP_MAC_init(ctx, key_len ? key : (const uint8_t *)"", key_len, params))
        return NULL;
    return g_steal_pointer(&ctx);
}

void
crypto_fail(GError **error, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    if (error)
        *error = g_error_new_valist(g_quark_from_static_string("ac-crypto-error"), 0, format, args);
    va_end(args);
}
