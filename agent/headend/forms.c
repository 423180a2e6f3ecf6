#include "agent/headend/forms.h"

#include <string.h>

#include "agent/base/log.h"

void
forms_init(Forms *f, const AsaConfig *config)
{
    *f = (Forms){ .config = config };
}

void
forms_login_clear(FormsLogin *l)
{
    g_clear_pointer(&l->name, g_free);
    secret_clear(&l->password);
}

static void
show(const char *text, char *ret, size_t size)
{
    g_autofree char *safe = text ? log_escape(text, strlen(text), 40) : NULL;

    g_strlcpy(ret, safe ? safe : "", size);
}

/* Enabled aliases of all remote-access groups. */
static size_t
count_aliases(const AsaConfig *c)
{
    size_t n = 0;

    for (guint i = 0; i < c->tunnel_groups->len; i++) {
        const AsaTunnelGroup *g = g_ptr_array_index(c->tunnel_groups, i);

        n += g->remote_access ? g->aliases.n : 0;
    }
    return n;
}

/* The group of a client that names none: the first of the list people may choose from, else the
 * first there is. */
static const AsaTunnelGroup *
default_group(const AsaConfig *c)
{
    const AsaTunnelGroup *first = NULL;

    for (guint i = 0; i < c->tunnel_groups->len; i++) {
        const AsaTunnelGroup *g = g_ptr_array_index(c->tunnel_groups, i);

        if (g->remote_access && g->aliases.n)
            return g;
        if (g->remote_access && !first)
            first = g;
    }
    return first;
}

static void
add_group_list(AcDoc *d, const AsaConfig *c, const AsaTunnelGroup *chosen)
{
    AcInput *list = ac_doc_add_input(d, AC_SELECT, "group_list", "GROUP:", NULL);

    for (guint i = 0; i < c->tunnel_groups->len; i++) {
        const AsaTunnelGroup *g = g_ptr_array_index(c->tunnel_groups, i);

        for (size_t k = 0; g->remote_access && k < g->aliases.n; k++)
            (void)ac_input_add_option(list, g->aliases.v[k], g->aliases.v[k],
                                      g == chosen && k == 0);
    }
}

AcDoc *
forms_auth_request(const AsaConfig *c, const AsaTunnelGroup *g, bool failed)
{
    AcDoc *d = ac_doc_new(AC_AUTH_REQUEST);

    d->version = g_strdup(c->version);
    d->opaque_tunnel_group = g_strdup(g->name);
    d->opaque_config_hash = g_strdup(c->stamp);
    d->csport = c->csport;
    d->auth_id = g_strdup("main");
    if (failed)
        d->error = (AcText){ 15, g_strdup("Login failed.") };
    d->has_form = true;
    (void)ac_doc_add_input(d, AC_TEXT, "username", "Username:", NULL);
    (void)ac_doc_add_input(d, AC_PASSWORD, "password", "Password:", NULL);
    if (g->second && !g->second_same_user)
        (void)ac_doc_add_input(d, AC_TEXT, "secondary_username", "Second Username:", NULL);
    if (g->second)
        (void)ac_doc_add_input(d, AC_PASSWORD, "secondary_password", "Second Password:", NULL);
    /* With one group there is nothing to choose: the seed's form has no select. */
    if (c->group_list && count_aliases(c) > 1)
        add_group_list(d, c, g);
    return d;
}

/* Named in the document, or as it was, or the default. */
const AsaTunnelGroup *
forms_group(const Forms *f, const AcDoc *from_client)
{
    const char *access = from_client->group_access;
    const char *slash = access ? strrchr(access, '/') : NULL;
    const char *const words[] = { from_client->group_select, slash ? slash + 1 : access };

    for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
        const AsaTunnelGroup *g = words[i] ? asa_config_group_of(f->config, words[i]) : NULL;

        if (g)
            return g;
    }
    return f->group ? f->group : default_group(f->config);
}

/* A field as text; NULL when it is absent, empty, or has a NUL in it. */
static char *
field_text(const AcDoc *d, const char *name)
{
    const Secret *s = ac_doc_field(d, name);

    if (!s || s->len == 0 || s->len > AAA_PASSWORD_MAX || memchr(s->p, 0, s->len))
        return NULL;
    return g_strndup((const char *)s->p, s->len);
}

static void
take_login(const AcDoc *d, const char *name, const char *password_field, FormsLogin *ret)
{
    const Secret *password = ac_doc_field(d, password_field);

    ret->name = g_strdup(name ? name : "");
    secret_set(&ret->password, password ? secret_view(password) : slice_of(""));
}

size_t
forms_logins(Forms *f, const AcDoc *from_client, FormsLogin ret[static FORMS_LOGINS_MAX])
{
    g_autofree char *name = NULL;
    g_autofree char *second = NULL;

    if (from_client->type != AC_AUTH_REPLY)
        return 0;
    f->group = forms_group(f, from_client);
    if (f->group->certificate && f->group->no_aaa)
        return 0;
    name = field_text(from_client, "username");
    show(name, f->name, sizeof(f->name));
    take_login(from_client, name, "password", &ret[0]);
    if (!f->group->second)
        return 1;
    second = field_text(from_client, "secondary_username");
    take_login(from_client, f->group->second_same_user ? name : second, "secondary_password",
               &ret[1]);
    return 2;
}

const char *
forms_barred(const AsaUser *u, const AsaTunnelGroup *g, const AsaGroupPolicy *policy)
{
    if (u && u->lock && !g_str_equal(u->lock, g->name))
        return "is locked to another tunnel group";
    if (!policy->ikev2)
        return "has a group policy without vpn-tunnel-protocol ikev2";
    if (policy->logins == 0)
        return "has a group policy with vpn-simultaneous-logins 0";
    return NULL;
}

