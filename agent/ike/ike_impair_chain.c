/* Lies about the header and the chain of payloads, whatever stands in them. */
#include "agent/ike/ike_impair_private.h"

enum {
    UNKNOWN_TYPE = 200,     /* unassigned (IANA "IKEv2 Payload Types") */
    PRIVATE_STATUS = 40960, /* RFC 7296 §3.10.1 */
    RESERVED_BITS = 0xc7,   /* of the header's flags, §3.1 */
};

bool
ike_lie_omit(IkeSa *sa, IkeLetter *l, unsigned arg)
{
    bool any = false;
    IkePart *p;

    (void)sa;
    while ((p = ike_letter_find(l, (uint8_t)arg)))
        any |= g_ptr_array_remove(l->parts, p);
    return any;
}

bool
ike_lie_empty(IkeSa *sa, IkeLetter *l, unsigned arg)
{
    bool any = false;

    (void)sa;
    for (guint i = 0; i < l->parts->len; i++) {
        IkePart *p = g_ptr_array_index(l->parts, i);

        if (p->type != arg)
            continue;
        ike_part_set(p, (Slice){ 0 });
        any = true;
    }
    return any;
}

bool
ike_lie_duplicate(IkeSa *sa, IkeLetter *l, unsigned arg)
{
    const IkePart *p = ike_letter_find(l, (uint8_t)arg);

    (void)sa;
    if (p)
        ike_letter_add(l, p->type, (Slice){ p->body->data, p->body->len });
    return p != NULL;
}

bool
ike_lie_critical(IkeSa *sa, IkeLetter *l, unsigned arg)
{
    IkePart *p = ike_letter_find(l, (uint8_t)arg);

    (void)sa;
    if (p)
        p->critical = true;
    return p != NULL;
}

bool
ike_lie_unknown(IkeSa *sa, IkeLetter *l, unsigned arg)
{
    (void)sa;
    (void)arg;
    ike_letter_add(l, UNKNOWN_TYPE, slice_of("what is this"));
    return true;
}

bool
ike_lie_unknown_critical(IkeSa *sa, IkeLetter *l, unsigned arg)
{
    (void)sa;
    (void)arg;
    ike_letter_add(l, UNKNOWN_TYPE, slice_of("what is this"))->critical = true;
    return true;
}

/* Octets 1 to 3 of these bodies are reserved, and 2 to 3 of KE. Those of an ID are left alone: AUTH
 * covers them as they were meant. */
bool
ike_lie_reserved(IkeSa *sa, IkeLetter *l, unsigned arg)
{
    static const uint8_t types[] = { IKE_PAYLOAD_AUTH, IKE_PAYLOAD_TSi, IKE_PAYLOAD_TSr,
                                     IKE_PAYLOAD_CP };

    (void)sa;
    (void)arg;
    l->h.flags |= RESERVED_BITS;
    for (guint i = 0; i < l->parts->len; i++) {
        IkePart *p = g_ptr_array_index(l->parts, i);

        p->reserved = 0x7f;
        if (p->body->len < 4)
            continue;
        if (p->type == IKE_PAYLOAD_KE)
            memset(p->body->data + 2, 0xff, 2);
        else if (memchr(types, p->type, sizeof(types)))
            memset(p->body->data + 1, 0xff, 3);
    }
    return true;
}

bool
ike_lie_garbage(IkeSa *sa, IkeLetter *l, unsigned arg)
{
    (void)sa;
    (void)arg;
    l->raw = g_byte_array_new();
    g_byte_array_set_size(l->raw, 100);
    memset(l->raw->data, 0xff, l->raw->len);
    return true;
}

static void
add_notify(IkeLetter *l, uint16_t type, Slice data)
{
    uint8_t buf[256];
    Writer w = { .base = buf, .cap = sizeof(buf) };

    ike_notify_encode(&(IkeNotify){ .type = type, .data = data }, &w);
    ike_letter_add(l, IKE_PAYLOAD_NOTIFY, writer_view(&w));
}

bool
ike_lie_notify(IkeSa *sa, IkeLetter *l, unsigned arg)
{
    (void)sa;
    add_notify(l, (uint16_t)arg, (Slice){ 0 });
    return true;
}

bool
ike_lie_only(IkeSa *sa, IkeLetter *l, unsigned arg)
{
    g_ptr_array_set_size(l->parts, 0);
    return ike_lie_notify(sa, l, arg);
}

bool
ike_lie_storm(IkeSa *sa, IkeLetter *l, unsigned arg)
{
    (void)sa;
    for (unsigned i = 0; i < MIN(arg, 4000); i++)
        add_notify(l, (uint16_t)(PRIVATE_STATUS + i), slice_of("storm"));
    return true;
}

bool
ike_lie_version(IkeSa *sa, IkeLetter *l, unsigned arg)
{
    (void)sa;
    l->h.version = (uint8_t)arg;
    return true;
}

