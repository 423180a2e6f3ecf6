#include "tests/support/sim_cell.h"

#include "agent/ike/ike_choose.h"
#include "agent/ike/ike_delete.h"
#include "tests/support/hex.h"
#include "tests/support/sim_cross.h"
#include "tests/support/sim_lie.h"

/* What a content is made of that depends on the IKE SA it is for. */
typedef void Make(const IkeSa *to, IkeChain *c);

typedef struct Content {
    const char *name;
    uint8_t type;     /* one payload, or */
    const char *body; /* hex */
    Make *make;       /* any number of them */
} Content;

static void
delete_esp(IkeChain *c, uint32_t spi)
{
    uint8_t octets[] = { spi >> 24, spi >> 16 & 0xff, spi >> 8 & 0xff, spi & 0xff };

    ike_x_delete_write(c, IKE_PROTO_ESP, (Slice){ octets, sizeof(octets) });
}

static void
make_delete_child(const IkeSa *to, IkeChain *c)
{
    delete_esp(c, to->children.n ? to->children.all[0]->c.spi_out : 0x01020304);
}

static void
make_child_offer(const IkeSa *to, IkeChain *c, bool rekeys)
{
    static const uint8_t spi[] = { 0x11, 0x22, 0x33, 0x44 }, nonce[32] = { 0x55 };
    const Suite suite = { .encr = ENCR_AES_GCM_16, .key_bits = 256 };
    const IkeTs all = { .n = 1, .s = { selector_all(ADDR_V4) } };
    uint32_t old = to->children.n ? to->children.all[0]->c.spi_out : 0x01020304;
    uint8_t named[] = { old >> 24, old >> 16 & 0xff, old >> 8 & 0xff, old & 0xff };

    if (rekeys) {
        ike_chain_open(c, IKE_PAYLOAD_NOTIFY);
        ike_notify_encode(&(IkeNotify){ .proto = IKE_PROTO_ESP,
                                        .type = IKE_N_REKEY_SA,
                                        .spi = { named, sizeof(named) } },
                          c->out);
        ike_chain_close(c);
    }
    ike_chain_open(c, IKE_PAYLOAD_SA);
    ike_choose_write(IKE_PROTO_ESP, 1, (Slice){ spi, sizeof(spi) }, &suite, c->out);
    ike_chain_close(c);
    ike_chain_add(c, IKE_PAYLOAD_NONCE, (Slice){ nonce, sizeof(nonce) });
    ike_chain_open(c, IKE_PAYLOAD_TSi);
    ike_ts_encode(ike_ts_view(&all), c->out);
    ike_chain_close(c);
    ike_chain_open(c, IKE_PAYLOAD_TSr);
    ike_ts_encode(ike_ts_view(&all), c->out);
    ike_chain_close(c);
}

static void
make_new_child(const IkeSa *to, IkeChain *c)
{
    make_child_offer(to, c, false);
}

static void
make_rekey_child(const IkeSa *to, IkeChain *c)
{
    make_child_offer(to, c, true);
}

static void
make_rekey_ike(const IkeSa *to, IkeChain *c)
{
    static const uint8_t spi[] = { 1, 2, 3, 4, 5, 6, 7, 8 }, nonce[32] = { 0x55 };
    g_autoptr(Kex) kex = kex_new(to->ike->suite.ke);
    g_autoptr(GBytes) n = g_bytes_new(nonce, sizeof(nonce));

    ike_chain_open(c, IKE_PAYLOAD_SA);
    ike_choose_write(IKE_PROTO_IKE, 1, (Slice){ spi, sizeof(spi) }, &to->ike->suite, c->out);
    ike_chain_close(c);
    ike_x_create_write(c, kex, n);
}

/* As clear as it comes: what an honest gateway could say to the client's IKE_SA_INIT. */
static void
make_wrong_group(const IkeSa *to, IkeChain *c)
{
    static const uint8_t group[] = { 0, KE_ECP384 };

    (void)to;
    ike_chain_notify(c, IKE_PROTO_NONE, IKE_N_INVALID_KE_PAYLOAD, (Slice){ group, sizeof(group) });
}

static void
make_cookie(const IkeSa *to, IkeChain *c)
{
    (void)to;
    ike_chain_notify(c, IKE_PROTO_NONE, IKE_N_COOKIE, slice_of("eat me"));
}

static void
make_redirect(const IkeSa *to, IkeChain *c)
{
    IkeRedirect r;

    g_assert_true(ike_redirect_parse("10.0.0.8", &r));
    ike_x_redirect_write(c, IKE_N_REDIRECT, &r,
                         to->state == IKE_STATE_INIT_SENT ? ike_sa_bytes(to->ni) : (Slice){ 0 });
}

