#include "agent/ike/ike_msg.h"

#include "agent/ike/ike_cert.h"
#include "agent/ike/ike_cp.h"
#include "agent/ike/ike_delete.h"
#include "agent/ike/ike_ke.h"
#include "agent/ike/ike_proposal.h"
#include "agent/ike/ike_ts.h"

enum {
    NONCE_MIN = 16, /* RFC 7296 §3.9 */
    NONCE_MAX = 256,
    EAP_MIN = 4,     /* RFC 3748 §4: code, identifier, length */
    SKF_MIN = 4,     /* RFC 7383 §2.5: fragment number and total */
    CRITICAL = 0x80, /* the other seven bits are reserved and ignored (RFC 7296 §3.2) */
    MAJOR_SHIFT = 4,
    MAJOR = 2,
};

static const char *const malformed[UINT8_MAX + 1] = {
#define X(name, number, word) [number] = "the " word " payload is malformed",
    IKE_PAYLOAD_LIST(X)
#undef X
};

static bool
known(uint8_t type)
{
    return malformed[type] != NULL;
}

static IkeStatus
fail(const char **ret_why, const char *why, IkeStatus st)
{
    if (ret_why)
        *ret_why = why;
    return st;
}

static IkeStatus
sized(Slice body, size_t min, size_t max)
{
    return body.len >= min && body.len <= max ? IKE_OK : IKE_N_INVALID_SYNTAX;
}

/* Every later reader of a body may rely on this having passed. */
static IkeStatus
check_body(const IkePayload *p)
{
    Reader in = reader_init(p->body);
    union {
        IkeKe ke;
        IkeId id;
        IkeCert cert;
        IkeAuth auth;
        IkeNotify notify;
        IkeDelete del;
        IkeTs ts;
        IkeCp cp;
    } u;

    switch (p->type) {
    case IKE_PAYLOAD_SA:
        return ike_proposal_check(p->body);
    case IKE_PAYLOAD_KE:
        return ike_ke_decode(&in, &u.ke);
    case IKE_PAYLOAD_IDi:
    case IKE_PAYLOAD_IDr:
        return ike_id_decode(&in, &u.id);
    case IKE_PAYLOAD_CERT:
    case IKE_PAYLOAD_CERTREQ:
        return ike_cert_decode(&in, &u.cert);
    case IKE_PAYLOAD_AUTH:
        return ike_auth_decode(&in, &u.auth);
    case IKE_PAYLOAD_NONCE:
        return sized(p->body, NONCE_MIN, NONCE_MAX);
    case IKE_PAYLOAD_NOTIFY:
        return ike_notify_decode(&in, &u.notify);
    case IKE_PAYLOAD_DELETE:
        return ike_delete_decode(&in, &u.del);
    case IKE_PAYLOAD_TSi:
    case IKE_PAYLOAD_TSr:
        return ike_ts_decode(&in, &u.ts);
    case IKE_PAYLOAD_CP:
        /* A clear CP in IKE_SA_INIT is ignored, and what the field puts there is not known
         * (agent/docs/WIRE.md §1.4). */
        return p->inner ? ike_cp_decode(&in, &u.cp) : IKE_OK;
    case IKE_PAYLOAD_EAP:
        return sized(p->body, EAP_MIN, IKE_MESSAGE_MAX);
    case IKE_PAYLOAD_SKF:
        return sized(p->body, SKF_MIN, IKE_MESSAGE_MAX);
    default: /* VENDOR and unknown types are any octets; SK is judged when it is opened */
        return IKE_OK;
    }
}

static bool
ends_chain(uint8_t type)
{
    return type == IKE_PAYLOAD_SK || type == IKE_PAYLOAD_SKF;
}

static IkeStatus
decode_payload(Reader *in, uint8_t type, bool inner, IkePayload *ret, const char **ret_why)
{
    IkePayload p = { .type = type, .inner = inner };
    uint8_t flags;
    uint16_t len;

    if (!reader_u8(in, &p.next) || !reader_u8(in, &flags) || !reader_u16(in, &len))
        return fail(ret_why, "the payload chain is cut short", IKE_N_INVALID_SYNTAX);
    if (len < IKE_PAYLOAD_HEADER_LEN ||
        !reader_slice(in, len - (size_t)IKE_PAYLOAD_HEADER_LEN, &p.body))
        return fail(ret_why, "a payload's length does not fit the message", IKE_N_INVALID_SYNTAX);
    p.critical = flags & CRITICAL;
    if (inner && ends_chain(type))
        return fail(ret_why, "an encrypted payload stands inside another", IKE_N_INVALID_SYNTAX);
    if (check_body(&p) != IKE_OK)
        return fail(ret_why, malformed[type], IKE_N_INVALID_SYNTAX);
    *ret = p;
    return IKE_OK;
}

