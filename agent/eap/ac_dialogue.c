#include "agent/eap/ac_dialogue.h"

#include "agent/base/log.h"
#include "agent/eap/ac_form.h"
#include "agent/eap/ac_xml.h"

struct AcDialogue {
    AcSide side;
    AcIdentity id;
    AcState state;
    AcDoc *question;          /* client: the form. server: init or auth-reply */
    AcDoc *complete;          /* client */
    char *group;              /* client: the one that init asked for, NULL: default */
    bool no_cert;             /* client: has answered <client-cert-fail> */
    bool own_cert, sent_cert; /* client: there is one; it has gone out */
    bool proves;              /* client: it goes with @out */
    Secret out;
    char *why;
};

/* What comes with a trigger; handlers take out of it what they keep. */
typedef struct Input {
    AcDoc *doc;
    GPtrArray *fields;
    const char *text; /* group, why a login is refused, why a document cannot be read */
} Input;

static bool G_GNUC_PRINTF(2, 3) fail(AcDialogue *d, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    g_free(d->why);
    d->why = g_strdup_vprintf(format, args);
    va_end(args);
    return false;
}

static bool
send(AcDialogue *d, AcDoc *doc)
{
    if (!doc->version)
        doc->version = g_strdup(d->id.version);
    doc->aggregate |= d->id.aggregate; /* a gateway may answer each client in its own form */
    if (ac_xml_write(doc, &d->out))
        return true;
    return fail(d,
                "%s cannot be written: it is larger than %d octets, or has text that XML cannot "
                "carry",
                ac_doc_type_name(doc->type), AC_XML_MAX);
}

/* A document of the client's, with who we are (agent/docs/WIRE.md §6.2). */
static AcDoc *
client_doc(const AcDialogue *d, AcDocType type)
{
    AcDoc *doc = ac_doc_new(type);

    doc->device = g_strdup(d->id.device);
    doc->computer_name = g_strdup(d->id.computer_name);
    doc->device_type = g_strdup(d->id.device_type);
    doc->platform_version = g_strdup(d->id.platform_version);
    doc->unique_id = g_strdup(d->id.unique_id);
    return doc;
}

static bool
send_init(AcDialogue *d, void *input)
{
    g_autoptr(AcDoc) doc = client_doc(d, AC_INIT);

    (void)input;
    doc->group_select = g_strdup(d->group);
    doc->group_access = g_strdup(d->group);
    doc->client_cert_fail = d->no_cert;
    return send(d, doc);
}

static bool
send_no_cert(AcDialogue *d, void *input)
{
    d->no_cert = true;
    return send_init(d, input);
}

static bool
send_cert(AcDialogue *d, void *input)
{
    d->sent_cert = d->proves = true;
    return send_init(d, input);
}

static bool
send_group(AcDialogue *d, void *input)
{
    const Input *in = input;
    const Secret *field = in->fields ? ac_fields_get(in->fields, "group_list") : NULL;
    g_autofree char *name =
        field ? g_strndup((const char *)field->p, field->len) : g_strdup(in->text);
    const AcOption *o = ac_form_group(d->question, name);

    g_free(d->group);
    d->group = o ? g_strdup(o->value) : g_steal_pointer(&name);
    d->sent_cert = false;
    return send_init(d, input);
}

static bool
send_reply(AcDialogue *d, AcDoc *form, GPtrArray *fields)
{
    g_autoptr(AcDoc) doc = client_doc(d, AC_AUTH_REPLY);

    doc->has_session = true;
    if (form->opaque)
        doc->opaque = g_bytes_ref(form->opaque);
    ac_form_reply(form, fields, doc);
    return send(d, doc);
}

static bool
send_fields(AcDialogue *d, void *input)
{
    return send_reply(d, d->question, ((Input *)input)->fields);
}

/* Nothing is left to fill in: an empty <auth> (agent/docs/WIRE.md §4.3). */
static bool
send_empty(AcDialogue *d, void *input)
{
    return send_reply(d, ((Input *)input)->doc, NULL);
}

static bool
send_ack(AcDialogue *d, void *input)
{
    g_autoptr(AcDoc) doc = client_doc(d, AC_ACK);

    (void)input;
    return send(d, doc);
}

static bool
keep_question(AcDialogue *d, void *input)
{
    g_clear_pointer(&d->question, ac_doc_free);
    d->question = g_steal_pointer(&((Input *)input)->doc);
    return true;
}

