/* credential.h - our certificate and its private key, wherever they are: files or a token. */
#pragma once

#include <sys/types.h>

#include "agent/base/secret.h"
#include "agent/crypto/x509.h"

typedef struct Credential Credential;
/* credential_open - read the certificate, and find the key.
 * @certificate: absolute path of a PEM file, or pkcs11: URI. @key: the same; NULL: beside the
 * certificate. @owner: whose a file with a key may be, beside root's.
 * Returns NULL with AC_ERROR_CLIENT_CERT or AC_ERROR_CONFIG that names the object. */
Credential *credential_open(const char *certificate, const char *key, uid_t owner, GError **error);
void credential_free(Credential *c);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Credential, credential_free)

bool credential_locked(const Credential *c); /* a passphrase or PIN is needed */
bool credential_in_token(const Credential *c);
char *credential_question(const Credential *c); /* "PIN of the token anu"; owned by the caller */
const char *credential_warning(const Credential *c); /* about the next try; NULL: nothing */

typedef enum CredentialUnlock {
    CREDENTIAL_OPEN,
    CREDENTIAL_WRONG,
    CREDENTIAL_FAILED
} CredentialUnlock;
/* credential_unlock - @phrase: passphrase or PIN. CREDENTIAL_WRONG: another may be tried.
 * CREDENTIAL_FAILED with @error. */
CredentialUnlock credential_unlock(Credential *c, Slice phrase, GError **error);

const X509Chain *credential_chain(const Credential *c);
const SigKey *credential_key(const Credential *c); /* NULL while it is locked */
