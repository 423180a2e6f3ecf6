/* key_pem.h - private keys of PEM files, locked with a passphrase or not. */
#pragma once

#include "agent/crypto/sig_key.h"

typedef enum KeyPem {
    KEY_PEM_OK,
    KEY_PEM_LOCKED, /* it wants a passphrase, or another one */
    KEY_PEM_BAD,    /* no key, a key of no use, or one whose unlocking would take for ever */
} KeyPem;

/* key_pem_read - the first private key of @pem.
 * @passphrase: empty for none.
 * @ret: only with KEY_PEM_OK. @error: only with KEY_PEM_BAD; a sentence without the file. */
KeyPem key_pem_read(Slice pem, Slice passphrase, SigKey **ret,
                    GError **error) G_GNUC_WARN_UNUSED_RESULT;
