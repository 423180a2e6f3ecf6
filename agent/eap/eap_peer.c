#include "agent/eap/eap_peer.h"

#include "agent/eap/eap_user.h"

struct EapPeer {
    const EapMethod *const *methods;
    EapSetup setup;
    EapUser login;
    const EapMethod *method; /* NULL until the server asks for one of ours */
    void *self;
    int last_id; /* of the last new request, -1: none yet */
    unsigned rounds;
    bool asking, done, over;
    bool naming; /* the question is ours: who, for EAP-Identity */
    Secret out;  /* the last response; may hold a password */
    char *why;
};

EapPeer *
eap_peer_new(const EapMethod *const *methods, const EapSetup *setup)
{
    EapPeer *p = g_new0(EapPeer, 1);

    p->methods = methods;
    p->setup = *setup;
    p->setup.login = &p->login;
    if (setup->identity && *setup->identity)
        p->login.name = g_strdup(setup->identity);
    p->last_id = -1;
    return p;
}

void
eap_peer_free(EapPeer *p)
{
    if (!p)
        return;
    if (p->self)
        p->method->close(p->self);
    eap_user_clear(&p->login);
    secret_clear(&p->out);
    g_free(p->why);
    g_free(p);
}

static EapVerdict
fail(EapPeer *p, const char *why)
{
    if (!p->why)
        p->why = g_strdup(why ? why : "EAP has failed");
    p->over = true;
    p->asking = p->naming = false;
    secret_clear(&p->out);
    return EAP_FAILED;
}

/* Answer the last request with @response, whose code and id are filled in here. */
static EapVerdict
respond(EapPeer *p, EapPacket response)
{
    Writer w;

    response.code = EAP_RESPONSE;
    response.id = (uint8_t)p->last_id;
    secret_alloc(&p->out, EAP_HEAD_MAX + response.data.len);
    w = (Writer){ .base = p->out.p, .cap = p->out.len };
    eap_packet_encode(&response, &w);
    g_assert(!w.overflow); /* a method keeps within 64 KB */
    p->out.len = w.len;
    return EAP_SEND;
}

/* RFC 3748 §5.3.1: the types we would do instead, one octet each. */
static EapVerdict
nak_legacy(EapPeer *p)
{
    uint8_t types[EAP_ROUNDS_MAX];
    Writer w = { .base = types, .cap = sizeof(types) };

    for (const EapMethod *const *m = p->methods; *m; m++)
        if (!memchr(types, (*m)->type, w.len))
            writer_u8(&w, (*m)->type);
    return respond(p, (EapPacket){ .type = EAP_TYPE_NAK, .data = writer_view(&w) });
}

/* RFC 3748 §5.3.2: an expanded type is refused in the same way, eight octets each. */
static EapVerdict
nak_expanded(EapPeer *p)
{
    uint8_t types[8 * EAP_ROUNDS_MAX];
    Writer w = { .base = types, .cap = sizeof(types) };

    for (const EapMethod *const *m = p->methods; *m; m++) {
        writer_u8(&w, EAP_TYPE_EXPANDED);
        writer_u8(&w, (uint8_t)((*m)->vendor >> 16));
        writer_u16(&w, (uint16_t)(*m)->vendor);
        writer_u32(&w, (*m)->type == EAP_TYPE_EXPANDED ? (*m)->vendor_type : (*m)->type);
    }
    return respond(p, (EapPacket){ .type = EAP_TYPE_EXPANDED,
                                   .vendor_type = EAP_TYPE_NAK,
                                   .data = writer_view(&w) });
}

static bool
is_method(const EapMethod *m, const EapPacket *in)
{
    return m->type == in->type && (in->type != EAP_TYPE_EXPANDED ||
                                   (m->vendor == in->vendor && m->vendor_type == in->vendor_type));
}

static const EapMethod *
find_method(const EapPeer *p, const EapPacket *in)
{
    for (const EapMethod *const *m = p->methods; *m; m++)
        if (is_method(*m, in))
            return *m;
    return NULL;
}

static EapVerdict
method_step(EapPeer *p, EapStep step, const Secret *out)
{
    p->asking = step == EAP_STEP_ASK;
    p->done = step == EAP_STEP_DONE;
    switch (step) {
    case EAP_STEP_SEND:
    case EAP_STEP_DONE:
        return respond(p, (EapPacket){ .type = p->method->type,
                                       .vendor = p->method->vendor,
                                       .vendor_type = p->method->vendor_type,
                                       .data = secret_view(out) });
    case EAP_STEP_ASK:
        return EAP_ASK;
    case EAP_STEP_DROP:
        return EAP_DROP;
    case EAP_STEP_FAIL:
        break;
    }
    return fail(p, p->method->why(p->self));
}

