#include "agent/daemon/session_private.h"

#define CHOICE "client_certificate"

enum { UNLOCK_LIMIT_S = 120, UNLOCK_TRIES = 3 };

static gboolean
on_limit(gpointer user)
{
    Session *s = user;

    s->unlock_limit = 0;
    session_set_error(s, AC_ERROR_DECLINED, NULL, "nobody answered in time");
    session_fire(s, SESSION_ON_STOP, NULL);
    return G_SOURCE_REMOVE;
}

static void
put(Session *s, GVariantDict *d)
{
    prompt_form(d, s->unlock, NULL);
    session_ask(s, PROMPT_FORM, d);
    g_clear_handle_id(&s->unlock_limit, g_source_remove);
    s->unlock_limit = g_timeout_add_seconds(UNLOCK_LIMIT_S, on_limit, s);
}

/* The same kind of form as a login's, so that whatever answers those answers this. */
static void
ask(Session *s, const Credential *c, const char *error)
{
    g_autofree char *label = credential_question(c);
    GVariantDict *d = event_begin("prompt");

    ac_doc_free(s->unlock);
    s->unlock = ac_doc_new(AC_AUTH_REQUEST);
    s->unlock->error.text = g_strdup(error);
    s->unlock->message.text = g_strdup(credential_warning(c));
    ac_doc_add_input(s->unlock, AC_PASSWORD, credential_in_token(c) ? "pin" : "passphrase", label,
                     NULL);
    put(s, d);
}

static void
ask_which(Session *s, const GPtrArray *choices)
{
    GVariantDict *d = event_begin("prompt");
    AcInput *in;

    ac_doc_free(s->unlock);
    s->unlock = ac_doc_new(AC_AUTH_REQUEST);
    s->unlock->message.text = g_strdup("Several certificates can log in.");
    in = ac_doc_add_input(s->unlock, AC_SELECT, CHOICE, "Certificate:", NULL);
    for (guint i = 0; i < choices->len; i++) {
        const CertEntry *e = choices->pdata[i];
        g_autofree char *label =
            g_strdup_printf("%s, issued by %s", e->info->subject, e->info->issuer);

        ac_input_add_option(in, e->name, label, false);
    }
    put(s, d);
}

static gboolean
open_at_once(gpointer user)
{
    Session *s = user;

    s->idle = 0;
    session_fire(s, SESSION_ON_UNLOCKED, NULL);
    return G_SOURCE_REMOVE;
}

SessionOutcome
session_on_begin(Session *s, const SessionArg *arg)
{
    const GPtrArray *choices = login_choices(s->login);
    const Credential *c = login_locked(s->login);

    (void)arg;
    if (!choices && !login_way(s->login)->typed)
        s->user = login_identity(s->login);
    if (choices)
        ask_which(s, choices);
    else if (c)
        ask(s, c, NULL);
    else
        session_defer(s, open_at_once);
    return SESSION_DONE;
}

SessionOutcome
session_on_locked(Session *s, const SessionArg *arg)
{
    const Credential *c = login_locked(s->login);
    const char *what = credential_in_token(c) ? "PIN" : "passphrase";
    g_autofree char *error = g_strdup_printf("That is not the %s.", what);

    (void)arg;
    if (++s->unlock_tries == UNLOCK_TRIES) {
        session_set_error(s, AC_ERROR_CLIENT_CERT, NULL,
                          "the private key stays locked: %d times "
                          "the wrong %s",
                          UNLOCK_TRIES, what);
        return SESSION_FAIL;
    }
    ask(s, c, error);
    return SESSION_DONE;
}

static bool
give_up(Session *s, AcError code, const char *hint, const char *why)
{
    session_set_error(s, code, hint, "%s", why);
    session_fire(s, SESSION_ON_STOP, NULL);
    return true;
}

static bool
choose(Session *s, const Secret *which, GError **error)
{
    g_autofree char *name = g_strndup((const char *)which->p, which->len);
    g_autoptr(GError) why = NULL;

    if (!login_choose(s->login, name, &why) && login_choices(s->login)) {
        g_propagate_error(error, g_steal_pointer(&why));
        return false;
    }
    g_clear_handle_id(&s->unlock_limit, g_source_remove);
    if (why)
        return give_up(s, (AcError)why->code, NULL, why->message);
    session_asked(s);
    session_fire(s, SESSION_ON_CHOSEN, NULL);
    return true;
}

bool
session_unlock(Session *s, PromptAnswer *answer, GError **error)
{
    const AcInput *in = s->unlock->inputs->pdata[0];
    g_autoptr(GPtrArray) fields = NULL;
    g_autoptr(GError) why = NULL;

    if (answer->cancel)
        return give_up(s, AC_ERROR_DECLINED, NULL, "the login was cancelled");
    fields = prompt_form_fill(s->unlock, NULL, answer->fields, error);
    if (!fields)
        return false;
    if (login_choices(s->login))
        return choose(s, ac_fields_get(fields, in->name), error);
    g_clear_handle_id(&s->unlock_limit, g_source_remove);
    switch (credential_unlock(login_locked(s->login), secret_view(ac_fields_get(fields, in->name)),
                              &why)) {
    case CREDENTIAL_OPEN:
        session_asked(s);
        session_fire(s, SESSION_ON_UNLOCKED, NULL);
        return true;
    case CREDENTIAL_WRONG:
        session_fire(s, SESSION_ON_LOCKED, NULL);
        return true;
    case CREDENTIAL_FAILED:
        return give_up(s, AC_ERROR_CLIENT_CERT, "ask who gave you the certificate", why->message);
    }
    g_assert_not_reached();
}
