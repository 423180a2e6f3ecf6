#include "agent/base/log.h"
#include "agent/crypto/ct.h"
#include "agent/eap/eap_user.h"

/* EAP-GTC (RFC 3748 §5.6): a message that is shown, and what was typed, as it stands. It makes no
 * key and hides nothing, so it runs under the gateway's certificate only (RFC 7296 §2.16). */

enum { MESSAGE_MAX = 1024, TYPED_MAX = 1024 }; /* octets; a token or a long password */

typedef struct Gtc {
    const EapSetup *setup;
    Secret typed;         /* server */
    char *user;           /* server, escaped */
    EapQuestion question; /* server */
    const char *why;
} Gtc;

static void *
gtc_open(AcSide side, const EapSetup *setup)
{
    Gtc *g = g_new0(Gtc, 1);

    (void)side;
    g->setup = setup;
    return g;
}

static void
gtc_close(void *self)
{
    Gtc *g = self;

    secret_clear(&g->typed);
    g_free(g->user);
    g_free(g);
}

static EapStep
fail(Gtc *g, const char *why)
{
    g->why = why;
    return EAP_STEP_FAIL;
}

static EapStep
gtc_start(void *self, Secret *out)
{
    (void)self;
    secret_set(out, slice_of("Password:"));
    return EAP_STEP_SEND;
}

/* What was typed for the form of EAP-Identity serves the first request; each later one asks. */
static EapStep
peer_reply(Gtc *g, Secret *out)
{
    EapUser *u = g->setup->login;

    if (u->password.len == 0 || u->password.len > TYPED_MAX)
        return fail(g, "the password is empty or longer than EAP-GTC is used with");
    u->typed = false;
    secret_move(out, &u->password);
    return EAP_STEP_DONE;
}

static EapStep
peer_recv(Gtc *g, Slice message, Secret *out)
{
    if (message.len > MESSAGE_MAX)
        return fail(g, "the gateway's EAP-GTC message is too long");
    if (g->setup->login->typed)
        return peer_reply(g, out);
    eap_user_ask(g->setup->login, true, message, (Slice){ 0 });
    return EAP_STEP_ASK;
}

static EapStep
server_recv(Gtc *g, Slice typed)
{
    const char *name = g->setup->identity ? g->setup->identity : "";

    if (typed.len == 0 || typed.len > TYPED_MAX)
        return fail(g, "the client's EAP-GTC response is empty or too long");
    secret_set(&g->typed, typed);
    g_free(g->user);
    g->user = log_escape(name, strlen(name), EAP_USER_MAX);
    g->question = (EapQuestion){ .user = g->user, .password = &g->typed };
    return EAP_STEP_ASK;
}

static EapStep
gtc_recv(void *self, const EapPacket *in, Secret *out)
{
    Gtc *g = self;

    return g->setup->login ? peer_recv(g, in->data, out) : server_recv(g, in->data);
}

static EapStep
peer_answer(Gtc *g, EapAnswer *a, Secret *out)
{
    const char *why = eap_user_fill(g->setup->login, a);

    return why ? fail(g, why) : peer_reply(g, out);
}

static EapStep
server_answer(Gtc *g, const EapAnswer *a)
{
    bool right =
        a->kind == EAP_ANSWER_ACCEPT || (a->kind == EAP_ANSWER_SECRET && !a->nt_hash &&
                                         ct_equal(secret_view(&a->secret), secret_view(&g->typed)));

    secret_clear(&g->typed);
    return right ? EAP_STEP_DONE : fail(g, "wrong user name or password");
}

static EapStep
gtc_answer(void *self, EapAnswer *a, Secret *out)
{
    Gtc *g = self;
    EapStep step = g->setup->login ? peer_answer(g, a, out) : server_answer(g, a);

    eap_answer_clear(a);
    return step;
}

static const EapQuestion *
gtc_question(void *self)
{
    Gtc *g = self;

    return g->setup->login ? &g->setup->login->question : &g->question;
}

static const char *
gtc_why(void *self)
{
    return ((Gtc *)self)->why;
}

const EapMethod eap_gtc = {
    .name = "EAP-GTC",
    .type = EAP_TYPE_GTC,
    .password = true,
    .needs_identity = true,
    .open = gtc_open,
    .close = gtc_close,
    .start = gtc_start,
    .recv = gtc_recv,
    .answer = gtc_answer,
    .question = gtc_question,
    .why = gtc_why,
};