static EapVerdict
method_recv(EapPeer *p, const EapPacket *in)
{
    g_auto(Secret) out = { 0 };

    if (!p->method) {
        const EapMethod *m = find_method(p, in);

        if (!m)
            return in->type == EAP_TYPE_EXPANDED ? nak_expanded(p) : nak_legacy(p);
        p->method = m;
        p->self = m->open(AC_CLIENT, &p->setup);
    }
    if (!is_method(p->method, in))
        return fail(p, "the gateway changed the EAP method in the middle of it");
    return method_step(p, p->method->recv(p->self, in, &out), &out);
}

/* Without a name to answer with, a person is asked; for the password too, if it is sure to be
 * needed, so that there is one form and not two. */
static EapVerdict
on_identity(EapPeer *p)
{
    bool password = false;

    if (p->login.name)
        return respond(p,
                       (EapPacket){ .type = EAP_TYPE_IDENTITY, .data = slice_of(p->login.name) });
    for (const EapMethod *const *m = p->methods; *m; m++)
        password |= (*m)->password;
    eap_user_ask(&p->login, password, (Slice){ 0 }, (Slice){ 0 });
    p->asking = p->naming = true;
    return EAP_ASK;
}

static EapVerdict
on_name(EapPeer *p, EapAnswer *answer)
{
    const char *why = eap_user_fill(&p->login, answer);

    eap_answer_clear(answer);
    p->asking = p->naming = false;
    return why ? fail(p, why) : on_identity(p);
}

static unsigned
rounds_max(const EapPeer *p)
{
    return p->method && p->method->rounds ? p->method->rounds : EAP_ROUNDS_MAX;
}

static EapVerdict
on_request(EapPeer *p, const EapPacket *in)
{
    if (p->asking)
        return EAP_DROP; /* the answer to the last request is still with the person */
    if (++p->rounds > rounds_max(p))
        return fail(p, "the gateway sent more EAP requests than any login takes");
    if (in->id == p->last_id && p->out.len > 0)
        return EAP_SEND; /* RFC 3748 §4.1: the same request gets the same response */
    p->last_id = in->id;
    secret_clear(&p->out);
    if (in->type == EAP_TYPE_NOTIFICATION)
        return respond(p, (EapPacket){ .type = EAP_TYPE_NOTIFICATION });
    if (in->type == EAP_TYPE_IDENTITY && !p->method)
        return on_identity(p);
    return method_recv(p, in);
}

/* RFC 3748 §4.2: neither is protected by EAP itself, so an early Success is no success. */
static EapVerdict
on_success(EapPeer *p, const EapPacket *in)
{
    const char *missing = p->self && p->method->missing ? p->method->missing(p->self) : NULL;

    if (!p->done)
        return fail(p,
                    missing ? missing : "the gateway sent EAP-Success before the login was done");
    if (in->id != p->last_id)
        return EAP_DROP;
    if (p->method->mutual && eap_peer_msk(p).len == 0)
        return fail(p, "the EAP method ended without the key that it has to make");
    p->over = true;
    secret_clear(&p->out);
    return EAP_SUCCEEDED;
}

/* Nor is this, but there is nothing to go on with; the method may know why. */
static EapVerdict
on_failure(EapPeer *p)
{
    const char *why = p->self ? p->method->why(p->self) : NULL;

    return fail(p, why ? why : "the gateway refused the login");
}

EapVerdict
eap_peer_recv(EapPeer *p, Slice packet)
{
    EapPacket in;

    if (p->over || !eap_packet_decode(packet, &in))
        return EAP_DROP;
    switch (in.code) {
    case EAP_REQUEST:
        return on_request(p, &in);
    case EAP_SUCCESS:
        return on_success(p, &in);
    case EAP_FAILURE:
        return on_failure(p);
    default:
        return EAP_DROP; /* a response is for an authenticator */
    }
}

EapVerdict
eap_peer_answer(EapPeer *p, EapAnswer *answer)
{
    g_auto(Secret) out = { 0 };

    if (!p->asking)
        return EAP_DROP;
    if (p->naming)
        return on_name(p, answer);
    return method_step(p, p->method->answer(p->self, answer, &out), &out);
}

const EapQuestion *
eap_peer_question(const EapPeer *p)
{
    if (p->naming)
        return &p->login.question;
    return p->asking ? p->method->question(p->self) : NULL;
}

Slice
eap_peer_out(const EapPeer *p)
{
    return secret_view(&p->out);
}

const AcDoc *
eap_peer_complete(const EapPeer *p)
{
    return p->self && p->method->complete ? p->method->complete(p->self) : NULL;
}

Slice
eap_peer_msk(const EapPeer *p)
{
    return p->done && p->method->msk ? p->method->msk(p->self) : (Slice){ 0 };
}

const char *
eap_peer_why(const EapPeer *p)
{
    return p->why ? p->why : "";
}
