/* aaa.h - local users: is this the password of that user? */
#pragma once

#include "agent/base/secret.h"
#include "agent/headend/asa_config.h"

enum {
    AAA_ROUNDS_MAX = 100000,   /* of PBKDF2: a login must not stop the gateway for long */
    AAA_PASSWORD_MAX = 128,    /* octets, as on an ASA; a longer one is wrong */
    AAA_MD5_PASSWORD_MAX = 32, /* octets the MD5 form can tell apart */
    AAA_NT_LEN = 16,           /* octets of an NT hash */
};

/* aaa_hash_valid - is @hash of the MD5 form of an ASA (16 letters) or, with @pbkdf2, of the form
 * $sha512$ROUNDS$SALT$HASH with salt and hash in Base64? */
bool aaa_hash_valid(const char *hash, bool pbkdf2);
/* aaa_hash_md5 - the MD5 form for @user and @password (agent/docs/ASA-CONFIG.md); owned by the
 * caller. */
char *aaa_hash_md5(const char *user, Slice password);
/* aaa_hash_pbkdf2 - a new pbkdf2 form with @salt (16 octets), 5000 rounds; owned by the caller. */
char *aaa_hash_pbkdf2(Slice password, const uint8_t salt[static 16]);

typedef struct Aaa Aaa;
Aaa *aaa_new(const AsaConfig *config); /* borrowed */
void aaa_free(Aaa *a);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Aaa, aaa_free)

/* aaa_check - the user whose password this is, or NULL.
 * It takes the same work for a right, a wrong and an unknown user: the rounds of the costliest hash
 * of the configuration and one MD5. */
const AsaUser *aaa_check(const Aaa *a, const char *user, Slice password);
