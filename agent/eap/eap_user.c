#include "agent/eap/eap_user.h"

#include "agent/base/log.h"

enum { SHOWN_MAX = 1024 }; /* octets of a server's text that a person is shown */

void
eap_user_clear(EapUser *u)
{
    g_free(u->name);
    secret_clear(&u->password);
    ac_doc_free(u->form);
    *u = (EapUser){ 0 };
}

static char *
shown(Slice text)
{
    return text.len ? log_escape((const char *)text.p, text.len, SHOWN_MAX) : NULL;
}

void
eap_user_ask(EapUser *u, bool password, Slice message, Slice error)
{
    AcDoc *d = ac_doc_new(AC_AUTH_REQUEST);

    d->auth_id = g_strdup("main");
    d->message = (AcText){ .id = -1, .text = shown(message) };
    d->error = (AcText){ .id = -1, .text = shown(error) };
    ac_doc_add_input(d, AC_TEXT, "username", "Username:", u->name);
    if (password)
        ac_doc_add_input(d, AC_PASSWORD, "password", "Password:", NULL);
    ac_doc_free(u->form);
    u->form = d;
    u->question = (EapQuestion){ .doc = d };
}

const char *
eap_user_fill(EapUser *u, EapAnswer *a)
{
    const Secret *name = a->fields ? ac_fields_get(a->fields, "username") : NULL;
    const Secret *password = a->fields ? ac_fields_get(a->fields, "password") : NULL;

    if (a->kind != EAP_ANSWER_FIELDS)
        return "the login was given up";
    if (name && name->len > 0) {
        if (name->len > EAP_USER_MAX || memchr(name->p, 0, name->len))
            return "the user name is longer than any gateway takes";
        g_free(u->name);
        u->name = g_strndup((const char *)name->p, name->len);
    }
    if (!u->name)
        return "no user name was typed";
    if (password) {
        secret_set(&u->password, secret_view(password));
        u->typed = true;
    }
    g_clear_pointer(&u->form, ac_doc_free);
    return NULL;
}
