#include "agent/daemon/credential.h"

#include "agent/crypto/key_pem.h"
#include "agent/daemon/secret_file.h"
#include "agent/daemon/token.h"
#include "agent/dbus/ac_error.h"

struct Credential {
    X509Chain *chain;
    SigKey *key;
    Token *token;   /* or */
    char *key_file; /* and, while it is locked, */
    Secret pem;
    char *certificate; /* where it is from */
};

static bool
fail(GError **error, const char *where, const char *why)
{
    g_set_error(error, AC_ERROR, AC_ERROR_CLIENT_CERT, "%s%s%s", where ? where : "",
                where ? ": " : "", why);
    return false;
}

static bool
is_uri(const char *where)
{
    return g_str_has_prefix(where, "pkcs11:");
}

static bool
open_token(Credential *c, const char *uri, GError **error)
{
    c->token = token_open(uri, error);
    if (c->token)
        return true;
    g_prefix_error(error, "%s: ", uri);
    return false;
}

static bool
read_chain(Credential *c, GError **error)
{
    g_autofree char *pem = NULL;
    g_autoptr(GError) why = NULL;
    size_t len;

    if (is_uri(c->certificate))
        return open_token(c, c->certificate, error) &&
               (x509_chain_add(c->chain, token_certificate(c->token)) ||
                fail(error, c->certificate, "the certificate is malformed"));
    pem = secret_file_public(c->certificate, &len, &why);
    if (!pem)
        return fail(error, NULL, why->message);
    return x509_chain_add_pem(c->chain, (Slice){ (const uint8_t *)pem, len }, &why) ||
           fail(error, c->certificate, why->message);
}

/* The key must be that of the certificate: else the gateway would tell us, late and less clearly.
 */
static bool
keep_key(Credential *c, SigKey *key, GError **error)
{
    g_autoptr(SigKey) public = x509_chain_leaf_key(c->chain);
    g_autofree char *why = g_strdup_printf("is not the key of %s", c->certificate);

    if (!sig_key_same(key, public)) {
        sig_key_free(key);
        return fail(error, c->key_file ? c->key_file : c->certificate, why);
    }
    c->key = key;
    return true;
}

static CredentialUnlock
read_pem(Credential *c, Slice phrase, GError **error)
{
    g_autoptr(GError) why = NULL;
    SigKey *key = NULL;

    switch (key_pem_read(secret_view(&c->pem), phrase, &key, &why)) {
    case KEY_PEM_OK:
        secret_clear(&c->pem);
        return keep_key(c, key, error) ? CREDENTIAL_OPEN : CREDENTIAL_FAILED;
    case KEY_PEM_LOCKED:
        return CREDENTIAL_WRONG;
    case KEY_PEM_BAD:
        fail(error, c->key_file, why->message);
        return CREDENTIAL_FAILED;
    }
    g_assert_not_reached();
}

static bool
find_key(Credential *c, const char *key, uid_t owner, GError **error)
{
    const char *where = key ? key : c->certificate;

    if (is_uri(where) && !c->token && !open_token(c, where, error))
        return false;
    if (c->token && is_uri(where))
        return token_wants_pin(c->token) ||
               credential_unlock(c, (Slice){ 0 }, error) == CREDENTIAL_OPEN;
    g_clear_pointer(&c->token, token_free); /* only the certificate is in it */
    c->key_file = g_strdup(where);
    return secret_file_read(where, owner, &c->pem, error) &&
           read_pem(c, (Slice){ 0 }, error) != CREDENTIAL_FAILED;
}

Credential *
credential_open(const char *certificate, const char *key, uid_t owner, GError **error)
{
    g_autoptr(Credential) c = g_new0(Credential, 1);

    c->certificate = g_strdup(certificate);
    c->chain = x509_chain_new();
    if (!read_chain(c, error) || !find_key(c, key, owner, error))
        return NULL;
    return g_steal_pointer(&c);
}

void
credential_free(Credential *c)
{
    if (!c)
        return;
    sig_key_free(c->key);
    token_free(c->token);
    x509_chain_free(c->chain);
    secret_clear(&c->pem);
    g_free(c->key_file);
    g_free(c->certificate);
    g_free(c);
}

bool
credential_locked(const Credential *c)
{
    return !c->key;
}

bool
credential_in_token(const Credential *c)
{
    return c->token;
}

char *
credential_question(const Credential *c)
{
    return c->token ? g_strdup_printf("PIN of the token %s:", token_label(c->token))
                    : g_strdup_printf("Passphrase of %s:", c->key_file);
}

const char *
credential_warning(const Credential *c)
{
    return c->token && token_last_try(c->token) ? "One more wrong PIN locks the token." : NULL;
}

CredentialUnlock
credential_unlock(Credential *c, Slice phrase, GError **error)
{
    SigKey *key = NULL;

    if (!c->token)
        return read_pem(c, phrase, error);
    switch (token_login(c->token, phrase, &key, error)) {
    case TOKEN_OPEN:
        return keep_key(c, key, error) ? CREDENTIAL_OPEN : CREDENTIAL_FAILED;
    case TOKEN_WRONG:
        return CREDENTIAL_WRONG;
    case TOKEN_FAILED:
        return CREDENTIAL_FAILED;
    }
    g_assert_not_reached();
}

const X509Chain *
credential_chain(const Credential *c)
{
    return c->chain;
}

const SigKey *
credential_key(const Credential *c)
{
    return c->key;
}