/* A form that marks no group was made for the one that init asked for. */
static bool
keep_form(AcDialogue *d, void *input)
{
    const AcInput *groups;
    AcOption *ours;

    keep_question(d, input);
    groups = ac_form_groups(d->question);
    ours = groups && d->group ? (AcOption *)ac_form_group(d->question, d->group) : NULL;
    for (guint i = 0; ours && i < groups->options->len; i++)
        if (((AcOption *)groups->options->pdata[i])->selected)
            return true;
    if (ours)
        ours->selected = true;
    return true;
}

static bool
keep_complete(AcDialogue *d, void *input)
{
    d->complete = g_steal_pointer(&((Input *)input)->doc);
    return true;
}

static bool
complete_ack(AcDialogue *d, void *input)
{
    return keep_complete(d, input) && send_ack(d, input);
}

/* The gateway's own words for a refusal. */
static bool
fail_error(AcDialogue *d, void *input)
{
    const AcText *e = &((Input *)input)->doc->error;
    g_autofree char *text = log_escape(e->text, strlen(e->text), 400);

    if (*text)
        return fail(d, "the gateway refused the login: %s", text);
    return fail(d, "the gateway refused the login with error %d", e->id);
}

static bool
fail_refused(AcDialogue *d, void *input)
{
    const Input *in = input;

    return fail(d, "%s", in->text ? in->text : "the login was refused");
}

static bool
send_hello(AcDialogue *d, void *input)
{
    g_autoptr(AcDoc) doc = ac_doc_new(AC_HELLO);

    (void)input;
    return send(d, doc);
}

static bool
send_given(AcDialogue *d, void *input)
{
    return send(d, ((Input *)input)->doc);
}

#define CLIENT(from, on, need, without, to, step) AC_CLIENT, from, on, need, without, to, step
#define SERVER(from, on, to, step)                AC_SERVER, from, on, 0, 0, to, step

/* agent/docs/WIRE.md §4.3 */
static const AcTransition table[] = {
    { CLIENT(AC_ST_START, AC_ON_HELLO, 0, 0, AC_ST_FORM, AC_SEND), send_init,
      "the gateway says hello, init goes out" },

    { CLIENT(AC_ST_FORM, AC_ON_AUTH_REQUEST, AC_HAS_CERT_REQUEST | AC_HAS_OWN_CERT,
             AC_HAS_SENT_CERT, AC_ST_FORM, AC_SEND),
      send_cert, "the gateway asks for a client certificate, it goes out with a new init" },
    { CLIENT(AC_ST_FORM, AC_ON_AUTH_REQUEST, AC_HAS_CERT_REQUEST,
             AC_HAS_SAID_NO_CERT | AC_HAS_OWN_CERT, AC_ST_FORM, AC_SEND),
      send_no_cert, "the gateway asks for a client certificate, there is none" },
    { CLIENT(AC_ST_FORM, AC_ON_AUTH_REQUEST, AC_HAS_FORM, 0, AC_ST_ASKING, AC_ASK), keep_form,
      "the gateway sends a form" },
    { CLIENT(AC_ST_FORM, AC_ON_AUTH_REQUEST, AC_HAS_ERROR, 0, AC_ST_FAILED, AC_FAIL), fail_error,
      "the gateway refused the login" },
    { CLIENT(AC_ST_FORM, AC_ON_AUTH_REQUEST, AC_HAS_AUTH_COMPLETE, 0, AC_ST_FORM, AC_SEND),
      send_empty, "nothing is left to fill in, an empty auth-reply goes out" },
    { CLIENT(AC_ST_FORM, AC_ON_AUTH_REQUEST, AC_HAS_CERT_REQUEST, 0, AC_ST_FAILED, AC_FAIL), NULL,
      "the gateway insists on a client certificate" },
    { CLIENT(AC_ST_FORM, AC_ON_AUTH_REQUEST, 0, 0, AC_ST_FAILED, AC_FAIL), NULL,
      "the gateway sent an auth-request that asks for nothing" },

    { CLIENT(AC_ST_FORM, AC_ON_COMPLETE, AC_HAS_ERROR, 0, AC_ST_FAILED, AC_FAIL), fail_error,
      "the gateway refused the login in its complete" },
    { CLIENT(AC_ST_FORM, AC_ON_COMPLETE, AC_HAS_TOKEN | AC_HAS_BANNER, 0, AC_ST_BANNER, AC_ASK),
      keep_complete, "the login is right, a banner is to be accepted" },
    { CLIENT(AC_ST_FORM, AC_ON_COMPLETE, AC_HAS_TOKEN, 0, AC_ST_DONE, AC_DONE), complete_ack,
      "the login is right, ack goes out" },
    { CLIENT(AC_ST_FORM, AC_ON_COMPLETE, 0, 0, AC_ST_FAILED, AC_FAIL), NULL,
      "the gateway sent complete without a session token" },

    { CLIENT(AC_ST_ASKING, AC_ON_FILL, AC_HAS_OTHER_GROUP, 0, AC_ST_FORM, AC_SEND), send_group,
      "another group is chosen, a new init goes out" },
    { CLIENT(AC_ST_ASKING, AC_ON_FILL, 0, 0, AC_ST_FORM, AC_SEND), send_fields,
      "the form is filled, auth-reply goes out" },
    { CLIENT(AC_ST_ASKING, AC_ON_GROUP, 0, 0, AC_ST_FORM, AC_SEND), send_group,
      "a group is chosen, a new init goes out" },
    { CLIENT(AC_ST_ASKING, AC_ON_DECLINE, 0, 0, AC_ST_FAILED, AC_FAIL), NULL,
      "the login was given up" },

    { CLIENT(AC_ST_BANNER, AC_ON_ACCEPT, 0, 0, AC_ST_DONE, AC_DONE), send_ack,
      "the banner is accepted, ack goes out" },
    { CLIENT(AC_ST_BANNER, AC_ON_DECLINE, 0, 0, AC_ST_FAILED, AC_FAIL), NULL,
      "the banner was declined" },

    { SERVER(AC_ST_START, AC_ON_START, AC_ST_HELLO, AC_SEND), send_hello, "hello goes out" },
    { SERVER(AC_ST_HELLO, AC_ON_INIT, AC_ST_ASKING, AC_ASK), keep_question,
      "the client says who it is, which form?" },
    { SERVER(AC_ST_FORM, AC_ON_AUTH_REPLY, AC_ST_ASKING, AC_ASK), keep_question,
      "the form comes back, is the login right?" },
    { SERVER(AC_ST_FORM, AC_ON_INIT, AC_ST_ASKING, AC_ASK), keep_question,
      "the client starts anew with another group, which form?" },
    { SERVER(AC_ST_ASKING, AC_ON_REPLY_FORM, AC_ST_FORM, AC_SEND), send_given,
      "auth-request goes out" },
    { SERVER(AC_ST_ASKING, AC_ON_REPLY_COMPLETE, AC_ST_COMPLETE, AC_SEND), send_given,
      "the login is right, complete goes out" },
    { SERVER(AC_ST_ASKING, AC_ON_REFUSE, AC_ST_FAILED, AC_FAIL), fail_refused,
      "the login is refused" },
    { SERVER(AC_ST_COMPLETE, AC_ON_ACK, AC_ST_DONE, AC_DONE), NULL, "the client acknowledges" },
};