bool
ike_lie_exchange(IkeSa *sa, IkeLetter *l, unsigned arg)
{
    (void)sa;
    l->h.exchange = (uint8_t)arg;
    return true;
}

bool
ike_lie_id(IkeSa *sa, IkeLetter *l, unsigned arg)
{
    (void)sa;
    l->h.message_id += arg;
    return true;
}

bool
ike_lie_spi(IkeSa *sa, IkeLetter *l, unsigned arg)
{
    enum { INITIATOR, RESPONDER };

    (void)sa;
    *(arg == INITIATOR ? &l->h.spi_i : &l->h.spi_r) = 0;
    return true;
}

bool
ike_lie_delete(IkeSa *sa, IkeLetter *l, unsigned arg)
{
    enum { FOREIGN, TWICE, IKE };
    static const uint8_t foreign[] = { IKE_PROTO_ESP, 4, 0, 1, 0xde, 0xad, 0xbe, 0xef };
    static const uint8_t ike[] = { IKE_PROTO_IKE, 0, 0, 0 };
    Slice body = arg == FOREIGN ? (Slice){ foreign, sizeof(foreign) } : (Slice){ ike, sizeof(ike) };

    (void)sa;
    ike_letter_add(l, IKE_PAYLOAD_DELETE, body);
    if (arg == TWICE)
        ike_letter_add(l, IKE_PAYLOAD_DELETE, body);
    return true;
}

bool
ike_lie_rekey_spi(IkeSa *sa, IkeLetter *l, unsigned arg)
{
    (void)sa;
    (void)arg;
    for (guint i = 0; i < l->parts->len; i++) {
        IkePart *p = g_ptr_array_index(l->parts, i);
        Reader in = reader_init((Slice){ p->body->data, p->body->len });
        IkeNotify n;

        if (p->type != IKE_PAYLOAD_NOTIFY || ike_notify_decode(&in, &n) != IKE_OK ||
            n.type != IKE_N_REKEY_SA || n.spi.len != IKE_CHILD_SPI_LEN)
            continue;
        p->body->data[n.spi.p - p->body->data] ^= 0x40;
        return true;
    }
    return false;
}

bool
ike_lie_cookie(IkeSa *sa, IkeLetter *l, unsigned arg)
{
    uint8_t cookie[20];

    (void)arg;
    if (l->sealed)
        return false;
    sa->env->random(sa->env->user, cookie, sizeof(cookie));
    g_ptr_array_set_size(l->parts, 0);
    add_notify(l, IKE_N_COOKIE, (Slice){ cookie, sizeof(cookie) });
    return true;
}

/* With 0 to and fro between the two groups of the modern policy. */
bool
ike_lie_invalid_ke(IkeSa *sa, IkeLetter *l, unsigned arg)
{
    uint16_t group = arg                                  ? (uint16_t)arg
                     : sa->ike->suite.ke == KE_CURVE25519 ? KE_ECP256
                                                          : KE_CURVE25519;
    uint8_t data[] = { (uint8_t)(group >> 8), (uint8_t)group };

    if (l->sealed)
        return false;
    g_ptr_array_set_size(l->parts, 0);
    add_notify(l, IKE_N_INVALID_KE_PAYLOAD, (Slice){ data, sizeof(data) });
    return true;
}

bool
ike_lie_redirect(IkeSa *sa, IkeLetter *l, unsigned arg)
{
    enum { SELF, LOOPBACK, MULTICAST, NAME, GARBAGE, NONCE };
    uint8_t buf[IKE_REDIRECT_NAME_MAX + 256];
    Writer w = { .base = buf, .cap = sizeof(buf) };
    IkeRedirect to = { .kind = IKE_REDIRECT_IP4, .addr = sa->path.local.addr };
    Slice nonce = l->sealed || arg == NONCE ? (Slice){ 0 } : ike_sa_bytes(sa->ni);

    if (to.addr.family == ADDR_V6)
        to.kind = IKE_REDIRECT_IP6;
    if (arg == NAME)
        to = (IkeRedirect){ .kind = IKE_REDIRECT_FQDN, .name = "vpn.example\n$(reboot)" };
    if (arg == LOOPBACK || arg == MULTICAST) {
        to.kind = IKE_REDIRECT_IP4;
        g_assert(addr_parse(arg == LOOPBACK ? "127.0.0.1" : "224.0.0.1", &to.addr));
    }
    ike_redirect_encode(&to, nonce, &w);
    if (arg == GARBAGE)
        buf[1] = UINT8_MAX; /* longer than it is (RFC 5685 §9.2) */
    if (!l->sealed)
        g_ptr_array_set_size(l->parts, 0);
    add_notify(l, IKE_N_REDIRECT, writer_view(&w));
    return true;
}
