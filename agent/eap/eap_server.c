#include "agent/eap/eap_server.h"

struct EapServer {
    const EapMethod *method;
    void *self;
    uint8_t id; /* of the last request */
    unsigned rounds;
    bool asking, over;
    Secret out;
    char *why;
};

EapServer *
eap_server_new(const EapMethod *method, const AcIdentity *id)
{
    EapServer *s = g_new0(EapServer, 1);

    s->method = method;
    s->self = method->open(AC_SERVER, id);
    return s;
}

void
eap_server_free(EapServer *s)
{
    if (!s)
        return;
    s->method->close(s->self);
    secret_clear(&s->out);
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
request(EapServer *s, const Secret *data)
{
    if (++s->rounds > EAP_ROUNDS_MAX)
        return fail(s, "the client took more EAP rounds than any login takes");
    s->id++;
    put(s, (EapPacket){ .code = EAP_REQUEST,
                        .type = s->method->type,
                        .vendor = s->method->vendor,
                        .vendor_type = s->method->vendor_type,
                        .data = secret_view(data) });
    return EAP_SEND;
}

static EapVerdict
method_step(EapServer *s, EapStep step, const Secret *out)
{
    s->asking = step == EAP_STEP_ASK;
    switch (step) {
    case EAP_STEP_SEND:
        return request(s, out);
    case EAP_STEP_ASK:
        return EAP_ASK;
    case EAP_STEP_DONE:
        return finish(s, EAP_SUCCEEDED);
    case EAP_STEP_DROP:
        return EAP_DROP;
    case EAP_STEP_FAIL:
        break;
    }
    return fail(s, s->method->why(s->self));
}

EapVerdict
eap_server_start(EapServer *s)
{
    g_auto(Secret) out = { 0 };

    return method_step(s, s->method->start(s->self, &out), &out);
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

EapVerdict
eap_server_recv(EapServer *s, Slice packet)
{
    g_auto(Secret) out = { 0 };
    EapPacket in;

    if (s->over || s->asking || !eap_packet_decode(packet, &in) || in.code != EAP_RESPONSE ||
        in.id != s->id)
        return EAP_DROP;
    if (is_nak(&in))
        return fail(s, "the client does not do the EAP method asked for");
    if (!is_ours(s, &in))
        return fail(s, "the client answered with another EAP type than it was asked for");
    return method_step(s, s->method->recv(s->self, in.data, &out), &out);
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
eap_server_why(const EapServer *s)
{
    return s->why ? s->why : "";
}