static void
make_auth_lifetime(const IkeSa *to, IkeChain *c)
{
    static const uint8_t hour[] = { 0, 0, 0x0e, 0x10 };

    (void)to;
    ike_chain_notify(c, IKE_PROTO_NONE, IKE_N_AUTH_LIFETIME, (Slice){ hour, sizeof(hour) });
}

static void
make_cookie2(const IkeSa *to, IkeChain *c)
{
    (void)to;
    ike_chain_notify(c, IKE_PROTO_NONE, IKE_N_COOKIE2, slice_of("another cookie"));
}

#define SA_BODY                                                                                    \
    "00000028 01030403 30b848a4 0300000c 0100000c 800e0100 03000008 0300000c 00000008 05000000"
#define TS_BODY "01000000 07000010 0000ffff 00000000 ffffffff"

static const Content contents[] = {
    { "empty", IKE_PAYLOAD_NONE, "", NULL },
    { "SA", IKE_PAYLOAD_SA, SA_BODY, NULL },
    { "KE", IKE_PAYLOAD_KE, "00130000 00010203", NULL },
    { "IDi", IKE_PAYLOAD_IDi, "c9000000 2a24", NULL },
    { "IDr", IKE_PAYLOAD_IDr, "02000000 6162", NULL },
    { "CERT", IKE_PAYLOAD_CERT, "04 3000", NULL },
    { "CERTREQ", IKE_PAYLOAD_CERTREQ, "04", NULL },
    { "AUTH", IKE_PAYLOAD_AUTH, "02000000 000102030405060708090a0b0c0d0e0f10111213", NULL },
    { "NONCE", IKE_PAYLOAD_NONCE, "000102030405060708090a0b0c0d0e0f", NULL },
    { "VENDOR", IKE_PAYLOAD_VENDOR, "00", NULL },
    { "TSi", IKE_PAYLOAD_TSi, TS_BODY, NULL },
    { "TSr", IKE_PAYLOAD_TSr, TS_BODY, NULL },
    { "SK", IKE_PAYLOAD_SK, "", NULL },
    { "SKF", IKE_PAYLOAD_SKF, "00010001", NULL },
    { "unknown", 255, "00", NULL },
    { "critical", 254, "00", NULL },
    { "CP:1", IKE_PAYLOAD_CP, "01000000 00010000", NULL },
    { "CP:2", IKE_PAYLOAD_CP, "02000000 00010004 0a020201", NULL },
    { "CP:3", IKE_PAYLOAD_CP, "03000000 00010004 0a020201", NULL },
    { "CP:4", IKE_PAYLOAD_CP, "04000000", NULL },
    { "CP:99", IKE_PAYLOAD_CP, "63000000", NULL },
    { "EAP:1", IKE_PAYLOAD_EAP, "01010005fe", NULL },
    { "EAP:1-notification", IKE_PAYLOAD_EAP, "01010006 0261", NULL },
    { "EAP:2", IKE_PAYLOAD_EAP, "02010006 0301", NULL },
    { "EAP:3", IKE_PAYLOAD_EAP, "03010004", NULL },
    { "EAP:4", IKE_PAYLOAD_EAP, "04010004", NULL },
    { "EAP:5", IKE_PAYLOAD_EAP, "05010004", NULL },
    { "D:IKE", IKE_PAYLOAD_DELETE, "01000000", NULL },
    { "D:child", IKE_PAYLOAD_DELETE, "", make_delete_child },
    { "D:unknown", IKE_PAYLOAD_DELETE, "03040001 12345678", NULL },
    { "D:AH", IKE_PAYLOAD_DELETE, "02040001 12345678", NULL },
    { "D:99", IKE_PAYLOAD_DELETE, "63040001 12345678", NULL },
    { "new-child", 0, "", make_new_child },
    { "rekey-child", 0, "", make_rekey_child },
    { "rekey-ike", 0, "", make_rekey_ike },
    { "E:wrong-group", 0, "", make_wrong_group },
    { "cookie", 0, "", make_cookie },
    { "redirect", 0, "", make_redirect },
    { "auth-lifetime", 0, "", make_auth_lifetime },
    { "cookie2", 0, "", make_cookie2 },
    { "E:private", IKE_PAYLOAD_NOTIFY, "00003fff", NULL },
    { "N:private", IKE_PAYLOAD_NOTIFY, "0000ffff", NULL },
};

/* And every Notify that has a name, without data. */
static const uint16_t notifies[] = {
#define X(name, value) value,
    IKE_NOTIFY_LIST(X)
#undef X
};

