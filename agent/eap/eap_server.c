#include "agent/eap/eap_server.h"

#include "agent/eap/eap_user.h"

struct EapServer {
    const EapMethod *const *methods;
    EapSetup setup;
    const EapMethod *method; /* the one asked for, or to be asked for next */
    void *self;              /* NULL while EAP-Identity is asked for */
    char *identity;
    uint8_t id; /* of the last request */
    unsigned rounds;
    bool begun; /* the client has answered a request of @method: no Nak any more */
    bool asking, done, over;
    Secret out;
    char *why;
};

EapServer *
eap_server_new(const EapMethod *const *methods, const EapSetup *setup)
{
    EapServer *s = g_new0(EapServer, 1);

    s->methods = methods;
    s->setup = *setup;
    s->setup.identity = NULL;
    s->method = methods[0];
    return s;
}

void
eap_server_free(EapServer *s)
{
    if (!s)
        return;
    if (s->self)
        s->method->close(s->self);
    secret_clear(&s->out);
    g_free(s->identity);
    g_free(s->why);
    g_free(s);
}

static void
put(EapServer *s, EapPacket packet)
{
    Writer w;

    packet.id = s->id;
    secret_alloc(&s->out, EAP_HEAD_MAX + packet.data.len);
    w = (Writer){ .base = s->out.p, .cap = s->out.len };
    eap_packet_encode(&packet, &w);
    g_assert(!w.overflow); /* a method keeps within 64 KB */
    s->out.len = w.len;
}

/* Success and Failure carry the id of the last request (agent/docs/WIRE.md §4.1). */
static EapVerdict
finish(EapServer *s, EapVerdict verdict)
{
    s->over = true;
    s->asking = false;
    s->done = verdict == EAP_SUCCEEDED;
    put(s, (EapPacket){ .code = verdict == EAP_SUCCEEDED ? EAP_SUCCESS : EAP_FAILURE });
    return verdict;
}

static EapVerdict
fail(EapServer *s, const char *why)
{
    s->why = g_strdup(why ? why : "EAP has failed");
    return finish(s, EAP_FAILED);
}

static EapVerdict
request(EapServer *s, EapPacket packet)
{
    if (++s->rounds > (s->method->rounds ? s->method->rounds : EAP_ROUNDS_MAX))
        return fail(s, "the client took more EAP rounds than any login takes");
    s->id++;
    packet.code = EAP_REQUEST;
    put(s, packet);
    return EAP_SEND;
}

/* RFC 7296 §2.16: a method that has to make a key and has none proves nothing. */
static EapVerdict
succeed(EapServer *s)
{
    if (s->method->mutual && s->method->msk(s->self).len == 0)
        return fail(s, "the EAP method ended without the key that it has to make");
    return finish(s, EAP_SUCCEEDED);
}

static EapVerdict
method_step(EapServer *s, EapStep step, const Secret *out)
{
    s->asking = step == EAP_STEP_ASK;
    switch (step) {
    case EAP_STEP_SEND:
        return request(s, (EapPacket){ .type = s->method->type,
                                       .vendor = s->method->vendor,
                                       .vendor_type = s->method->vendor_type,
                                       .data = secret_view(out) });
    case EAP_STEP_ASK:
        return EAP_ASK;
    case EAP_STEP_DONE:
        return succeed(s);
    case EAP_STEP_DROP:
        return EAP_DROP;
    case EAP_STEP_FAIL:
        break;
    }
    return fail(s, s->method->why(s->self));
}

static EapVerdict
open_method(EapServer *s)
{
    g_auto(Secret) out = { 0 };

    s->self = s->method->open(AC_SERVER, &s->setup);
    return method_step(s, s->method->start(s->self, &out), &out);
}

EapVerdict
eap_server_start(EapServer *s)
{
    bool ask = s->setup.ask_identity;

    for (const EapMethod *const *m = s->methods; *m; m++)
        ask |= (*m)->needs_identity;
    return ask ? request(s, (EapPacket){ .type = EAP_TYPE_IDENTITY }) : open_method(s);
}

/* RFC 3748 §5.1: text, no more than RADIUS would carry. */
static EapVerdict
on_identity(EapServer *s, const EapPacket *in)
{
    if (in->type != EAP_TYPE_IDENTITY)
        return fail(s, "the client answered with another EAP type than it was asked for");
    if (in->data.len > EAP_USER_MAX ||
        !g_utf8_validate((const char *)in->data.p, (gssize)in->data.len, NULL))
        return fail(s, "the client's EAP-Identity is no text or longer than any user name");
    s->identity = g_strndup((const char *)in->data.p, in->data.len);
    s->setup.identity = s->identity;
    return open_method(s);
}

static bool
is_nak(const EapPacket *in)
{
    return in->type == EAP_TYPE_NAK ||
           (in->type == EAP_TYPE_EXPANDED && in->vendor == 0 && in->vendor_type == EAP_TYPE_NAK);
}

static bool
is_ours(const EapServer *s, const EapPacket *in)
{
    return in->type == s->method->type &&
           (in->type != EAP_TYPE_EXPANDED ||
            (in->vendor == s->method->vendor && in->vendor_type == s->method->vendor_type));
}

/* RFC 3748 §5.3.1: one octet for each type the client would do; an expanded one cannot be told. */
static const EapMethod *
wished(const EapServer *s, const EapPacket *in)
{
    if (in->type != EAP_TYPE_NAK)
        return NULL;
    for (const EapMethod *const *m = s->methods; *m; m++)
        if (*m != s->method && (*m)->type != EAP_TYPE_EXPANDED && in->data.len > 0 &&
            memchr(in->data.p, (*m)->type, in->data.len))
            return *m;
    return NULL;
}

/* Only the first request of a method may be refused so (§5.3.1); the rounds bound the rest. */
static EapVerdict
on_nak(EapServer *s, const EapPacket *in)
{
    const EapMethod *other = s->begun ? NULL : wished(s, in);

    if (!other)
        return fail(s, "the client does not do the EAP method asked for");
    s->method->close(s->self);
    s->method = other;
    return open_method(s);
}

EapVerdict
eap_server_recv(EapServer *s, Slice packet)
{
    g_auto(Secret) out = { 0 };
    EapPacket in;

    if (s->over || s->asking || !eap_packet_decode(packet, &in) || in.code != EAP_RESPONSE ||
        in.id != s->id)
        return EAP_DROP;
    if (!s->self)
        return on_identity(s, &in);
    if (is_nak(&in))
        return on_nak(s, &in);
    if (!is_ours(s, &in))
        return fail(s, "the client answered with another EAP type than it was asked for");
    s->begun = true;
    return method_step(s, s->method->recv(s->self, &in, &out), &out);
}

EapVerdict
eap_server_answer(EapServer *s, EapAnswer *answer)
{
    g_auto(Secret) out = { 0 };

    if (!s->asking)
        return EAP_DROP;
    return method_step(s, s->method->answer(s->self, answer, &out), &out);
}

const EapQuestion *
eap_server_question(const EapServer *s)
{
    return s->asking ? s->method->question(s->self) : NULL;
}

Slice
eap_server_out(const EapServer *s)
{
    return secret_view(&s->out);
}

const char *
eap_server_identity(const EapServer *s)
{
    return s->identity;
}

bool
eap_server_person(const EapServer *s)
{
    return !s->self || s->method->password;
}

Slice
eap_server_msk(const EapServer *s)
{
    return s->done && s->method->msk ? s->method->msk(s->self) : (Slice){ 0 };
}

const char *
eap_server_why(const EapServer *s)
{
    return s->why ? s->why : "";
}
