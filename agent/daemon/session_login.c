#include "agent/daemon/session_private.h"

/* A backup server has a key of its own: it is remembered by its own name. */
static const char *
known_as(const Session *s)
{
    return s->candidate > 1 ? session_gateway_name(s) : s->host->name;
}

static SessionOutcome
trust_leaf(Session *s, bool yes)
{
    LogFields fields = session_fields(s);

    log_at(LOG_MESSAGE, &fields, "certificate %s: %s", yes ? "trusted" : "refused",
           s->verify.why ? s->verify.why : "by the user");
    ike_sa_answer_certificate(s->sa, yes, ike_driver_now());
    return SESSION_DONE;
}

static gboolean
trust_at_once(gpointer user)
{
    Session *s = user;

    s->idle = 0;
    session_fire(s, SESSION_ON_ANSWER,
                 &(SessionArg){ .answer = &(PromptAnswer){ .accept = true } });
    return G_SOURCE_REMOVE;
}

/* What is said about a certificate that nobody may accept. */
static SessionOutcome
refuse_leaf(Session *s)
{
    g_autoptr(GPtrArray) reasons = verify_reasons(s->verify.problems);

    const char *why = s->verify.why ? s->verify.why : "";

    g_ptr_array_add(reasons, NULL);
    g_autofree char *all = g_strjoinv("; ", (char **)reasons->pdata);

    session_set_error(s, AC_ERROR_CERTIFICATE, "ask the administrator of the gateway",
                      "the certificate of %s is not trusted: %s%s%s", s->host->name, why,
                      *why && *all ? ": " : "", all);
    return SESSION_FAIL;
}

static void
on_revoke(const RevokeResult *result, void *user)
{
    session_fire(user, SESSION_ON_CHECKED, &(SessionArg){ .revoke = result });
}

void
session_ask_issuers(Session *s, const X509Chain *chain, int64_t now, GCancellable **checking,
                    RevokeDone done)
{
    g_clear_object(checking);
    *checking = g_cancellable_new();
    revoke_check(&(RevokeSetup){ .chain = chain,
                                 .anchors = s->setup.anchors,
                                 .crl_file = s->setup.settings->crl_file,
                                 .steps = { { .ocsp = true, .lists = true } },
                                 .n_steps = 1,
                                 .now = now },
                 *checking, done, s);
}

/* Does what the issuers have said stop us? Then the error is set. */
static bool
is_revoked(Session *s, const RevokeResult *r)
{
    bool strict = s->setup.settings->revocation == X509_REVOCATION_STRICT;
    LogFields fields = session_fields(s);

    if (r->problems & X509_IS_REVOKED || (r->problems && strict)) {
        s->verify.problems |= r->problems;
        g_free(s->verify.why);
        s->verify.why = g_strdup(r->problems & X509_IS_REVOKED ? NULL : r->why);
        (void)refuse_leaf(s);
        return true;
    }
    if (r->problems && r->why)
        log_at(LOG_WARNING, &fields, "the certificate's revocation state is not known: %s", r->why);
    return false;
}

SessionOutcome
session_on_checked(Session *s, const SessionArg *arg)
{
    if (is_revoked(s, arg->revoke))
        return SESSION_FAIL;
    session_emit_state(s, "authenticating", NULL, true);
    return trust_leaf(s, true);
}

SessionOutcome
session_on_server(Session *s, const SessionArg *arg)
{
    session_ask_issuers(s, arg->ev->question->chain, g_get_real_time() / G_USEC_PER_SEC,
                        &s->checking, on_revoke);
    return SESSION_DONE;
}

SessionOutcome
session_on_server_checked(Session *s, const SessionArg *arg)
{
    g_auto(EapAnswer) yes = { .kind = EAP_ANSWER_ACCEPT };

    if (is_revoked(s, arg->revoke))
        return SESSION_FAIL;
    ike_sa_answer_eap(s->sa, &yes, ike_driver_now());
    return SESSION_DONE;
}

bool
session_gateway_is(Session *s, const IkeId *idr)
{
    const LoginId *wanted = login_gateway(s->login);
    g_autofree char *got = NULL;

    if (!wanted || login_id_is(wanted, idr))
        return true;
    got = ike_id_format(idr);
    session_set_error(s, AC_ERROR_CERTIFICATE,
                      "gateway_identity in acclient.conf says what it should be",
                      "the gateway calls itself %s", got);
    return false;
}

void
session_verify(Session *s, const X509Chain *chain, int64_t now, Verify *ret)
{
    const Settings *settings = s->setup.settings;

    verify_chain(chain,
                 &(VerifySetup){ .settings = settings,
                                 .policy = login_policy(s->login, settings->policy),
                                 .trust = s->setup.trust,
                                 .host = s->host,
                                 .address = session_certified_name(s),
                                 .known_as = known_as(s),
                                 .anchors = s->setup.anchors,
                                 .pins = s->setup.pins,
                                 .now = now },
                 ret);
}

