/* sig_key.h - key pairs and public keys that sign or check an AUTH payload. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "agent/base/reader.h"
#include "agent/base/secret.h"
#include "agent/crypto/sig_alg.h"

/* A key pair or a public key alone. */
typedef struct SigKey SigKey;
void sig_key_free(SigKey *k); /* wipes a private key */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SigKey, sig_key_free)

/* sig_key_from_pem - a private key; encrypted ones are refused. @error names what is wrong. */
SigKey *sig_key_from_pem(Slice pem, GError **error);
SigKey *sig_key_generate_rsa(unsigned bits);   /* 1024 to 8192; NULL otherwise */
SigKey *sig_key_generate_ecdsa(unsigned bits); /* 256, 384, 521; NULL otherwise */
SigKey *sig_key_generate_ed25519(void);
bool sig_key_to_pem(const SigKey *k, Secret *ret) G_GNUC_WARN_UNUSED_RESULT;
/* How a key signs that does not leave its place: a token's. */
typedef struct SigSigner {
    /* @input: what the raw mechanism takes: DigestInfo (PKCS #1 v1.5), hash (PSS, ECDSA), the
     * message itself (Ed25519), a block as long as the modulus (SIG_RSA_RAW). @ret: appended to;
     * ECDSA gives r | s, each as long as the curve. */
    bool (*sign)(void *self, const SigAlg *alg, Slice input, GByteArray *ret);
    void (*free)(void *self);
    void *self;
} SigSigner;
/* sig_key_from_signer - the key pair whose public half is @public; @signer is taken, and freed with
 * the key. */
SigKey *sig_key_from_signer(const SigKey *public, const SigSigner *signer);
const SigSigner *sig_key_signer(const SigKey *k);    /* NULL: it signs for itself */
bool sig_key_same(const SigKey *a, const SigKey *b); /* the same public half */
SigKey *sig_key_from_evp(void *evp_pkey);  /* takes a reference to an EVP_PKEY; for x509.c */
void *sig_key_evp(const SigKey *k);        /* the EVP_PKEY, borrowed; for x509.c */
const char *sig_key_kind(const SigKey *k); /* "RSA", "ECDSA", "Ed25519", or OpenSSL's own name */
unsigned sig_key_bits(const SigKey *k);
/* sig_key_unsound - why no signature by @k means anything (an exponent of 1, a modulus beyond all
 * use, a curve or kind we do not know); NULL when there is nothing to say. Static text. */
const char *sig_key_unsound(const SigKey *k);
