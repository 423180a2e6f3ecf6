/* ID, CERT and CERTREQ of both roles (RFC 7296 §3.5-§3.7). */
#include "agent/ike/ike_cert.h"
#include "agent/ike/ike_sa_private.h"

static void
write_id(IkeSa *sa, IkeChain *c)
{
    bool i = sa->role == IKE_INITIATOR;
    GBytes **kept = i ? &sa->idi : &sa->idr;
    size_t at;

    ike_chain_open(c, i ? IKE_PAYLOAD_IDi : IKE_PAYLOAD_IDr);
    at = c->out->len;
    ike_id_encode(&sa->plan->id, c->out);
    g_clear_pointer(kept, g_bytes_unref);
    *kept = g_bytes_new(c->out->base + at, c->out->len - at);
    ike_chain_close(c);
}

void
ike_identity_write(IkeSa *sa, IkeWay way, IkeChain *c)
{
    const X509Chain *chain = sa->plan->chain;
    size_t n, times;

    write_id(sa, c);
    if (!ike_plan_has_cert(way))
        return;
    n = x509_chain_len(chain);
    times = sa->plan->cert_twice && n == 1 ? 2 : n;
    for (size_t i = 0; i < times; i++) {
        ike_chain_open(c, IKE_PAYLOAD_CERT);
        ike_cert_encode(&(IkeCert){ .encoding = IKE_CERT_X509_SIGNATURE,
                                    .data = x509_chain_der(chain, MIN(i, n - 1)) },
                        c->out);
        ike_chain_close(c);
    }
}

void
ike_identity_write_certreq(const IkeSa *sa, IkeChain *c)
{
    static const uint8_t nobody[20]; /* keeps the payload a gateway of the field expects */
    Slice hashes = sa->config->certreq;

    if (hashes.len == 0 && !ike_plan_has_cert(sa->plan->theirs))
        return;
    ike_chain_open(c, IKE_PAYLOAD_CERTREQ);
    if (hashes.len == 0)
        hashes = (Slice){ nobody, sizeof(nobody) };
    ike_cert_encode(&(IkeCert){ .encoding = IKE_CERT_X509_SIGNATURE, .data = hashes }, c->out);
    ike_chain_close(c);
}

X509Chain *
ike_identity_read_chain(const IkeMsg *m)
{
    g_autoptr(X509Chain) chain = x509_chain_new();

    for (const IkePayload *p = NULL; (p = ike_msg_find(m, IKE_PAYLOAD_CERT, p));) {
        Reader in = reader_init(p->body);
        IkeCert cert;

        if (ike_cert_decode(&in, &cert) != IKE_OK || cert.encoding != IKE_CERT_X509_SIGNATURE)
            continue;
        if (!x509_chain_add(chain, cert.data) && x509_chain_len(chain) == 0)
            return NULL;
    }
    return x509_chain_len(chain) > 0 ? g_steal_pointer(&chain) : NULL;
}

bool
ike_identity_equal(const IkeId *a, const IkeId *b)
{
    if (a->type != b->type || a->data.len != b->data.len)
        return false;
    if (a->type == IKE_ID_FQDN)
        return g_ascii_strncasecmp((const char *)a->data.p, (const char *)b->data.p, a->data.len) ==
                   0 &&
               !memchr(a->data.p, 0, a->data.len);
    return slice_equal(a->data, b->data);
}