guint
sim_contents(void)
{
    return G_N_ELEMENTS(contents) + G_N_ELEMENTS(notifies);
}

/* "E:" for an error, "N:" for a status. */
static const char *
notify_content_name(guint i)
{
    static char *names[G_N_ELEMENTS(notifies)];

    if (!names[i])
        names[i] = g_strdup_printf("%s:%s", notifies[i] < IKE_N_STATUS_FIRST ? "E" : "N",
                                   ike_notify_name(notifies[i]));
    return names[i];
}

const char *
sim_content_name(guint content)
{
    return content < G_N_ELEMENTS(contents) ? contents[content].name
                                            : notify_content_name(content - G_N_ELEMENTS(contents));
}

const char *
sim_form_name(SimForm form)
{
    static const char *const names[SIM_FORMS] = { "good", "past", "future", "forged", "clear" };

    return names[form];
}

static void
write_content(guint content, const IkeSa *to, IkeChain *c)
{
    const Content *k = content < G_N_ELEMENTS(contents) ? &contents[content] : NULL;

    if (!k) {
        ike_chain_notify(c, IKE_PROTO_NONE, notifies[content - G_N_ELEMENTS(contents)],
                         (Slice){ 0 });
    } else if (k->make) {
        k->make(to, c);
    } else if (k->type != IKE_PAYLOAD_NONE) {
        Hex body = hex(k->body);
        size_t at = c->out->len;

        ike_chain_add(c, k->type, (Slice){ body.b, body.len });
        if (strcmp(k->name, "critical") == 0)
            c->out->base[at + 1] |= 0x80;
    }
}

/* ---- what was sent ---- */

/* Of an IKE_SA_INIT request only the cookie, which makes the difference. */
static void
describe(const SimLetter *l, GString *s)
{
    for (guint i = 0; i < l->payloads->len; i++) {
        const SimPayload *p = g_ptr_array_index(l->payloads, i);
        uint16_t type = p->type == IKE_PAYLOAD_NOTIFY
                            ? (uint16_t)(p->body->data[2] << 8 | p->body->data[3])
                            : 0;

        if (!l->response && l->exchange == IKE_EXCHANGE_IKE_SA_INIT && type != IKE_N_COOKIE)
            continue;
        if (p->type == IKE_PAYLOAD_NOTIFY)
            g_string_append_printf(s, " N:%s", ike_notify_name(type));
        else
            g_string_append_printf(s, " %s", ike_payload_name(p->type));
    }
}

static void
begin(GString *s)
{
    if (s->len)
        g_string_append(s, "; ");
}

static bool
listen(Sim *sim, SimLetter *l, void *user)
{
    GString *s = *(GString **)user;

    (void)sim;
    begin(s);
    if (!l->sealed && l->response)
        g_string_append(s, "clearly ");
    g_string_append(s, l->response ? "answers" : "asks ");
    if (!l->response)
        g_string_append(s, ike_exchange_name(l->exchange));
    describe(l, s);
    return false;
}

/* ---- what has changed ---- */

typedef struct Shot {
    const char *state;
    uint32_t send_id, recv_id;
    const GBytes *request;
    unsigned child_ups, child_downs, closes, rekeyed, ups, asked;
    GBytes *keys;
} Shot;

static Shot
shoot(Sim *sim, SimSide side)
{
    const SimPeer *p = cross_peer(sim, side);
    Shot s = { .state = sim_state(sim, side),
               .child_ups = p->child_ups,
               .child_downs = p->child_downs,
               .closes = p->closes,
               .rekeyed = p->rekeyed,
               .ups = p->ups,
               .asked = p->questions + p->certificates + p->configs + p->peers };
    Slice d;

    if (!p->sa)
        return s;
    s.send_id = p->sa->ike->window.send_id;
    s.recv_id = p->sa->ike->window.recv_id;
    s.request = p->sa->ike->window.request;
    d = secret_view(&p->sa->ike->keys.d);
    s.keys = g_bytes_new(d.p, d.len);
    return s;
}

static void
add(GString *s, const char *word)
{
    begin(s);
    g_string_append(s, word);
}

/* Was our answer owed and not given? */
static bool
owes(const SimPeer *p)
{
    return p->sa && ike_window_owes(&p->sa->ike->window);
}

