/* ike_skf.h - the Encrypted Fragment payload, RFC 7383 §2.5. */
#pragma once

#include "agent/ike/ike_sk.h"

typedef struct IkeSkf {
    uint16_t number, total;
    Slice plain;
} IkeSkf;

/* ike_skf_seal - as ike_sk_seal(), for one fragment. @first: type of the message's first payload
 * inside; it goes out in fragment 1 alone. */
void ike_skf_seal(Aead *a, Writer *out, size_t header_at, uint8_t first, const IkeSkf *f,
                  const uint8_t *iv);
/* ike_skf_open - as ike_sk_open(). False also when the numbers are impossible. */
bool ike_skf_open(Aead *a, Slice message, Slice skf_body, uint8_t *scratch,
                  IkeSkf *ret) G_GNUC_WARN_UNUSED_RESULT;
/* ike_skf_room - plaintext octets that fit into a message of @limit octets, 0: none. */
size_t ike_skf_room(const Aead *a, size_t limit);
size_t ike_skf_message_len(const Aead *a, size_t plain_len);
