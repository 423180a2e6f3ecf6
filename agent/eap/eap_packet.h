/* eap_packet.h - EAP packets, RFC 3748 §4. */
#pragma once

#include "agent/base/reader.h"
#include "agent/base/writer.h"

enum { EAP_REQUEST = 1, EAP_RESPONSE = 2, EAP_SUCCESS = 3, EAP_FAILURE = 4 };
enum {
    EAP_TYPE_IDENTITY = 1,
    EAP_TYPE_NOTIFICATION = 2,
    EAP_TYPE_NAK = 3,
    EAP_TYPE_MD5 = 4,
    EAP_TYPE_GTC = 6,
    EAP_TYPE_TLS = 13,
    EAP_TYPE_MSCHAPV2 = 26,
    EAP_TYPE_EXPANDED = 254,
    EAP_HEAD_MAX = 12, /* what stands before the data of any packet */
};
enum { EAP_VENDOR_CISCO = 9, EAP_CISCO_ANYCONNECT = 0x44425250 }; /* agent/docs/WIRE.md §4.1 */

typedef struct EapPacket {
    uint8_t code, id;
    uint8_t type;         /* 0 in Success and Failure */
    uint32_t vendor;      /* expanded type only (RFC 3748 §5.7) */
    uint32_t vendor_type; /* expanded type only */
    Slice data;           /* borrowed; what follows the type */
} EapPacket;

/* eap_packet_decode - @octets is exactly one packet; its length field must say so.
 * Returns false when it is malformed; @ret untouched. */
bool eap_packet_decode(Slice octets, EapPacket *ret) G_GNUC_WARN_UNUSED_RESULT;
void eap_packet_encode(const EapPacket *p, Writer *out);
const char *eap_code_name(uint8_t code); /* "request" */

/* TLVs of EAP-AnyConnect (agent/docs/WIRE.md §4.1). */
enum { EAP_AC_TLV_XML = 0, EAP_AC_TLV_SIGN = 1, EAP_AC_TLV_PKCS7 = 3, EAP_AC_TLVS_MAX = 16 };
typedef struct EapAcTlv {
    uint16_t type;
    Slice value;
} EapAcTlv;
/* The next TLV of @in; false at the end or, with *@ret_bad true, when it is cut short. */
bool eap_ac_tlv_next(Reader *in, EapAcTlv *ret, bool *ret_bad) G_GNUC_WARN_UNUSED_RESULT;
void eap_ac_tlv_encode(const EapAcTlv *t, Writer *out);
