#include "agent/eap/eap_packet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whole TLVs encode to the octets they came from. */
static void
tlvs(Slice data)
{
    static uint8_t buf[65536];
    Reader in = reader_init(data);
    Writer out = { .base = buf, .cap = sizeof(buf) };
    bool bad;
    EapAcTlv t;

    while (eap_ac_tlv_next(&in, &t, &bad))
        eap_ac_tlv_encode(&t, &out);
    if (out.len + reader_left(&in) > data.len || (!bad && !slice_equal(writer_view(&out), data)))
        g_error("TLVs: decode and encode disagree");
}

/* Whatever decodes must encode to the very octets it came from. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t buf[65536];
    Writer out = { .base = buf, .cap = sizeof(buf) };
    EapPacket p;

    if (!eap_packet_decode((Slice){ data, size }, &p))
        return 0;
    eap_packet_encode(&p, &out);
    if (writer_finish(&out) != (ssize_t)size || memcmp(buf, data, size) != 0)
        g_error("packet: decode and encode disagree");
    tlvs(p.data);
    return 0;
}
