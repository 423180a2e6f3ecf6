#include "agent/eap/eap_mschapv2.h"

#include "agent/base/log.h"
#include "agent/crypto/ct.h"
#include "agent/crypto/mschap.h"
#include "agent/eap/eap_user.h"

/* EAP-MSCHAPv2 (draft-kamath-pppext-eap-mschapv2-02 §2; RFC 2759):
 *   op 1 | id 1 | length 2, op included | ...
 *   Challenge: 16 1 | challenge 16 | name
 *   Response:  49 1 | peer challenge 16 | zeros 8 | NT-Response 24 | flags 1 | name
 *   Success and Failure request: text; their response is the op alone */

enum { CHALLENGE = 1, RESPONSE = 2, SUCCESS = 3, FAILURE = 4 };
enum { VALUE = 49, RESERVED = 8, HEAD = 4, TRIES = 3, WRONG_PASSWORD = 691 };

typedef enum State {
    WAIT,    /* peer: for a Challenge. server: for a Response */
    VERIFY,  /* peer: a Response is out, for Success or Failure */
    PROVED,  /* server: Success is out. peer: the other end has proved itself */
    REFUSED, /* Failure is out, or has come: nothing but EAP-Failure may follow */
} State;

typedef struct Mschap {
    const EapSetup *setup;
    State state;
    uint8_t id;                                               /* MS-CHAPv2-ID of the exchange */
    uint8_t theirs[MSCHAP_CHALLENGE], ours[MSCHAP_CHALLENGE]; /* authenticator's, peer's */
    uint8_t response[MSCHAP_RESPONSE];
    char *user;  /* server: the name in the Response. peer: the name sent */
    char *shown; /* server: @user escaped */
    unsigned tries;
    Secret nt_hash, msk;
    EapQuestion question; /* server */
    char *why;
} Mschap;

typedef struct Packet {
    uint8_t op, id;
    Slice body;
} Packet;

static void *
mschap_open(AcSide side, const EapSetup *setup)
{
    Mschap *m = g_new0(Mschap, 1);

    (void)side;
    m->setup = setup;
    return m;
}

static void
mschap_close(void *self)
{
    Mschap *m = self;

    g_free(m->user);
    g_free(m->shown);
    secret_clear(&m->nt_hash);
    secret_clear(&m->msk);
    g_free(m->why);
    g_free(m);
}

static EapStep
fail(Mschap *m, const char *why)
{
    g_free(m->why);
    m->why = g_strdup(why);
    return EAP_STEP_FAIL;
}

/* A response to Success or Failure is one octet; all else has the whole head, and says its length.
 */
static bool
decode(Slice data, Packet *ret)
{
    Reader in = reader_init(data);
    Packet p = { 0 };
    uint16_t len;

    if (!reader_u8(&in, &p.op))
        return false;
    if (reader_left(&in) > 0) {
        if (!reader_u8(&in, &p.id) || !reader_u16(&in, &len) || len != data.len)
            return false;
        p.body = reader_rest(&in);
    }
    *ret = p;
    return true;
}

static void
encode(const Packet *p, Secret *out)
{
    Writer w;

    secret_alloc(out, HEAD + p->body.len);
    w = (Writer){ .base = out->p, .cap = out->len };
    writer_u8(&w, p->op);
    writer_u8(&w, p->id);
    writer_u16(&w, (uint16_t)out->len);
    writer_slice(&w, p->body);
}

static MschapTalk
talk(const Mschap *m)
{
    return (MschapTalk){ { m->theirs, sizeof(m->theirs) },
                         { m->ours, sizeof(m->ours) },
                         slice_of(m->user) };
}

/* ---- peer ---- */

static EapStep
peer_respond(Mschap *m, Secret *out)
{
    EapUser *u = m->setup->login;
    uint8_t body[1 + VALUE + EAP_USER_MAX];
    Writer w = { .base = body, .cap = sizeof(body) };
    MschapTalk t;
    bool ok;

    u->typed = false;
    ok = mschap_nt_hash(secret_view(&u->password), &m->nt_hash);
    secret_clear(&u->password);
    if (!ok)
        return fail(m, "the password is longer than EAP-MSCHAPv2 allows, or no text");
    g_free(m->user);
    m->user = g_strdup(u->name);
    m->setup->random(m->setup->user, m->ours, sizeof(m->ours));
    t = talk(m);
    if (!mschap_response(&t, secret_view(&m->nt_hash), m->response))
        return fail(m, "EAP-MSCHAPv2 cannot be computed");
    writer_u8(&w, VALUE);
    writer_slice(&w, t.peer);
    writer_zeros(&w, RESERVED);
    writer_slice(&w, (Slice){ m->response, sizeof(m->response) });
    writer_u8(&w, 0);
    writer_slice(&w, t.user);
    if (writer_finish(&w) < 0)
        return fail(m, "the user name is longer than any gateway takes");
    encode(&(Packet){ RESPONSE, m->id, writer_view(&w) }, out);
    m->state = VERIFY;
    return EAP_STEP_SEND;
}

