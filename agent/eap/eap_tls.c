#include "agent/crypto/tls.h"
#include "agent/eap/eap_tls_join.h"

/* EAP-TLS (RFC 5216, RFC 9190). What it adds to TLS is one flight a message, in fragments:
 *   flags 1: L M S 0 0 0 0 0 | length 4, with L | octets of TLS
 * A fragment with M is answered with an empty packet, and so is the last flight of the server. */

enum { LENGTH = 0x80, MORE = 0x40, START = 0x20 };
enum { MSK = 64, KEY_MATERIAL = 128 }; /* RFC 5216 §2.3: MSK, then EMSK */

typedef enum State {
    FRESH, /* peer: before Start. server: Start is out */
    SHAKING,
    PROMISED, /* peer: TLS 1.3 is up, the server has yet to say so (RFC 9190 §2.1.1) */
    JUDGING,  /* server: both are proved, its owner looks at the chain */
    PARTING,  /* server: the last flight is out, an empty packet is to come */
    OVER,     /* peer: the last word is ours */
} State;

typedef struct EapTls {
    const EapSetup *setup;
    bool server;
    State state;
    Tls *tls;
    EapTlsJoin in;
    GByteArray *out;
    size_t sent; /* octets of @out */
    EapQuestion question;
    Secret msk;
    char *why;
} EapTls;

static EapStep
fail(EapTls *t, const char *why)
{
    if (!t->why)
        t->why = g_strdup(why);
    return EAP_STEP_FAIL;
}

static void *
eap_tls_open(AcSide side, const EapSetup *setup)
{
    EapTls *t = g_new0(EapTls, 1);
    g_autoptr(GError) error = NULL;
    TlsSetup s = { .server = side == AC_SERVER,
                   .key = setup->key,
                   .chain = setup->chain,
                   .anchors = setup->anchors,
                   .host = setup->host,
                   .ask = setup->ask_chain,
                   .sig = setup->sig,
                   .now = setup->wall ? setup->wall(setup->user) : 0,
                   .only_12 = setup->tls_12 };

    t->setup = setup;
    t->server = s.server;
    t->out = g_byte_array_new();
    eap_tls_join_init(&t->in);
    t->tls = tls_new(&s, &error);
    if (!t->tls)
        t->why = g_strdup(error->message);
    return t;
}

static void
eap_tls_close(void *self)
{
    EapTls *t = self;

    tls_free(t->tls);
    eap_tls_join_clear(&t->in);
    g_byte_array_unref(t->out);
    secret_clear(&t->msk);
    g_free(t->why);
    g_free(t);
}

/* The next fragment of @t->out; an empty packet when there is nothing to say. */
static EapStep
send_next(EapTls *t, Secret *out)
{
    size_t left = t->out->len - t->sent, n = MIN(left, EAP_TLS_FRAGMENT);
    bool first = t->sent == 0, more = n < left, length = first && more;
    Writer w;

    secret_alloc(out, 5 + n);
    w = (Writer){ .base = out->p, .cap = out->len };
    writer_u8(&w, (uint8_t)((length ? LENGTH : 0) | (more ? MORE : 0)));
    if (length)
        writer_u32(&w, t->out->len);
    if (n)
        writer_slice(&w, (Slice){ t->out->data + t->sent, n });
    out->len = w.len;
    t->sent += n;
    if (!more) {
        g_byte_array_set_size(t->out, 0);
        t->sent = 0;
    }
    return t->state == OVER ? EAP_STEP_DONE : EAP_STEP_SEND;
}

static EapStep
eap_tls_start(void *self, Secret *out)
{
    static const uint8_t start = START;
    EapTls *t = self;

    if (!t->tls)
        return EAP_STEP_FAIL;
    secret_set(out, (Slice){ &start, 1 });
    return EAP_STEP_SEND;
}

/* RFC 5216 §2.3, RFC 9190 §2.3. */
static bool
derive(EapTls *t)
{
    static const uint8_t type = EAP_TYPE_TLS;
    bool v13 = tls_is_13(t->tls);
    Slice context = { &type, v13 ? 1 : 0 };

    if (!tls_export(t->tls, v13 ? "EXPORTER_EAP_TLS_Key_Material" : "client EAP encryption",
                    context, KEY_MATERIAL, &t->msk))
        return false;
    explicit_bzero(t->msk.p + MSK, t->msk.len - MSK);
    t->msk.len = MSK;
    return true;
}

static EapStep
peer_up(EapTls *t, Secret *out)
{
    if (!derive(t))
        return fail(t, tls_why(t->tls));
    t->state = tls_is_13(t->tls) ? PROMISED : OVER;
    return send_next(t, out);
}

/* What goes out next waits until the owner has said yes. */
static EapStep
server_up(EapTls *t)
{
    if (!derive(t))
        return fail(t, tls_why(t->tls));
    t->state = JUDGING;
    t->question = (EapQuestion){ .chain = tls_chain(t->tls) };
    return EAP_STEP_ASK;
}

