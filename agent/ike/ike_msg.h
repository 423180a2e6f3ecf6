/* ike_msg.h - one IKE message as a list of payloads. */
#pragma once

#include "agent/ike/ike_id.h"
#include "agent/ike/ike_notify.h"
#include "agent/ike/ike_payload.h"

/* Payload sets: bit 0 is type 33. */
#define IKE_SET(name)      (UINT64_C(1) << (IKE_PAYLOAD_##name - 33))
#define IKE_SET_TYPE(type) ((type) >= 33 && (type) < 33 + 64 ? UINT64_C(1) << ((type)-33) : 0)

/* Views into the datagram (and into the opened plaintext); dies with them. */
typedef struct IkeMsg {
    IkeHeader h;
    Slice octets;          /* the whole message, header included, marker excluded */
    uint64_t outer, inner; /* which payload types are there, clear and inside SK */
    size_t n;
    IkePayload p[IKE_PAYLOADS_MAX];
    uint8_t unknown_critical; /* type of an unknown payload with the critical bit, 0: none (RFC 7296
                                 §2.5) */
} IkeMsg;

/* ike_msg_decode - header and clear chain; strict: version 2, length field equal to the datagram,
 * chain exactly filling it, SK last, every body of a known type well-formed (but for a clear CP,
 * which is never read). Returns IKE_OK; IKE_N_INVALID_MAJOR_VERSION; IKE_N_INVALID_SYNTAX; IKE_DROP
 * when it is no IKEv2 message at all.
 * @ret: after a failure > 0 only ->h is good, so that the refusal can be addressed.
 * @ret_why: a static clause that names the payload, for the log; may be NULL. */
IkeStatus ike_msg_decode(Slice datagram, IkeMsg *ret,
                         const char **ret_why) G_GNUC_WARN_UNUSED_RESULT;
/* ike_msg_decode_inner - append the chain of an opened SK payload.
 * @first: SK's next-payload octet. @plain: borrowed by @m from now on. @m is as before
 * on failure. */
IkeStatus ike_msg_decode_inner(IkeMsg *m, uint8_t first, Slice plain,
                               const char **ret_why) G_GNUC_WARN_UNUSED_RESULT;

bool ike_msg_is_response(const IkeMsg *m);
/* The first payload of @type behind @after (NULL: from the start), or NULL. */
const IkePayload *ike_msg_find(const IkeMsg *m, uint8_t type, const IkePayload *after);
/* ike_msg_notify - the first Notify of @type; false when there is none. */
bool ike_msg_notify(const IkeMsg *m, uint16_t type, IkeNotify *ret);
/* ike_msg_error - the first Notify that is an error (< 16384); false when there is none. */
bool ike_msg_error(const IkeMsg *m, IkeNotify *ret);
/* ike_msg_has_vendor - is a Vendor ID payload with exactly (or, @prefix, beginning with) @vid
 * there? */
bool ike_msg_has_vendor(const IkeMsg *m, Slice vid, bool prefix);