/* Append the chain that fills @octets exactly. */
static IkeStatus
decode_chain(IkeMsg *m, uint8_t first, Slice octets, bool inner, const char **ret_why)
{
    uint64_t *set = inner ? &m->inner : &m->outer;
    Reader in = reader_init(octets);
    uint8_t type = first;

    while (type != IKE_PAYLOAD_NONE) {
        IkePayload *p = &m->p[m->n];
        IkeStatus st;

        if (m->n == IKE_PAYLOADS_MAX)
            return fail(ret_why, "too many payloads", IKE_N_INVALID_SYNTAX);
        st = decode_payload(&in, type, inner, p, ret_why);
        if (st != IKE_OK)
            return st;
        m->n++;
        *set |= IKE_SET_TYPE(type);
        if (p->critical && !known(type) && m->unknown_critical == 0)
            m->unknown_critical = type;
        /* Its next-payload octet speaks of the inside (§3.14), so it is the last one. */
        if (ends_chain(type))
            break;
        type = p->next;
    }
    if (reader_left(&in) != 0)
        return fail(ret_why, "octets follow the last payload", IKE_N_INVALID_SYNTAX);
    return IKE_OK;
}

IkeStatus
ike_msg_decode(Slice datagram, IkeMsg *ret, const char **ret_why)
{
    Reader in = reader_init(datagram);
    uint8_t major;

    if (ike_header_decode(&in, &ret->h) != IKE_OK)
        return fail(ret_why, "shorter than an IKE header", IKE_DROP);
    ret->octets = datagram;
    ret->outer = ret->inner = 0;
    ret->n = 0;
    ret->unknown_critical = 0;

    major = ret->h.version >> MAJOR_SHIFT;
    if (major > MAJOR) /* §2.5; a minor version is not looked at */
        return fail(ret_why, "the major version is not 2", IKE_N_INVALID_MAJOR_VERSION);
    if (major < MAJOR)
        return fail(ret_why, "the major version is not 2", IKE_DROP);
    if (ret->h.spi_i == 0) /* §3.1 */
        return fail(ret_why, "the initiator's SPI is zero", IKE_DROP);
    if (ret->h.length != datagram.len)
        return fail(ret_why, "the length field is not the datagram's", IKE_N_INVALID_SYNTAX);
    return decode_chain(ret, ret->h.next_payload, reader_rest(&in), false, ret_why);
}

IkeStatus
ike_msg_decode_inner(IkeMsg *m, uint8_t first, Slice plain, const char **ret_why)
{
    const uint8_t unknown_critical = m->unknown_critical;
    const size_t n = m->n;
    IkeStatus st = decode_chain(m, first, plain, true, ret_why);

    if (st != IKE_OK) {
        m->n = n;
        m->inner = 0;
        m->unknown_critical = unknown_critical;
    }
    return st;
}

bool
ike_msg_is_response(const IkeMsg *m)
{
    return m->h.flags & IKE_FLAG_RESPONSE;
}

const IkePayload *
ike_msg_find(const IkeMsg *m, uint8_t type, const IkePayload *after)
{
    for (const IkePayload *p = after ? after + 1 : m->p; p < m->p + m->n; p++)
        if (p->type == type)
            return p;
    return NULL;
}

/* The next Notify behind *@at, which moves. */
static bool
next_notify(const IkeMsg *m, const IkePayload **at, IkeNotify *ret)
{
    while ((*at = ike_msg_find(m, IKE_PAYLOAD_NOTIFY, *at))) {
        Reader in = reader_init((*at)->body);

        if (ike_notify_decode(&in, ret) == IKE_OK)
            return true;
    }
    return false;
}

bool
ike_msg_notify(const IkeMsg *m, uint16_t type, IkeNotify *ret)
{
    const IkePayload *at = NULL;
    IkeNotify n;

    while (next_notify(m, &at, &n))
        if (n.type == type) {
            *ret = n;
            return true;
        }
    return false;
}

bool
ike_msg_error(const IkeMsg *m, IkeNotify *ret)
{
    const IkePayload *at = NULL;
    IkeNotify n;

    while (next_notify(m, &at, &n))
        if (n.type < IKE_N_STATUS_FIRST) {
            *ret = n;
            return true;
        }
    return false;
}

bool
ike_msg_has_vendor(const IkeMsg *m, Slice vid, bool prefix)
{
    const IkePayload *p = NULL;

    while ((p = ike_msg_find(m, IKE_PAYLOAD_VENDOR, p))) {
        Slice head = p->body;

        if (prefix)
            head.len = MIN(head.len, vid.len);
        if (slice_equal(head, vid))
            return true;
    }
    return false;
}