static void
compare(Sim *sim, const SimPlace *place, const Shot *a, const Shot *b, GString *s)
{
    const SimPeer *p = cross_peer(sim, place->side);

    g_assert_cmpuint(a->ups, ==, b->ups);
    if (!b->request && a->request && b->closes == a->closes && b->rekeyed == a->rekeyed)
        add(s, "hears");
    if (b->recv_id != a->recv_id && b->rekeyed == a->rekeyed && owes(p))
        add(s, "takes");
    if (b->asked != a->asked)
        add(s, "asks its owner");
    if (b->child_ups != a->child_ups)
        add(s, "child up");
    if (b->child_downs != a->child_downs)
        add(s, "child down");
    if (b->rekeyed != a->rekeyed)
        add(s, "rekeyed");
    if (b->closes != a->closes) {
        add(s, "closed: ");
        g_string_append(s, ike_reason_name(p->reason));
    } else if (strcmp(a->state, b->state) != 0) {
        add(s, "is ");
        g_string_append(s, b->state);
    }
    if (s->len == 0) {
        g_assert_cmpuint(a->send_id, ==, b->send_id);
        g_assert_cmpuint(a->recv_id, ==, b->recv_id);
        g_assert_true(a->request == b->request);
        add(s, "ignored");
    }
    if (!p->sa || b->closes != a->closes)
        return;
    g_assert_true(b->rekeyed != a->rekeyed || !a->keys || g_bytes_equal(a->keys, b->keys));
    g_assert_cmpuint(p->children->len, <=, b->child_ups == a->child_ups ? 1 : 2);
}

/* The other end has used up a Message ID of its own. */
static void
count(Sim *sim, SimSide from, uint32_t id)
{
    IkeSa *sa = cross_peer(sim, from)->sa;

    if (sa && !sa->ike->window.request && sa->ike->window.send_id == id)
        sa->ike->window.send_id++;
}

static GByteArray *
write_clear(const IkeSa *to, const SimCell *cell, uint8_t flags, uint32_t id)
{
    uint8_t buf[1024];
    Writer w = { .base = buf, .cap = sizeof(buf) };
    IkeChain c;

    ike_header_encode(&(IkeHeader){ .spi_i = to->ike->spi_i,
                                    .spi_r = to->ike->spi_r,
                                    .version = IKE_VERSION,
                                    .exchange = cell->exchange,
                                    .flags = flags,
                                    .message_id = id },
                      &w);
    c = ike_chain_begin(&w, 0);
    write_content(cell->content, to, &c);
    ike_header_finish(&w, 0);
    g_assert_false(w.overflow);
    return g_byte_array_append(g_byte_array_new(), buf, (guint)w.len);
}

static GByteArray *
write_sealed(Sim *sim, const IkeSa *to, SimSide from, const SimCell *cell, uint8_t flags,
             uint32_t id)
{
    uint8_t buf[1024];
    Writer w = { .base = buf, .cap = sizeof(buf) };
    IkeChain c = ike_chain_begin(&w, SIZE_MAX);
    GByteArray *wire;

    write_content(cell->content, to, &c);
    g_assert_false(w.overflow);
    wire = sim_seal(sim, from, cell->exchange, flags, id, c.first, writer_view(&w));
    if (cell->form == SIM_FORGED)
        wire->data[wire->len - 1] ^= 1;
    return wire;
}

/* The Message ID of the next request to @to, or of the answer to its own. */
static uint32_t
id_for(const IkeSa *to, const SimCell *cell)
{
    uint32_t id = cell->response ? to->ike->window.send_id - 1 : to->ike->window.recv_id;

    return cell->form == SIM_PAST ? id - 1 : cell->form == SIM_FUTURE ? id + 1 : id;
}

char *
sim_cell_try(Sim *sim, const SimPlace *place, const SimCell *cell)
{
    SimSide from = cross_other(place->side);
    const IkeSa *to = cross_peer(sim, place->side)->sa;
    GString *words = g_string_new(NULL), **user = g_new0(GString *, 1);
    g_autoptr(GByteArray) wire = NULL;
    Shot before, after;
    uint32_t id;

    if (!to)
        to = sim->client.sa;
    id = id_for(to, cell);
    if (cell->form == SIM_CLEAR)
        wire = write_clear(to, cell, sim_flags(from, cell->response), id);
    else
        wire = write_sealed(sim, to, from, cell, sim_flags(from, cell->response), id);
    *user = words;
    sim_lie(sim, listen, user);
    before = shoot(sim, place->side);
    sim_inject(sim, place->side, !sim_place_clear(place), (Slice){ wire->data, wire->len });
    after = shoot(sim, place->side);
    if (!cell->response && before.recv_id != after.recv_id)
        count(sim, from, id);
    compare(sim, place, &before, &after, words);
    sim->tap = NULL;
    g_free(user);
    g_bytes_unref(before.keys);
    g_bytes_unref(after.keys);
    return g_string_free(words, FALSE);
}
