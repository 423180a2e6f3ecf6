#include "agent/ike/ike_natd.h"

#include "agent/crypto/digest.h"

void
ike_natd_hash(uint64_t spi_i, uint64_t spi_r, const Endpoint *e, uint8_t ret[IKE_NATD_LEN])
{
    uint8_t buf[16 + 16 + 2], d[DIGEST_MAX];
    Writer w = { .base = buf, .cap = sizeof(buf) };
    Slice all;

    writer_u64(&w, spi_i);
    writer_u64(&w, spi_r);
    writer_slice(&w, addr_view(&e->addr));
    writer_u16(&w, e->port);
    all = writer_view(&w);
    g_assert(digest("SHA1", &all, 1, d) == IKE_NATD_LEN);
    memcpy(ret, d, IKE_NATD_LEN);
}

/* Notifies of @type: @ret_any there is one, @ret_right one of them has the hash of @e. */
static void
look_for(const IkeMsg *m, uint16_t type, const Endpoint *e, bool *ret_any, bool *ret_right)
{
    uint8_t hash[IKE_NATD_LEN];

    *ret_any = *ret_right = false;
    ike_natd_hash(m->h.spi_i, m->h.spi_r, e, hash);
    for (const IkePayload *p = NULL; (p = ike_msg_find(m, IKE_PAYLOAD_NOTIFY, p));) {
        Reader in = reader_init(p->body);
        IkeNotify n;

        if (ike_notify_decode(&in, &n) != IKE_OK || n.type != type)
            continue;
        *ret_any = true;
        if (slice_equal(n.data, (Slice){ hash, sizeof(hash) }))
            *ret_right = true;
    }
}

void
ike_natd_check(const IkeMsg *m, const Endpoint *local, const Endpoint *remote, bool *ret_here,
               bool *ret_there)
{
    bool any, right;

    look_for(m, IKE_N_NAT_DETECTION_DESTINATION_IP, local, &any, &right);
    *ret_here = any && !right;
    look_for(m, IKE_N_NAT_DETECTION_SOURCE_IP, remote, &any, &right);
    *ret_there = any && !right;
}