SessionOutcome
session_on_certificate(Session *s, const SessionArg *arg)
{
    const Settings *settings = s->setup.settings;
    int64_t now = g_get_real_time() / G_USEC_PER_SEC;
    char address[ADDR_TEXT_MAX];
    GVariantDict *d;

    if (!session_gateway_is(s, &arg->ev->idr))
        return SESSION_FAIL;
    verify_clear(&s->verify);
    session_verify(s, arg->ev->chain, now, &s->verify);
    if (s->verify.verdict == VERIFY_REFUSED)
        return refuse_leaf(s);
    if (s->verify.verdict == VERIFY_TRUSTED) {
        if (s->verify.problems == 0 && settings->revocation != X509_REVOCATION_OFF)
            session_ask_issuers(s, arg->ev->chain, now, &s->checking, on_revoke);
        else
            session_defer(s, trust_at_once);
        return SESSION_DONE;
    }
    d = event_begin("prompt");
    prompt_certificate(d, &s->verify, arg->ev->chain, addr_format(&s->gateway.addr, address));
    session_ask(s, PROMPT_CERTIFICATE, d);
    return SESSION_DONE;
}

static void
remember(Session *s)
{
    g_autoptr(GError) error = NULL;
    TrustEntry e = { .host = known_as(s),
                     .pin = s->verify.leaf->pin_sha256,
                     .subject = s->verify.leaf->subject,
                     .problems = s->verify.problems,
                     .added = g_get_real_time() / G_USEC_PER_SEC };

    if (!trust_put(s->setup.trust, &e, &error))
        session_emit_notice(s, false, "The certificate could not be remembered: %s",
                            error->message);
}

/* What a person has accepted is accepted for as long as the session is made anew. */
static void
pin(Session *s)
{
    g_autoptr(GStrvBuilder) pins = g_strv_builder_new();

    if (s->setup.pins)
        g_strv_builder_addv(pins, (const char **)s->setup.pins);
    g_strv_builder_add(pins, s->verify.leaf->pin_sha256);
    g_strfreev((char **)s->setup.pins);
    s->setup.pins = g_strv_builder_end(pins);
}

SessionOutcome
session_on_trust_answer(Session *s, const SessionArg *arg)
{
    session_asked(s);
    if (!arg->answer->accept || arg->answer->cancel) {
        session_set_error(s, AC_ERROR_DECLINED, NULL, "the certificate of %s was not accepted",
                          s->host->name);
        return SESSION_FAIL;
    }
    if (arg->answer->remember)
        remember(s);
    if (s->verify.verdict == VERIFY_ASK)
        pin(s);
    session_emit_state(s, "authenticating", NULL, true);
    return trust_leaf(s, true);
}

static const char *
wanted_group(const Session *s)
{
    return s->setup.group ? s->setup.group : s->host->user_group;
}

SessionOutcome
session_on_question(Session *s, const SessionArg *arg)
{
    const AcDoc *doc = arg->ev->question->doc;
    GVariantDict *d = event_begin("prompt");

    s->asked = doc;
    if (doc->type == AC_COMPLETE) {
        prompt_banner(d, doc);
        session_ask(s, PROMPT_BANNER, d);
    } else {
        s->typed = true;
        prompt_form(d, doc, wanted_group(s));
        session_ask(s, PROMPT_FORM, d);
    }
    return SESSION_DONE;
}

static void
note_user(Session *s, const GPtrArray *fields)
{
    const Secret *name = ac_fields_get(fields, "username");

    if (!name)
        return;
    g_free(s->user);
    s->user = log_escape((const char *)name->p, name->len, 64);
}

bool
session_eap_answer(Session *s, PromptAnswer *given, EapAnswer *ret, GError **error)
{
    if (given->cancel || (s->prompt_kind == PROMPT_BANNER && !given->accept)) {
        ret->kind = EAP_ANSWER_DECLINE;
        return true;
    }
    if (s->prompt_kind == PROMPT_BANNER) {
        ret->kind = EAP_ANSWER_ACCEPT;
        g_free(s->banner);
        s->banner = g_strdup(s->asked->banner.text);
        return true;
    }
    if (given->group) {
        ret->kind = EAP_ANSWER_GROUP;
        ret->text = g_strdup(given->group);
        return true;
    }
    ret->kind = EAP_ANSWER_FIELDS;
    ret->fields = prompt_form_fill(s->asked, wanted_group(s), given->fields, error);
    if (ret->fields)
        note_user(s, ret->fields);
    return ret->fields;
}

SessionOutcome
session_on_form_answer(Session *s, const SessionArg *arg)
{
    if (arg->eap->kind == EAP_ANSWER_DECLINE)
        session_set_error(s, AC_ERROR_DECLINED, NULL, "%s",
                          s->prompt_kind == PROMPT_BANNER ? "the banner was not accepted"
                                                          : "the login was cancelled");
    session_asked(s);
    ike_sa_answer_eap(s->sa, arg->eap, ike_driver_now());
    return SESSION_DONE;
}
