/* mschap.h - what EAP-MSCHAPv2 computes (RFC 2759 §8, RFC 3079 §3).
 *
 * MD4 and DES live in OpenSSL's legacy provider, which is loaded into a library context of our own:
 * nothing else in the process can reach them. */
#pragma once

#include "agent/base/reader.h"
#include "agent/base/secret.h"

enum {
    MSCHAP_CHALLENGE = 16, /* octets of either challenge */
    MSCHAP_HASH = 16,
    MSCHAP_RESPONSE = 24,
    MSCHAP_PROOF = 20,    /* of the authenticator response, before it is written as hex */
    MSCHAP_MSK = 64,      /* RFC 3748 §7.10: an MSK has at least as many */
    MSCHAP_TEXT_MAX = 256 /* octets of a user name; UTF-16 units of a password (RFC 2759 §8.1) */
};

/* mschap_available - whether MD4 and DES can be had. Static; false when OpenSSL has no legacy
 * provider here. */
bool mschap_available(void);
/* mschap_nt_hash - NtPasswordHash: MD4 of the password in UTF-16LE.
 * @password: UTF-8 of at most MSCHAP_TEXT_MAX units. Returns false when it is not, or without the
 * legacy provider. */
bool mschap_nt_hash(Slice password, Secret *ret) G_GNUC_WARN_UNUSED_RESULT;

/* Both challenges and the user; views. */
typedef struct MschapTalk {
    Slice authenticator, peer; /* MSCHAP_CHALLENGE octets each */
    Slice user;                /* with its domain, which takes no part (RFC 2759 §8.2) */
} MschapTalk;

/* mschap_response - GenerateNTResponse. @nt_hash: MSCHAP_HASH octets. */
bool mschap_response(const MschapTalk *t, Slice nt_hash,
                     uint8_t ret[static MSCHAP_RESPONSE]) G_GNUC_WARN_UNUSED_RESULT;
/* mschap_proof - GenerateAuthenticatorResponse without its "S=". */
bool mschap_proof(const MschapTalk *t, Slice nt_hash,
                  const uint8_t response[static MSCHAP_RESPONSE],
                  uint8_t ret[static MSCHAP_PROOF]) G_GNUC_WARN_UNUSED_RESULT;
/* mschap_msk - the key that both ends have then: the client's send key, its receive key (128 bits
 * each, RFC 3079 §3.3), and 32 zero octets. */
bool mschap_msk(Slice nt_hash, const uint8_t response[static MSCHAP_RESPONSE],
                Secret *ret) G_GNUC_WARN_UNUSED_RESULT;