static FormsVerdict
try_login(Forms *f, const AcDoc *d, const AsaUser *const right[static FORMS_LOGINS_MAX],
          AcDoc **ret)
{
    const AsaUser *user = !f->group->second || right[1] ? right[0] : NULL;
    const char *why = "gave a wrong password";

    /* What is typed as an unknown name may well be a password. */
    if (!asa_config_user(f->config, f->name))
        g_strlcpy(f->name, "(unknown)", sizeof(f->name));
    if (user) {
        const AsaGroupPolicy *policy =
            asa_config_policy(f->config, user->policy ? user->policy : f->group->policy);

        why = forms_barred(user, f->group, policy);
        if (!why) {
            f->user = user;
            f->policy = policy;
            return FORMS_PASSED;
        }
    }
    f->failed++;
    g_snprintf(f->text, sizeof(f->text), "login %u of %d failed: user %s %s", f->failed,
               FORMS_ATTEMPTS_MAX, f->name, why);
    if (f->failed >= FORMS_ATTEMPTS_MAX)
        return FORMS_REFUSED;
    *ret = forms_auth_request(f->config, f->group, true);
    (*ret)->aggregate = d->aggregate;
    return FORMS_SEND;
}

/* The certificate first: who has none types nothing (agent/docs/WIRE.md §4.3). */
static FormsVerdict
ask_certificate(Forms *f, const AcDoc *d, AcDoc **ret)
{
    if (d->client_cert_fail || d->type == AC_AUTH_REPLY) {
        g_snprintf(f->text, sizeof(f->text), "login failed: the client has no certificate");
        return FORMS_REFUSED;
    }
    *ret = forms_auth_request(f->config, f->group, false);
    (*ret)->aggregate = d->aggregate;
    (*ret)->client_cert_request = true;
    return FORMS_SEND;
}

/* A certificate is all that the group asks for. */
static FormsVerdict
pass_certified(Forms *f, const AcDoc *d, AcDoc **ret)
{
    const AsaGroupPolicy *policy = asa_config_policy(f->config, f->group->policy);
    const char *why = forms_barred(NULL, f->group, policy);

    if (why) {
        g_snprintf(f->text, sizeof(f->text), "login failed: tunnel group %s %s", f->group->name,
                   why);
        return FORMS_REFUSED;
    }
    if (d->type == AC_AUTH_REPLY) {
        f->policy = policy;
        return FORMS_PASSED;
    }
    *ret = ac_doc_new(AC_AUTH_REQUEST);
    (*ret)->version = g_strdup(f->config->version);
    (*ret)->auth_id = g_strdup("main");
    (*ret)->aggregate = d->aggregate;
    (*ret)->auth_complete = true;
    return FORMS_SEND;
}

FormsVerdict
forms_step(Forms *f, const AcDoc *from_client, const AsaUser *const right[static FORMS_LOGINS_MAX],
           AcDoc **ret)
{
    f->text[0] = '\0';
    f->group = forms_group(f, from_client);
    if (from_client->version)
        show(from_client->version, f->client, sizeof(f->client));
    if (from_client->device)
        show(from_client->device, f->device, sizeof(f->device));
    if (from_client->unique_id && strlen(from_client->unique_id) < sizeof(f->unique))
        g_strlcpy(f->unique, from_client->unique_id, sizeof(f->unique));
    if (f->group->certificate && !f->certified)
        return ask_certificate(f, from_client, ret);
    if (f->group->certificate && f->group->no_aaa)
        return pass_certified(f, from_client, ret);
    if (from_client->type == AC_AUTH_REPLY)
        return try_login(f, from_client, right, ret);
    *ret = forms_auth_request(f->config, f->group, false);
    (*ret)->aggregate = from_client->aggregate;
    return FORMS_SEND;
}

static void
add_profile(AcDoc *d, const char *name, GPtrArray *profiles)
{
    for (guint i = 0; i < profiles->len; i++) {
        const FormsProfile *p = g_ptr_array_index(profiles, i);

        if (g_str_equal(p->name, name))
            ac_doc_add_file(d, "profile", "user", p->uri, p->sha1);
    }
}

AcDoc *
forms_complete(const Forms *f, uint32_t index, const char *token, const char *cert_hash,
               GPtrArray *profiles)
{
    AcDoc *d = ac_doc_new(AC_COMPLETE);

    d->version = g_strdup(f->config->version);
    d->session_id = g_strdup_printf("%" G_GUINT64_FORMAT, (guint64)index * 4096);
    secret_set(&d->session_token, slice_of(token));
    d->auth_id = g_strdup("success");
    if (f->policy->banner)
        d->banner = (AcText){ -1, g_strdup(f->policy->banner) };
    d->message = (AcText){ 0, g_strdup("") };
    d->server_cert_hash = g_strdup(cert_hash);
    for (size_t i = 0; i < f->policy->profiles.n; i++)
        add_profile(d, f->policy->profiles.v[i], profiles);
    return d;
}

void
forms_token(const uint8_t random[static 48], char ret[static FORMS_TOKEN_LEN + 1])
{
    g_autofree char *text = g_base64_encode(random, 48); /* 64 letters, no padding */

    g_strdelimit(g_strdelimit(text, "+", '-'), "/", '_');
    g_strlcpy(ret, text, FORMS_TOKEN_LEN + 1);
    explicit_bzero(text, FORMS_TOKEN_LEN);
}
