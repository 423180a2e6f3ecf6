/* CREATE_CHILD_SA: what rekeying a child SA and rekeying an IKE SA have in common (RFC 7296 §1.3,
 * §2.8.1, §2.25). */
#include "agent/ike/ike_sa_private.h"

enum { NONCE_MIN = 16, NONCE_MAX = 256 /* RFC 7296 §2.10 */ };

void
ike_attempt_clear(IkeSa *sa)
{
    IkeAttempt *a = &sa->attempt;

    kex_free(a->kex);
    g_free(a->old);
    g_bytes_unref(a->nonce);
    ike_epochs_free(sa, a->next);
    *a = (IkeAttempt){ 0 };
}

uint16_t
ike_attempt_group(const IkeAttempt *a)
{
    return a->kex ? kex_group(a->kex) : KE_NONE;
}

/* Nonce, and KE if there is a key exchange. */
void
ike_x_create_write(IkeChain *c, const Kex *kex, const GBytes *nonce)
{
    ike_chain_add(c, IKE_PAYLOAD_NONCE, ike_sa_bytes(nonce));
    if (!kex)
        return;
    ike_chain_open(c, IKE_PAYLOAD_KE);
    ike_ke_encode(&(IkeKe){ .group = kex_group(kex), .data = kex_public(kex) }, c->out);
    ike_chain_close(c);
}

bool
ike_x_create_read(const IkeMsg *m, Slice *ret_nonce, IkeKe *ret_ke)
{
    const IkePayload *nonce = ike_msg_find(m, IKE_PAYLOAD_NONCE, NULL);
    const IkePayload *ke = ike_msg_find(m, IKE_PAYLOAD_KE, NULL);
    Reader in;

    *ret_ke = (IkeKe){ .group = KE_NONE };
    if (!nonce || nonce->body.len < NONCE_MIN || nonce->body.len > NONCE_MAX)
        return false;
    *ret_nonce = nonce->body;
    if (!ke)
        return true;
    in = reader_init(ke->body);
    return ike_ke_decode(&in, ret_ke) == IKE_OK;
}

IkeStatus
ike_x_create_refuse(IkeSa *sa, uint16_t error, Slice data, const char *story, Usec now)
{
    ike_sa_respond_error(sa, error, data, now);
    sa->story = story;
    return IKE_OK;
}

IkeStatus
ike_x_create_want_group(IkeSa *sa, uint16_t group, Usec now)
{
    uint8_t data[] = { (uint8_t)(group >> 8), (uint8_t)group };

    return ike_x_create_refuse(sa, IKE_N_INVALID_KE_PAYLOAD, (Slice){ data, sizeof(data) },
                               "asked to come again with another group (RFC 7296 §1.3)", now);
}

int
ike_nonce_compare(Slice a, Slice b)
{
    int cmp = memcmp(a.p, b.p, MIN(a.len, b.len));

    return cmp ? cmp : (a.len > b.len) - (a.len < b.len);
}

GBytes *
ike_nonce_low(Slice a, Slice b)
{
    Slice low = ike_nonce_compare(a, b) < 0 ? a : b;

    return g_bytes_new(low.p, low.len);
}

bool
ike_nonce_lower(const GBytes *a, const GBytes *b)
{
    return ike_nonce_compare(ike_sa_bytes(a), ike_sa_bytes(b)) < 0;
}

/* The group that INVALID_KE_PAYLOAD names; 0 for what cannot be one. */
uint16_t
ike_x_create_named_group(const IkeNotify *n)
{
    Reader in = reader_init(n->data);
    uint16_t group;

    return n->type == IKE_N_INVALID_KE_PAYLOAD && reader_u16(&in, &group) ? group : KE_NONE;
}
