#include "agent/eap/eap_packet.h"

/* RFC 3748 §4:  code 1 | identifier 1 | length 2 | type 1 | data
 * §5.7:         ... type 254 | vendor 3 | vendor type 4 | data */
static bool
decode_type(Reader *in, EapPacket *p)
{
    uint8_t high;
    uint16_t low;

    if (!reader_u8(in, &p->type))
        return false;
    if (p->type != EAP_TYPE_EXPANDED)
        return true;
    if (!reader_u8(in, &high) || !reader_u16(in, &low) || !reader_u32(in, &p->vendor_type))
        return false;
    p->vendor = (uint32_t)high << 16 | low;
    return true;
}

bool
eap_packet_decode(Slice octets, EapPacket *ret)
{
    Reader in = reader_init(octets);
    EapPacket p = { 0 };
    uint16_t len;

    if (!reader_u8(&in, &p.code) || !reader_u8(&in, &p.id) || !reader_u16(&in, &len) ||
        len != octets.len)
        return false;
    switch (p.code) {
    case EAP_REQUEST:
    case EAP_RESPONSE:
        if (!decode_type(&in, &p))
            return false;
        break;
    case EAP_SUCCESS:
    case EAP_FAILURE: /* §4.2: they carry nothing */
        if (reader_left(&in) > 0)
            return false;
        break;
    default:
        return false;
    }
    p.data = reader_rest(&in);
    *ret = p;
    return true;
}

void
eap_packet_encode(const EapPacket *p, Writer *out)
{
    size_t at = out->len;

    writer_u8(out, p->code);
    writer_u8(out, p->id);
    writer_u16(out, 0);
    if (p->code == EAP_REQUEST || p->code == EAP_RESPONSE) {
        writer_u8(out, p->type);
        if (p->type == EAP_TYPE_EXPANDED) {
            writer_u8(out, (uint8_t)(p->vendor >> 16));
            writer_u16(out, (uint16_t)p->vendor);
            writer_u32(out, p->vendor_type);
        }
        writer_slice(out, p->data);
    }
    writer_patch_u16(out, at + 2, out->len - at);
}

const char *
eap_code_name(uint8_t code)
{
    static const char *const names[] = {
        [EAP_REQUEST] = "request",
        [EAP_RESPONSE] = "response",
        [EAP_SUCCESS] = "success",
        [EAP_FAILURE] = "failure",
    };

    return code < G_N_ELEMENTS(names) && names[code] ? names[code] : "unknown";
}

bool
eap_ac_tlv_next(Reader *in, EapAcTlv *ret, bool *ret_bad)
{
    EapAcTlv t;
    uint16_t len;

    *ret_bad = false;
    if (reader_left(in) == 0)
        return false;
    if (!reader_u16(in, &t.type) || !reader_u16(in, &len) || !reader_slice(in, len, &t.value)) {
        *ret_bad = true;
        return false;
    }
    *ret = t;
    return true;
}

void
eap_ac_tlv_encode(const EapAcTlv *t, Writer *out)
{
    size_t at = out->len;

    writer_u16(out, t->type);
    writer_u16(out, 0);
    writer_slice(out, t->value);
    writer_patch_u16(out, at + 2, t->value.len);
}
