/* token.h - a certificate and its private key in a PKCS #11 token (smart card, HSM). The modules
 * are those that p11-kit knows, or the one that module-path of the URI names (RFC 7512). */
#pragma once

#include "agent/base/secret.h"
#include "agent/crypto/x509.h"

typedef struct Token Token;
/* token_open - find the one certificate that @uri means.
 * Returns NULL with AC_ERROR_CLIENT_CERT: no such token, no such certificate, several; and for a
 * URI that is malformed or holds a PIN. */
Token *token_open(const char *uri, GError **error);
void token_free(Token *t); /* logs out, unless a key of it still lives */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Token, token_free)

const char *token_label(const Token *t); /* of the token, for people */
Slice token_certificate(const Token *t); /* DER, borrowed */

typedef enum TokenLogin {
    TOKEN_OPEN,   /* the private key is at hand */
    TOKEN_WRONG,  /* that is not the PIN; another may be tried */
    TOKEN_FAILED, /* @error: locked, no such key, gone */
} TokenLogin;
bool token_wants_pin(const Token *t);
/* token_last_try - one more wrong PIN locks it. */
bool token_last_try(const Token *t);
/* token_login - @pin: ignored where none is wanted.
 * @ret: with TOKEN_OPEN a key that signs in the token; it keeps a share of @t. */
TokenLogin token_login(Token *t, Slice pin, SigKey **ret, GError **error);
