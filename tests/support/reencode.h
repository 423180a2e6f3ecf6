/* reencode.h - a decoded message written again, payload by payload, through each body's own decoder
 * and encoder. */
#pragma once

#include "agent/ike/ike_cert.h"
#include "agent/ike/ike_cp.h"
#include "agent/ike/ike_delete.h"
#include "agent/ike/ike_ke.h"
#include "agent/ike/ike_msg.h"
#include "agent/ike/ike_proposal.h"
#include "agent/ike/ike_ts.h"

static inline void
reencode_sa(Slice body, Writer *out)
{
    Reader in = reader_init(body);
    IkeProposal p;

    while (ike_proposal_next(&in, &p) == IKE_OK)
        ike_proposal_encode(&p, reader_left(&in) == 0, out);
}

static inline void
reencode_cp(Slice body, Writer *out)
{
    Reader in = reader_init(body);
    IkeCpAttr a;
    IkeCp cp;

    if (ike_cp_decode(&in, &cp) != IKE_OK)
        return;
    ike_cp_encode_head(cp.type, out);
    in = reader_init(cp.attrs);
    while (ike_cp_next(&in, &a))
        ike_cp_encode(&a, out);
}

#define REENCODE(type, decode, encode)                                                             \
    {                                                                                              \
        type v;                                                                                    \
        if (decode(&in, &v) == IKE_OK)                                                             \
            encode(&v, out);                                                                       \
        return;                                                                                    \
    }

static inline void
reencode_ts(const IkeTs *ts, Writer *out)
{
    ike_ts_encode(ike_ts_view(ts), out);
}

static inline void
reencode_body(const IkePayload *p, Writer *out)
{
    Reader in = reader_init(p->body);

    switch (p->type) {
    case IKE_PAYLOAD_SA:
        reencode_sa(p->body, out);
        return;
    case IKE_PAYLOAD_CP:
        reencode_cp(p->body, out);
        return;
    case IKE_PAYLOAD_KE:
        REENCODE(IkeKe, ike_ke_decode, ike_ke_encode)
    case IKE_PAYLOAD_IDi:
    case IKE_PAYLOAD_IDr:
        REENCODE(IkeId, ike_id_decode, ike_id_encode)
    case IKE_PAYLOAD_CERT:
    case IKE_PAYLOAD_CERTREQ:
        REENCODE(IkeCert, ike_cert_decode, ike_cert_encode)
    case IKE_PAYLOAD_AUTH:
        REENCODE(IkeAuth, ike_auth_decode, ike_auth_encode)
    case IKE_PAYLOAD_NOTIFY:
        REENCODE(IkeNotify, ike_notify_decode, ike_notify_encode)
    case IKE_PAYLOAD_DELETE:
        REENCODE(IkeDelete, ike_delete_decode, ike_delete_encode)
    case IKE_PAYLOAD_TSi:
    case IKE_PAYLOAD_TSr:
        REENCODE(IkeTs, ike_ts_decode, reencode_ts)
    default: /* any octets */
        writer_slice(out, p->body);
        return;
    }
}

/* reencode_chain - the payloads of @m that stand clear, or inside SK. */
static inline void
reencode_chain(const IkeMsg *m, bool inner, size_t header_at, Writer *out)
{
    IkeChain c = ike_chain_begin(out, header_at);

    for (size_t i = 0; i < m->n; i++) {
        if (m->p[i].inner != inner)
            continue;
        ike_chain_open(&c, m->p[i].type);
        reencode_body(&m->p[i], out);
        ike_chain_close(&c);
    }
}

/* reencode_clear - header and clear payloads of @m as a message of its own. */
static inline void
reencode_clear(const IkeMsg *m, Writer *out)
{
    size_t at = out->len;

    ike_header_encode(&m->h, out);
    reencode_chain(m, false, at, out);
    ike_header_finish(out, at);
}
