/* ike_sk.h - the Encrypted payload, RFC 7296 §3.14 and RFC 5282. */
#pragma once

#include "agent/crypto/aead.h"
#include "agent/ike/ike_payload.h"

/* ike_sk_seal - finish a message: header (already written at @header_at), then SK around @plain
 * with minimal padding.
 * @first: type of the first payload inside. @iv: aead_iv_len() octets, unpredictable (CBC) or
 * unique (AEAD). The header's next-payload and length fields are patched. */
void ike_sk_seal(Aead *a, Writer *out, size_t header_at, uint8_t first, Slice plain,
                 const uint8_t *iv);
/* ike_sk_seal_as - the same for a payload of @type with @head, authenticated, in front of its IV.
 */
void ike_sk_seal_as(Aead *a, Writer *out, size_t header_at, uint8_t type, uint8_t first, Slice head,
                    Slice plain, const uint8_t *iv);
/* ike_sk_open - check and decrypt the SK payload that ends @message.
 * @sk_body: body of the SK payload, a view into @message. @scratch: receives the plaintext, at
 * least message.len octets.
 * @ret: the plaintext without padding, a view into @scratch.
 * Returns false when it is forged or its padding lies. */
bool ike_sk_open(Aead *a, Slice message, Slice sk_body, uint8_t *scratch,
                 Slice *ret) G_GNUC_WARN_UNUSED_RESULT;
/* Octets a message has whose SK holds @plain_len octets (agent/docs/WIRE.md §3). */
size_t ike_sk_message_len(const Aead *a, size_t plain_len);
