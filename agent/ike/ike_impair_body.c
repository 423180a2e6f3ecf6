/* Lies about what stands in a payload. */
#include "agent/eap/eap_packet.h"
#include "agent/ike/ike_cp.h"
#include "agent/ike/ike_impair_private.h"
#include "agent/ike/ike_redirect.h"

enum {
    NONCE_LEAST = 16, /* RFC 7296 §2.10 */
    NONCE_MOST = 256,
    PROPOSAL_HEAD = 8,   /* §3.3.1 */
    TRANSFORM_ID_AT = 6, /* §3.3.2 */
    TS_HEAD = 4,         /* §3.13 */
};

static void
fill(IkePart *p, size_t from, uint8_t octet)
{
    if (p->body->len > from)
        memset(p->body->data + from, octet, p->body->len - from);
}

static bool
within(const IkePart *p, size_t at)
{
    return p && p->body->len > at;
}

/* Octet 0 is the method, 1 to 3 are reserved (§3.8). */
bool
ike_lie_auth(IkeSa *sa, IkeLetter *l, unsigned arg)
{
    enum { BIT, OTHER, SHORT };
    IkePart *p = ike_letter_find(l, IKE_PAYLOAD_AUTH);

    if (!within(p, 5))
        return false;
    if (arg == BIT)
        p->body->data[p->body->len - 1] ^= 1;
    else if (arg == SHORT)
        g_byte_array_set_size(p->body, 5);
    else
        sa->env->random(sa->env->user, p->body->data + 4, p->body->len - 4);
    return true;
}

bool
ike_lie_auth_method(IkeSa *sa, IkeLetter *l, unsigned arg)
{
    IkePart *p = ike_letter_find(l, IKE_PAYLOAD_AUTH);

    (void)sa;
    if (!within(p, 0))
        return false;
    p->body->data[0] = (uint8_t)arg;
    return true;
}

bool
ike_lie_eap(IkeSa *sa, IkeLetter *l, unsigned arg)
{
    enum { SUCCESS, FAILURE, RESPONSE, UNKNOWN, SHORT, BIT };
    static const uint8_t codes[] = { EAP_SUCCESS, EAP_FAILURE, EAP_RESPONSE,
                                     EAP_REQUEST, EAP_REQUEST, EAP_REQUEST };
    IkePart *p = ike_letter_find(l, IKE_PAYLOAD_EAP);
    uint8_t packet[8] = { codes[arg], 1, 0, 4, 99 };

    (void)sa;
    if (arg == BIT) {
        if (p)
            p->body->data[p->body->len / 2] ^= 1;
        return p != NULL;
    }
    if (within(p, 1))
        packet[1] = p->body->data[1];
    else
        p = ike_letter_add(l, IKE_PAYLOAD_EAP, (Slice){ 0 });
    if (arg == RESPONSE || arg == UNKNOWN)
        packet[3] = 8;
    ike_part_set(p, (Slice){ packet, arg == SHORT ? 3 : packet[3] });
    return true;
}

/* The octets before the value: group and reserved (§3.4). */
bool
ike_lie_ke(IkeSa *sa, IkeLetter *l, unsigned arg)
{
    enum { ZERO, ONE, TOP, SHORT, LONG, GROUP };
    IkePart *p = ike_letter_find(l, IKE_PAYLOAD_KE);

    (void)sa;
    if (!within(p, 5))
        return false;
    switch (arg) {
    case ZERO:
        fill(p, 4, 0);
        break;
    case ONE:
        fill(p, 4, 0);
        p->body->data[p->body->len - 1] = 1;
        break;
    case TOP: /* above p, or off the curve */
        fill(p, 4, 0xff);
        p->body->data[p->body->len - 1] = 0xfe;
        break;
    case SHORT:
        g_byte_array_set_size(p->body, p->body->len - 1);
        break;
    case LONG:
        g_byte_array_append(p->body, (const uint8_t *)"", 1);
        break;
    case GROUP:
        p->body->data[1] ^= 1;
        break;
    default:
        g_assert_not_reached();
    }
    return true;
}

bool
ike_lie_nonce(IkeSa *sa, IkeLetter *l, unsigned arg)
{
    enum { SHORT, LONG, OTHER };
    IkePart *p = ike_letter_find(l, IKE_PAYLOAD_NONCE);

    (void)sa;
    if (!within(p, NONCE_LEAST - 1))
        return false;
    if (arg == SHORT)
        g_byte_array_set_size(p->body, NONCE_LEAST - 1);
    else if (arg == LONG)
        g_byte_array_set_size(p->body, NONCE_MOST + 1);
    else
        p->body->data[0] ^= 1;
    if (arg == LONG)
        fill(p, 0, 0x55);
    return true;
}