const AcTransition *
ac_dialogue_table(size_t *ret_n)
{
    *ret_n = G_N_ELEMENTS(table);
    return table;
}

static bool
picks_other_group(const AcDialogue *d, const Input *in)
{
    const Secret *field = ac_fields_get(in->fields, "group_list");
    const AcOption *now = d->question ? ac_form_group(d->question, NULL) : NULL;
    g_autofree char *name = NULL;
    const AcOption *picked;

    if (!field || field->len == 0 || !now)
        return false;
    name = g_strndup((const char *)field->p, field->len);
    picked = ac_form_group(d->question, name);
    return picked != now;
}

static unsigned
facts(const AcDialogue *d, const Input *in)
{
    const AcDoc *doc = in->doc;
    unsigned has = d->no_cert ? AC_HAS_SAID_NO_CERT : 0;

    has |= d->own_cert ? AC_HAS_OWN_CERT : 0;
    has |= d->sent_cert ? AC_HAS_SENT_CERT : 0;
    if (in->fields && picks_other_group(d, in))
        has |= AC_HAS_OTHER_GROUP;
    if (!doc)
        return has;
    has |= doc->error.text ? AC_HAS_ERROR : 0;
    has |= doc->has_form ? AC_HAS_FORM : 0;
    has |= doc->banner.text && *doc->banner.text ? AC_HAS_BANNER : 0;
    has |= doc->session_token.len ? AC_HAS_TOKEN : 0;
    has |= doc->client_cert_request ? AC_HAS_CERT_REQUEST : 0;
    has |= doc->auth_complete ? AC_HAS_AUTH_COMPLETE : 0;
    return has;
}

static const AcTransition *
find(const AcDialogue *d, AcTrigger on, unsigned has)
{
    for (size_t i = 0; i < G_N_ELEMENTS(table); i++) {
        const AcTransition *t = &table[i];

        if (t->side == d->side && t->from == d->state && t->on == on &&
            (has & t->need) == t->need && (has & t->without) == 0)
            return t;
    }
    return NULL;
}

