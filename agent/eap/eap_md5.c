#include "agent/base/log.h"
#include "agent/crypto/ct.h"
#include "agent/crypto/digest.h"
#include "agent/eap/eap_user.h"

/* EAP-MD5 (RFC 3748 §5.4, RFC 1994 §4.1):  size 1 | value | name. It makes no key, so it runs under
 * the gateway's certificate only (RFC 7296 §2.16). */

enum { CHALLENGE = 16, MD5_LEN = 16 };

typedef struct Md5 {
    const EapSetup *setup;
    uint8_t id; /* peer: of the request. server: of the response */
    uint8_t challenge[UINT8_MAX];
    uint8_t challenge_len;
    uint8_t response[MD5_LEN]; /* server */
    char *user;                /* server, escaped */
    EapQuestion question;      /* server */
    const char *why;
} Md5;

static void *
md5_open(AcSide side, const EapSetup *setup)
{
    Md5 *m = g_new0(Md5, 1);

    (void)side;
    m->setup = setup;
    return m;
}

static void
md5_close(void *self)
{
    Md5 *m = self;

    g_free(m->user);
    g_free(m);
}

static EapStep
fail(Md5 *m, const char *why)
{
    m->why = why;
    return EAP_STEP_FAIL;
}

static bool
decode(Slice data, Slice *ret_value)
{
    Reader in = reader_init(data);
    uint8_t len;

    return reader_u8(&in, &len) && len > 0 && reader_slice(&in, len, ret_value);
}

static void
encode(Slice value, Slice name, Secret *out)
{
    Writer w;

    secret_alloc(out, 1 + value.len + name.len);
    w = (Writer){ .base = out->p, .cap = out->len };
    writer_u8(&w, (uint8_t)value.len);
    writer_slice(&w, value);
    writer_slice(&w, name);
}

static bool
compute(const Md5 *m, Slice password, uint8_t ret[static DIGEST_MAX])
{
    Slice parts[] = { { &m->id, 1 }, password, { m->challenge, m->challenge_len } };

    return digest("MD5", parts, G_N_ELEMENTS(parts), ret) == MD5_LEN;
}

static EapStep
md5_start(void *self, Secret *out)
{
    Md5 *m = self;

    m->challenge_len = CHALLENGE;
    m->setup->random(m->setup->user, m->challenge, CHALLENGE);
    encode((Slice){ m->challenge, CHALLENGE }, (Slice){ 0 }, out);
    return EAP_STEP_SEND;
}

static EapStep
peer_reply(Md5 *m, Secret *out)
{
    EapUser *u = m->setup->login;
    uint8_t response[DIGEST_MAX];

    if (!compute(m, secret_view(&u->password), response))
        return fail(m, "this computer's OpenSSL has no MD5");
    u->typed = false;
    secret_clear(&u->password);
    encode((Slice){ response, MD5_LEN }, slice_of(u->name), out);
    return EAP_STEP_DONE;
}

static EapStep
peer_recv(Md5 *m, const EapPacket *in, Secret *out)
{
    Slice value;

    if (!decode(in->data, &value))
        return fail(m, "the gateway's EAP-MD5 challenge is cut short");
    m->id = in->id;
    m->challenge_len = (uint8_t)value.len;
    memcpy(m->challenge, value.p, value.len);
    if (m->setup->login->typed)
        return peer_reply(m, out);
    eap_user_ask(m->setup->login, true, (Slice){ 0 }, (Slice){ 0 });
    return EAP_STEP_ASK;
}

static EapStep
server_recv(Md5 *m, const EapPacket *in)
{
    const char *name = m->setup->identity ? m->setup->identity : "";
    Slice value;

    if (!decode(in->data, &value) || value.len != MD5_LEN)
        return fail(m, "the client's EAP-MD5 response is cut short");
    m->id = in->id;
    memcpy(m->response, value.p, MD5_LEN);
    g_free(m->user);
    m->user = log_escape(name, strlen(name), EAP_USER_MAX);
    m->question = (EapQuestion){ .user = m->user };
    return EAP_STEP_ASK;
}

static EapStep
md5_recv(void *self, const EapPacket *in, Secret *out)
{
    Md5 *m = self;

    return m->setup->login ? peer_recv(m, in, out) : server_recv(m, in);
}

static EapStep
peer_answer(Md5 *m, EapAnswer *a, Secret *out)
{
    const char *why = eap_user_fill(m->setup->login, a);

    return why ? fail(m, why) : peer_reply(m, out);
}

static EapStep
server_answer(Md5 *m, const EapAnswer *a)
{
    uint8_t want[DIGEST_MAX];
    bool right = a->kind == EAP_ANSWER_SECRET && !a->nt_hash &&
                 compute(m, secret_view(&a->secret), want) &&
                 ct_equal((Slice){ want, MD5_LEN }, (Slice){ m->response, MD5_LEN });

    return right ? EAP_STEP_DONE : fail(m, "wrong user name or password");
}

static EapStep
md5_answer(void *self, EapAnswer *a, Secret *out)
{
    Md5 *m = self;
    EapStep step = m->setup->login ? peer_answer(m, a, out) : server_answer(m, a);

    eap_answer_clear(a);
    return step;
}

static const EapQuestion *
md5_question(void *self)
{
    Md5 *m = self;

    return m->setup->login ? &m->setup->login->question : &m->question;
}

static const char *
md5_why(void *self)
{
    return ((Md5 *)self)->why;
}

const EapMethod eap_md5 = {
    .name = "EAP-MD5",
    .type = EAP_TYPE_MD5,
    .password = true,
    .needs_identity = true,
    .open = md5_open,
    .close = md5_close,
    .start = md5_start,
    .recv = md5_recv,
    .answer = md5_answer,
    .question = md5_question,
    .why = md5_why,
};