/* In the first proposal: the first transform, which is the cipher, or the SPI, or its number. */
bool
ike_lie_sa(IkeSa *sa, IkeLetter *l, unsigned arg)
{
    enum { WEAK, SPI, NUMBER };
    IkePart *p = ike_letter_find(l, IKE_PAYLOAD_SA);
    size_t spi_len;

    (void)sa;
    if (!within(p, PROPOSAL_HEAD))
        return false;
    spi_len = p->body->data[6];
    if (arg == NUMBER) {
        p->body->data[4] = (uint8_t)(p->body->data[4] + 7);
        return true;
    }
    if (arg == SPI) {
        memset(p->body->data + PROPOSAL_HEAD, 0, MIN(spi_len, p->body->len - PROPOSAL_HEAD));
        return spi_len > 0;
    }
    if (!within(p, PROPOSAL_HEAD + spi_len + TRANSFORM_ID_AT + 1))
        return false;
    p->body->data[PROPOSAL_HEAD + spi_len + TRANSFORM_ID_AT] = 0;
    p->body->data[PROPOSAL_HEAD + spi_len + TRANSFORM_ID_AT + 1] = 2; /* ENCR_DES */
    return true;
}

static Slice
write_ts(unsigned arg, Writer *w)
{
    enum { WIDE, FAMILY, BACKWARDS, MANY, NONE };
    const Selector v4 = selector_all(ADDR_V4), v6 = selector_all(ADDR_V6);
    IkeTs ts = { .n = 0 };

    if (arg == WIDE || arg == BACKWARDS || arg == MANY)
        ts.s[ts.n++] = v4;
    if (arg == WIDE || arg == FAMILY)
        ts.s[ts.n++] = v6;
    ike_ts_encode(ike_ts_view(&ts), w);
    if (arg == BACKWARDS) { /* the last address before the first (§3.13.1) */
        memset(w->base + w->len - 8, 0xff, 4);
        memset(w->base + w->len - 4, 0, 4);
    }
    if (arg == MANY)
        w->base[0] = UINT8_MAX;
    for (unsigned i = 1; arg == MANY && i < UINT8_MAX; i++)
        writer_slice(w, (Slice){ w->base + TS_HEAD, 16 });
    return writer_view(w);
}

bool
ike_lie_ts(IkeSa *sa, IkeLetter *l, unsigned arg)
{
    uint8_t buf[TS_HEAD + UINT8_MAX * 16];
    bool any = false;

    (void)sa;
    for (guint i = 0; i < l->parts->len; i++) {
        IkePart *p = g_ptr_array_index(l->parts, i);
        Writer w = { .base = buf, .cap = sizeof(buf) };

        if (p->type != IKE_PAYLOAD_TSi && p->type != IKE_PAYLOAD_TSr)
            continue;
        ike_part_set(p, write_ts(arg, &w));
        any = true;
    }
    return any;
}

static void
add_attr(Writer *w, uint16_t type, const void *value, size_t len)
{
    ike_cp_encode(&(IkeCpAttr){ type, { value, len } }, w);
}

/* What was assigned stays, and this comes behind it. */
static void
write_hostile(unsigned arg, Writer *w)
{
    enum { CONTROL = 5, HUGE_TEXT = 6, MANY = 7 };
    static const char bad[] = "example.com\nnameserver 6.6.6.6\033]0;$(reboot)`id`";
    static const uint16_t texts[] = { IKE_CP_APPLICATION_VERSION, IKE_CP_DEFAULT_DOMAIN,
                                      IKE_CP_SPLIT_DNS, IKE_CP_BANNER };
    g_autofree uint8_t *much = NULL;

    for (size_t i = 0; arg == CONTROL && i < G_N_ELEMENTS(texts); i++)
        add_attr(w, texts[i], bad, sizeof(bad) - 1);
    if (arg == HUGE_TEXT) {
        much = g_malloc(30000);
        memset(much, 'A', 30000);
        add_attr(w, IKE_CP_BANNER, much, 30000);
    }
    for (unsigned i = 0; arg == MANY && i < 1000; i++)
        add_attr(w, IKE_CP_IP4_DNS, "\x0a\x00\x00\x35", 4);
}

/* CFG type and three reserved octets, then attributes (§3.15). */
bool
ike_lie_cp(IkeSa *sa, IkeLetter *l, unsigned arg)
{
    enum { NO_ADDRESS, ZERO, LOOPBACK, MULTICAST, GATEWAY, FIRST_HOSTILE, REQUEST = 8 };
    static const uint8_t addresses[][4] = {
        [ZERO] = { 0, 0, 0, 0 }, [LOOPBACK] = { 127, 0, 0, 1 }, [MULTICAST] = { 224, 0, 0, 1 }
    };
    g_autofree uint8_t *buf = g_malloc(IKE_MESSAGE_MAX / 2);
    Writer w = { .base = buf, .cap = IKE_MESSAGE_MAX / 2 };
    IkePart *p = ike_letter_find(l, IKE_PAYLOAD_CP);

    if (!p)
        return false;
    if (arg == REQUEST) {
        p->body->data[0] = IKE_CFG_REQUEST;
        return true;
    }
    ike_cp_encode_head(p->body->data[0], &w);
    if (arg >= FIRST_HOSTILE)
        writer_slice(&w, (Slice){ p->body->data + w.len, p->body->len - w.len });
    write_hostile(arg, &w);
    if (arg == GATEWAY)
        add_attr(&w, IKE_CP_IP4_ADDRESS, sa->path.local.addr.b, 4);
    else if (arg > NO_ADDRESS && arg < GATEWAY)
        add_attr(&w, IKE_CP_IP4_ADDRESS, addresses[arg], 4);
    ike_part_set(p, writer_view(&w));
    return true;
}
