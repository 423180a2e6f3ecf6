/* aead.h - "encrypt and authenticate" as IKE's SK payload and ESP need it: AEAD ciphers, and a
 * block cipher with an HMAC behind it, through one door. Contexts are made once; nothing is
 * allocated per packet but what OpenSSL 3.0 takes and gives back inside an HMAC. */
#pragma once

#include <glib.h>

#include "agent/base/reader.h"
#include "agent/crypto/suite.h"

typedef struct Aead Aead;
typedef enum AeadUse {
    AEAD_SEAL,
    AEAD_OPEN,
    AEAD_BATCH = 2, /* with one of the others: it will stand in batches (aead_batch.h) as well */
} AeadUse;

enum { AEAD_ESN_AAD_LEN = 12 }; /* SPI and a sequence number of 64 bits */

/* aead_new - one direction of one SA.
 * @suite: encr, key_bits, integ, esn are used.
 * @key: suite_encr_key_len() octets, salt last. @integ_key: suite_integ_key_len() octets.
 * Returns NULL when a length is wrong or the algorithm is not implemented. */
Aead *aead_new(const Suite *suite, Slice key, Slice integ_key, AeadUse use);
void aead_free(Aead *a); /* wipes the keys */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Aead, aead_free)

size_t aead_iv_len(const Aead *a);
size_t aead_icv_len(const Aead *a);
size_t aead_block_len(const Aead *a);

/* aead_seal - encrypt @data in place and write the ICV.
 * @aad: authenticated in front of the rest. With an HMAC the MAC runs over aad | iv | ciphertext.
 * With extended sequence numbers it has AEAD_ESN_AAD_LEN octets, of which an HMAC takes the high
 * half of the number behind the rest (RFC 4303 §2.2.1).
 * @iv: aead_iv_len() octets as they stand on the wire; unique for AEADs, unpredictable for CBC.
 * @len: a multiple of aead_block_len().
 * @icv: aead_icv_len() octets are written. */
void aead_seal(Aead *a, Slice aad, const uint8_t *iv, uint8_t *data, size_t len, uint8_t *icv);
/* aead_open - check the ICV (before anything is used), then decrypt @data in place.
 * Returns false when forged or when @len is no multiple of the block; @data is then undefined. */
bool aead_open(Aead *a, Slice aad, const uint8_t *iv, uint8_t *data, size_t len,
               const uint8_t *icv) G_GNUC_WARN_UNUSED_RESULT;
