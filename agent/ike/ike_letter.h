/* ike_letter.h - a message in pieces that can be changed: for peers that lie, in tests only. */
#pragma once

#include <glib.h>

#include "agent/ike/ike_payload.h"

typedef struct IkePart {
    uint8_t type;
    bool critical;
    uint8_t reserved; /* of the generic header's second octet, RFC 7296 §3.2 */
    GByteArray *body;
} IkePart;

typedef struct IkeLetter {
    IkeHeader h;      /* all but ->next_payload and ->length is written as it stands here */
    bool sealed;      /* it was, or is to be, inside SK */
    GPtrArray *parts; /* of IkePart *, owned */
    GByteArray *raw;  /* what is written instead of ->parts, NULL: they are */
} IkeLetter;

void ike_letter_init(IkeLetter *l, const IkeHeader *h, bool sealed);
/* ike_letter_read - add the chain @octets that begins with type @first; false when that is no
 * chain. Bodies are any octets. */
bool ike_letter_read(IkeLetter *l, uint8_t first, Slice octets) G_GNUC_WARN_UNUSED_RESULT;
void ike_letter_clear(IkeLetter *l);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(IkeLetter, ike_letter_clear)
bool ike_letter_is_response(const IkeLetter *l);
IkePart *ike_letter_find(const IkeLetter *l, uint8_t type); /* the first of @type, or NULL */
IkePart *ike_letter_add(IkeLetter *l, uint8_t type, Slice body);
void ike_part_set(IkePart *p, Slice body);
/* ike_letter_write - the chain behind what @c has. */
void ike_letter_write(const IkeLetter *l, IkeChain *c);