static EapStep
shake(EapTls *t, Slice flight, Secret *out)
{
    switch (tls_step(t->tls, flight, t->out)) {
    case TLS_GOING:
        return send_next(t, out);
    case TLS_ASKS:
        t->question = (EapQuestion){ .chain = tls_chain(t->tls) };
        return EAP_STEP_ASK;
    case TLS_UP:
        return t->server ? server_up(t) : peer_up(t, out);
    case TLS_FAILED:
        break;
    }
    return fail(t, tls_why(t->tls));
}

/* RFC 9190 §2.1.1: one octet 0 of application data is the server's word that it is content. */
static EapStep
hear_promise(EapTls *t, Slice flight, Secret *out)
{
    g_autoptr(GByteArray) clear = g_byte_array_new();

    if (!tls_read(t->tls, flight, clear))
        return fail(t, tls_why(t->tls));
    if (clear->len == 0)
        return send_next(t, out); /* tickets: they may have a message of their own (§2.5) */
    if (clear->len != 1 || clear->data[0] != 0)
        return fail(t, "the server did not confirm the end of EAP-TLS (RFC 9190 §2.1.1)");
    t->state = OVER;
    return send_next(t, out);
}

/* A whole flight. */
static EapStep
on_flight(EapTls *t, Slice flight, Secret *out)
{
    if (t->state == PARTING && flight.len == 0)
        return EAP_STEP_DONE;
    if (flight.len == 0)
        return fail(t, "an empty EAP-TLS packet came when TLS was to go on");
    if (t->state == SHAKING)
        return shake(t, flight, out);
    if (t->state == PROMISED)
        return hear_promise(t, flight, out);
    return fail(t, "an EAP-TLS packet came out of turn");
}

static EapStep
eap_tls_recv(void *self, const EapPacket *in, Secret *out)
{
    EapTls *t = self;
    bool start = in->data.len > 0 && (in->data.p[0] & START) != 0;

    if (!t->tls)
        return EAP_STEP_FAIL;
    if (start != (!t->server && t->state == FRESH))
        return fail(t, start ? "EAP-TLS was started again in the middle of it"
                             : "the gateway did not start EAP-TLS");
    if (t->state == FRESH)
        t->state = SHAKING;
    if (start)
        return shake(t, (Slice){ 0 }, out);
    switch (eap_tls_join_add(&t->in, in->data)) {
    case EAP_TLS_MORE:
        if (t->out->len > 0)
            return fail(t, "an EAP-TLS fragment came while ours were on their way");
        return send_next(t, out); /* empty: the next, please */
    case EAP_TLS_WHOLE:
        if (t->out->len == 0)
            return on_flight(t, eap_tls_join_view(&t->in), out);
        if (eap_tls_join_view(&t->in).len > 0)
            return fail(t, "an EAP-TLS packet came while our fragments were on their way");
        return send_next(t, out);
    case EAP_TLS_BAD:
        break;
    }
    return fail(t, "an EAP-TLS packet is malformed, or its fragments are more than was said");
}

static EapStep
eap_tls_answer(void *self, EapAnswer *a, Secret *out)
{
    static const uint8_t content;
    EapTls *t = self;
    bool yes = a->kind == EAP_ANSWER_ACCEPT;

    if (!yes)
        t->why = g_steal_pointer(&a->text);
    eap_answer_clear(a);
    if (!t->server) {
        tls_answer(t->tls, yes);
        return shake(t, (Slice){ 0 }, out);
    }
    if (!yes)
        return fail(t, "the client's certificate is not trusted");
    if (tls_is_13(t->tls) && !tls_write(t->tls, (Slice){ &content, 1 }, t->out))
        return fail(t, tls_why(t->tls));
    t->state = PARTING;
    return send_next(t, out);
}

static const EapQuestion *
eap_tls_question(void *self)
{
    return &((EapTls *)self)->question;
}

static Slice
eap_tls_msk(void *self)
{
    return secret_view(&((EapTls *)self)->msk);
}

static const char *
eap_tls_why(void *self)
{
    return ((EapTls *)self)->why;
}

/* Nothing protects an EAP-Success: without the promise anybody could have sent it. Servers that
 * were written before RFC 9190 do not make it. */
static const char *
eap_tls_missing(const void *self)
{
    if (((const EapTls *)self)->state != PROMISED)
        return NULL;
    return "the gateway ended EAP-TLS without the confirmation that belongs to TLS 1.3 (RFC 9190 "
           "§2.1.1); with TLS 1.2 it may work";
}

const EapMethod eap_tls = {
    .name = "EAP-TLS",
    .type = EAP_TYPE_TLS,
    .mutual = true,
    .rounds = EAP_TLS_ROUNDS,
    .open = eap_tls_open,
    .close = eap_tls_close,
    .start = eap_tls_start,
    .recv = eap_tls_recv,
    .answer = eap_tls_answer,
    .question = eap_tls_question,
    .msk = eap_tls_msk,
    .why = eap_tls_why,
    .missing = eap_tls_missing,
};
