#include "agent/ike/ike_glance.h"

#include "agent/ike/ike_notify.h"
#include "agent/ike/ike_payload.h"

enum { NONCE_MIN = 16, NONCE_MAX = 256 };

static void
glance_notify(Slice body, bool first, IkeGlance *g)
{
    Reader in = reader_init(body);
    IkeNotify n;

    if (ike_notify_decode(&in, &n) != IKE_OK)
        return;
    if (n.type == IKE_N_COOKIE && first)
        g->cookie = n.data;
    else if (n.type == IKE_N_REDIRECT_SUPPORTED || n.type == IKE_N_REDIRECTED_FROM)
        g->redirectable = true;
}

/* One payload of the chain; false when it overruns, or is a second or impossible nonce. */
static bool
glance_payload(Reader *in, uint8_t *type, bool first, IkeGlance *g)
{
    uint8_t next, flags;
    uint16_t len;
    Slice body;

    if (!reader_u8(in, &next) || !reader_u8(in, &flags) || !reader_u16(in, &len) ||
        len < IKE_PAYLOAD_HEADER_LEN || !reader_slice(in, len - IKE_PAYLOAD_HEADER_LEN, &body))
        return false;
    if (*type == IKE_PAYLOAD_NOTIFY)
        glance_notify(body, first, g);
    if (*type == IKE_PAYLOAD_NONCE) {
        if (g->nonce.len > 0 || body.len < NONCE_MIN || body.len > NONCE_MAX)
            return false;
        g->nonce = body;
    }
    *type = next;
    return true;
}

bool
ike_glance(Slice datagram, const IkeHeader *h, IkeGlance *ret)
{
    IkeGlance g = { .spi_i = h->spi_i };
    Reader in = reader_init(datagram);
    uint8_t type = h->next_payload;
    Slice head;

    if (h->exchange != IKE_EXCHANGE_IKE_SA_INIT || (h->flags & IKE_FLAG_RESPONSE) != 0 ||
        h->message_id != 0 || h->spi_i == 0 || h->spi_r != 0 ||
        !reader_slice(&in, IKE_HEADER_LEN, &head))
        return false;
    for (size_t n = 0; type != IKE_PAYLOAD_NONE; n++)
        if (n == IKE_PAYLOADS_MAX || !glance_payload(&in, &type, n == 0, &g))
            return false;
    if (reader_left(&in) > 0 || g.nonce.len == 0)
        return false;
    *ret = g;
    return true;
}