static EapStep
peer_challenge(Mschap *m, const Packet *p, Secret *out)
{
    Reader in = reader_init(p->body);
    Slice value;
    uint8_t len;

    if (m->state != WAIT)
        return fail(m, "the gateway sent a second EAP-MSCHAPv2 challenge");
    if (!reader_u8(&in, &len) || len != MSCHAP_CHALLENGE || !reader_slice(&in, len, &value))
        return fail(m, "the gateway's EAP-MSCHAPv2 challenge is malformed");
    if (!mschap_available())
        return fail(m, "EAP-MSCHAPv2 needs MD4 and DES, and this computer's OpenSSL has no legacy "
                       "provider");
    memcpy(m->theirs, value.p, value.len);
    m->id = p->id;
    if (m->setup->login->typed)
        return peer_respond(m, out);
    eap_user_ask(m->setup->login, true, (Slice){ 0 }, (Slice){ 0 });
    return EAP_STEP_ASK;
}

static bool
read_hex(Reader *in, uint8_t *ret, size_t len)
{
    Slice text;

    if (!reader_slice(in, 2 * len, &text))
        return false;
    for (size_t i = 0; i < len; i++) {
        int high = g_ascii_xdigit_value((char)text.p[2 * i]);
        int low = g_ascii_xdigit_value((char)text.p[2 * i + 1]);

        if (high < 0 || low < 0)
            return false;
        ret[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

/* RFC 2759 §5: "S=" and 40 hex digits, which only who knows the password can make. Nothing before
 * this makes the login one. */
static EapStep
peer_success(Mschap *m, const Packet *p, Secret *out)
{
    uint8_t want[MSCHAP_PROOF], got[MSCHAP_PROOF], done = SUCCESS;
    Reader in = reader_init(p->body);
    MschapTalk t;
    Slice tag;

    if (m->state != VERIFY)
        return fail(m, "the gateway sent EAP-MSCHAPv2 Success before it was due");
    t = talk(m);
    if (!reader_slice(&in, 2, &tag) || memcmp(tag.p, "S=", 2) != 0 ||
        !read_hex(&in, got, sizeof(got)))
        return fail(m, "the gateway's EAP-MSCHAPv2 Success has no authenticator response");
    if (!mschap_proof(&t, secret_view(&m->nt_hash), m->response, want) ||
        !ct_equal((Slice){ want, sizeof(want) }, (Slice){ got, sizeof(got) }))
        return fail(m, "the gateway does not know the password: its EAP-MSCHAPv2 authenticator "
                       "response is wrong");
    if (!mschap_msk(secret_view(&m->nt_hash), m->response, &m->msk))
        return fail(m, "EAP-MSCHAPv2 cannot be computed");
    m->state = PROVED;
    secret_set(out, (Slice){ &done, 1 });
    return EAP_STEP_DONE;
}

/* The decimal number that stands at @in. */
static bool
read_number(Reader *in, uint32_t *ret)
{
    uint32_t n = 0;
    unsigned digits = 0;

    for (; reader_left(in) > 0 && g_ascii_isdigit((char)*in->p); digits++) {
        uint8_t c;

        if (!reader_u8(in, &c) || digits >= 10)
            return false;
        n = 10 * n + (uint32_t)(c - '0');
    }
    *ret = n;
    return digits > 0;
}

static void
read_word(Slice word, EapMschapFailure *ret)
{
    Reader in = reader_init((Slice){ word.p + 2, word.len - 2 });
    uint32_t n;

    switch (word.p[0]) {
    case 'E':
        if (read_number(&in, &n))
            ret->error = n;
        break;
    case 'R':
        if (read_number(&in, &n))
            ret->retry = n == 1;
        break;
    case 'C':
        if (word.len == 2 + 2 * MSCHAP_CHALLENGE)
            ret->has_challenge = read_hex(&in, ret->challenge, MSCHAP_CHALLENGE);
        break;
    default:
        break; /* V=, the version, and what comes after us */
    }
}

void
eap_mschapv2_failure_read(Slice text, EapMschapFailure *ret)
{
    *ret = (EapMschapFailure){ 0 };
    for (Reader in = reader_init(text); reader_left(&in) > 0;) {
        const uint8_t *space = memchr(in.p, ' ', reader_left(&in));
        bool message = reader_left(&in) >= 2 && memcmp(in.p, "M=", 2) == 0;
        size_t len = space && !message ? (size_t)(space - in.p) : reader_left(&in);
        Slice word, gap;

        if (!reader_slice(&in, len, &word))
            return;
        if (message) { /* the last: it may have spaces */
            ret->message = (Slice){ word.p + 2, word.len - 2 };
            return;
        }
        if (word.len >= 2 && word.p[1] == '=')
            read_word(word, ret);
        if (reader_left(&in) > 0 && !reader_slice(&in, 1, &gap))
            return;
    }
}

/* RFC 2759 §6. */
static const char *
error_text(uint32_t error)
{
    switch (error) {
    case 646:
        return "logging in is not allowed at this time of day";
    case 647:
        return "the account is disabled";
    case 648:
        return "the password has expired";
    case 649:
        return "the account may not log in from afar";
    case WRONG_PASSWORD:
        return "wrong user name or password";
    default:
        return "the gateway refused the login";
    }
}

/* The message of a Failure is not protected by more than IKE: shown, never obeyed. */
static EapStep
peer_failure(Mschap *m, const Packet *p, Secret *out)
{
    uint8_t done = FAILURE;
    EapMschapFailure f;
    g_autofree char *said = NULL;

    if (m->state != VERIFY)
        return fail(m, "the gateway sent EAP-MSCHAPv2 Failure before it was due");
    eap_mschapv2_failure_read(p->body, &f);
    if (f.error == WRONG_PASSWORD && f.retry && ++m->tries < TRIES) {
        if (f.has_challenge)
            memcpy(m->theirs, f.challenge, sizeof(m->theirs));
        m->id = p->id;
        eap_user_ask(m->setup->login, true, f.message, slice_of(error_text(f.error)));
        return EAP_STEP_ASK;
    }
    said = log_escape((const char *)f.message.p, f.message.len, 200);
    m->why = f.message.len ? g_strdup_printf("%s: %s", error_text(f.error), said)
                           : g_strdup(error_text(f.error));
    m->state = REFUSED;
    secret_set(out, (Slice){ &done, 1 });
    return EAP_STEP_SEND;
}

static EapStep
peer_recv(Mschap *m, const Packet *p, Secret *out)
{
    switch (p->op) {
    case CHALLENGE:
        return peer_challenge(m, p, out);
    case SUCCESS:
        return peer_success(m, p, out);
    case FAILURE:
        return peer_failure(m, p, out);
    default:
        return fail(m, "the gateway sent an EAP-MSCHAPv2 packet that no client is sent");
    }
}

static EapStep
peer_answer(Mschap *m, EapAnswer *a, Secret *out)
{
    const char *why = eap_user_fill(m->setup->login, a);

    return why ? fail(m, why) : peer_respond(m, out);
}

/* ---- server ---- */

static EapStep
mschap_start(void *self, Secret *out)
{
    const char name[] = "gateway";
    uint8_t body[1 + MSCHAP_CHALLENGE + sizeof(name)];
    Writer w = { .base = body, .cap = sizeof(body) };
    Mschap *m = self;

    if (!mschap_available())
        return fail(m, "EAP-MSCHAPv2 needs MD4 and DES, and this computer's OpenSSL has no legacy "
                       "provider");
    m->id = 1;
    m->setup->random(m->setup->user, m->theirs, sizeof(m->theirs));
    writer_u8(&w, MSCHAP_CHALLENGE);
    writer_slice(&w, (Slice){ m->theirs, sizeof(m->theirs) });
    writer_slice(&w, slice_of(name));
    encode(&(Packet){ CHALLENGE, m->id, writer_view(&w) }, out);
    return EAP_STEP_SEND;
}

static EapStep
server_response(Mschap *m, const Packet *p)
{
    Reader in = reader_init(p->body);
    Slice peer, zeros, response, name;
    uint8_t len, flags;

    if (m->state != WAIT)
        return fail(m, "the client sent an EAP-MSCHAPv2 response out of turn");
    if (!reader_u8(&in, &len) || len != VALUE || !reader_slice(&in, MSCHAP_CHALLENGE, &peer) ||
        !reader_slice(&in, RESERVED, &zeros) || !reader_slice(&in, MSCHAP_RESPONSE, &response) ||
        !reader_u8(&in, &flags))
        return fail(m, "the client's EAP-MSCHAPv2 response is malformed");
    name = reader_rest(&in);
    if (name.len == 0 || name.len > EAP_USER_MAX ||
        !g_utf8_validate((const char *)name.p, (gssize)name.len, NULL))
        return fail(m, "the user name in the client's EAP-MSCHAPv2 response is no text or longer "
                       "than any");
    memcpy(m->ours, peer.p, peer.len);
    memcpy(m->response, response.p, response.len);
    m->id = p->id;
    g_free(m->user);
    m->user = g_strndup((const char *)name.p, name.len);
    g_free(m->shown);
    m->shown = log_escape(m->user, name.len, EAP_USER_MAX);
    m->question = (EapQuestion){ .user = m->shown };
    return EAP_STEP_ASK;
}

static bool
take_secret(Mschap *m, EapAnswer *a)
{
    if (a->kind != EAP_ANSWER_SECRET)
        return false;
    if (!a->nt_hash)
        return mschap_nt_hash(secret_view(&a->secret), &m->nt_hash);
    secret_move(&m->nt_hash, &a->secret);
    return m->nt_hash.len == MSCHAP_HASH;
}

static bool
server_check(Mschap *m, EapAnswer *a)
{
    uint8_t want[MSCHAP_RESPONSE];
    MschapTalk t = talk(m);

    return take_secret(m, a) && mschap_response(&t, secret_view(&m->nt_hash), want) &&
           ct_equal((Slice){ want, sizeof(want) }, (Slice){ m->response, sizeof(m->response) });
}

static void
put_hex(GString *text, const uint8_t *octets, size_t len)
{
    for (size_t i = 0; i < len; i++)
        g_string_append_printf(text, "%02X", octets[i]);
}

static EapStep
server_succeed(Mschap *m, Secret *out)
{
    g_autoptr(GString) text = g_string_new("S=");
    MschapTalk t = talk(m);
    uint8_t proof[MSCHAP_PROOF];

    if (!mschap_proof(&t, secret_view(&m->nt_hash), m->response, proof) ||
        !mschap_msk(secret_view(&m->nt_hash), m->response, &m->msk))
        return fail(m, "EAP-MSCHAPv2 cannot be computed");
    put_hex(text, proof, sizeof(proof));
    g_string_append(text, " M=Welcome");
    m->state = PROVED;
    encode(&(Packet){ SUCCESS, m->id, slice_of(text->str) }, out);
    return EAP_STEP_SEND;
}

/* An unknown user looks like a wrong password. With R=1 a Response to this very packet tries again,
 * over a new challenge. */
static EapStep
server_refuse(Mschap *m, Secret *out)
{
    bool retry = ++m->tries < TRIES;
    g_autoptr(GString) text = g_string_new(NULL);

    m->setup->random(m->setup->user, m->theirs, sizeof(m->theirs));
    g_string_append_printf(text, "E=%d R=%d C=", WRONG_PASSWORD, retry);
    put_hex(text, m->theirs, sizeof(m->theirs));
    g_string_append(text, " V=3 M=Wrong user name or password");
    m->state = retry ? WAIT : REFUSED;
    encode(&(Packet){ FAILURE, m->id, slice_of(text->str) }, out);
    return EAP_STEP_SEND;
}

static EapStep
server_recv(Mschap *m, const Packet *p)
{
    if (p->op == RESPONSE)
        return server_response(m, p);
    if (p->op == SUCCESS && m->state == PROVED)
        return EAP_STEP_DONE;
    if (p->op == FAILURE && (m->state == REFUSED || m->tries > 0))
        return fail(m, "wrong user name or password");
    return fail(m, "the client sent an EAP-MSCHAPv2 packet out of turn");
}

/* ---- both ---- */

static EapStep
mschap_recv(void *self, const EapPacket *in, Secret *out)
{
    Mschap *m = self;
    Packet p;

    if (!decode(in->data, &p))
        return fail(m, "an EAP-MSCHAPv2 packet is cut short, or its length is wrong");
    return m->setup->login ? peer_recv(m, &p, out) : server_recv(m, &p);
}

static EapStep
mschap_answer(void *self, EapAnswer *a, Secret *out)
{
    Mschap *m = self;
    EapStep step;

    if (m->setup->login)
        step = peer_answer(m, a, out);
    else
        step = server_check(m, a) ? server_succeed(m, out) : server_refuse(m, out);
    eap_answer_clear(a);
    return step;
}

static const EapQuestion *
mschap_question(void *self)
{
    Mschap *m = self;

    return m->setup->login ? &m->setup->login->question : &m->question;
}

static Slice
mschap_key(void *self)
{
    return secret_view(&((Mschap *)self)->msk);
}

static const char *
mschap_why(void *self)
{
    return ((Mschap *)self)->why;
}

const EapMethod eap_mschapv2 = {
    .name = "EAP-MSCHAPv2",
    .type = EAP_TYPE_MSCHAPV2,
    .mutual = true,
    .password = true,
    .open = mschap_open,
    .close = mschap_close,
    .start = mschap_start,
    .recv = mschap_recv,
    .answer = mschap_answer,
    .question = mschap_question,
    .msk = mschap_key,
    .why = mschap_why,
};