static bool
out_of_turn(AcDialogue *d, AcTrigger on, const Input *in)
{
    static const char *const expected[][2] = {
        /* client, server */
        [AC_ST_START] = { "hello", "nothing" },
        [AC_ST_HELLO] = { "nothing", "init" },
        [AC_ST_FORM] = { "auth-request or complete", "auth-reply or init" },
        [AC_ST_ASKING] = { "nothing", "nothing" },
        [AC_ST_BANNER] = { "nothing", "nothing" },
        [AC_ST_COMPLETE] = { "nothing", "ack" },
        [AC_ST_DONE] = { "nothing", "nothing" },
        [AC_ST_FAILED] = { "nothing", "nothing" },
    };

    const char *peer = d->side == AC_CLIENT ? "gateway" : "client";

    if (on == AC_ON_UNREADABLE)
        return fail(d, "the %s sent a document that cannot be read: %s", peer, in->text);
    if (on > AC_ON_UNREADABLE)
        return fail(d, "an answer came in state %s, which had not asked for it",
                    ac_state_name(d->state));
    return fail(d, "the %s sent %s when %s was expected", peer, ac_doc_type_name((AcDocType)on),
                expected[d->state][d->side]);
}

/* The one place that moves the state. */
static AcStep
move(AcDialogue *d, AcTrigger on, Input *in)
{
    const AcTransition *t = find(d, on, facts(d, in));
    bool ok = t ? !t->run || t->run(d, in) : out_of_turn(d, on, in);

    d->state = ok ? t->to : AC_ST_FAILED;
    if (d->state == AC_ST_FAILED && !d->why)
        d->why = g_strdup(t->story);
    if (d->state != AC_ST_ASKING)
        g_clear_pointer(&d->question, ac_doc_free);
    return ok ? t->step : AC_FAIL;
}

AcDialogue *
ac_dialogue_new(AcSide side, const AcIdentity *id)
{
    AcDialogue *d = g_new0(AcDialogue, 1);

    d->side = side;
    d->id = *id;
    d->group = g_strdup(id->group);
    return d;
}

void
ac_dialogue_free(AcDialogue *d)
{
    if (!d)
        return;
    ac_doc_free(d->question);
    ac_doc_free(d->complete);
    g_free(d->group);
    secret_clear(&d->out);
    g_free(d->why);
    g_free(d);
}

void
ac_dialogue_may_prove(AcDialogue *d)
{
    d->own_cert = true;
}

bool
ac_dialogue_proves(const AcDialogue *d)
{
    return d->proves;
}

AcStep
ac_dialogue_start(AcDialogue *d)
{
    return move(d, AC_ON_START, &(Input){ 0 });
}

AcStep
ac_dialogue_recv(AcDialogue *d, Slice xml)
{
    g_autofree char *why = NULL;
    Input in = { .doc = ac_xml_read(xml, &why) };
    AcStep step;

    in.text = why;
    step = move(d, in.doc ? (AcTrigger)in.doc->type : AC_ON_UNREADABLE, &in);
    ac_doc_free(in.doc);
    return step;
}

const AcDoc *
ac_dialogue_question(const AcDialogue *d)
{
    return d->state == AC_ST_BANNER ? d->complete : d->question;
}

AcStep
ac_dialogue_fill(AcDialogue *d, GPtrArray *fields)
{
    return move(d, AC_ON_FILL, &(Input){ .fields = fields });
}

AcStep
ac_dialogue_choose_group(AcDialogue *d, const char *group)
{
    return move(d, AC_ON_GROUP, &(Input){ .text = group });
}

AcStep
ac_dialogue_accept(AcDialogue *d, bool yes)
{
    return move(d, yes ? AC_ON_ACCEPT : AC_ON_DECLINE, &(Input){ 0 });
}

AcStep
ac_dialogue_reply(AcDialogue *d, AcDoc *doc)
{
    Input in = { .doc = doc };
    AcStep step;

    g_assert(doc->type == AC_AUTH_REQUEST || doc->type == AC_COMPLETE);
    step = move(d, doc->type == AC_COMPLETE ? AC_ON_REPLY_COMPLETE : AC_ON_REPLY_FORM, &in);
    ac_doc_free(in.doc);
    return step;
}

AcStep
ac_dialogue_refuse(AcDialogue *d, const char *why)
{
    return move(d, AC_ON_REFUSE, &(Input){ .text = why });
}

void
ac_dialogue_take_out(AcDialogue *d, Secret *ret)
{
    d->proves = false;
    secret_move(ret, &d->out);
}

const AcDoc *
ac_dialogue_complete(const AcDialogue *d)
{
    return d->complete;
}

AcState
ac_dialogue_state(const AcDialogue *d)
{
    return d->state;
}

const char *
ac_dialogue_why(const AcDialogue *d)
{
    return d->why;
}
