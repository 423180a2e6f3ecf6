#include "agent/eap/ac_form.h"

#include "agent/crypto/ct.h"

static const char group_list[] = "group_list";

const AcInput *
ac_form_groups(const AcDoc *form)
{
    for (guint i = 0; i < form->inputs->len; i++) {
        const AcInput *in = form->inputs->pdata[i];

        if (in->type == AC_SELECT && strcmp(in->name, group_list) == 0 && in->options->len > 0)
            return in;
    }
    return NULL;
}

const AcOption *
ac_form_group(const AcDoc *form, const char *name)
{
    const AcInput *groups = ac_form_groups(form);
    const AcOption *by_label = NULL;

    if (!groups)
        return NULL;
    for (guint i = 0; i < groups->options->len; i++) {
        const AcOption *o = groups->options->pdata[i];

        if (name ? g_strcmp0(o->value, name) == 0 : o->selected)
            return o;
        if (name && !by_label && g_strcmp0(o->label, name) == 0)
            by_label = o;
    }
    return name ? by_label : groups->options->pdata[0];
}

bool
ac_form_asks(const AcDoc *form, const AcInput *in, const char *group)
{
    const AcOption *chosen = ac_form_group(form, group);

    if (in->type == AC_HIDDEN || in->type == AC_SUBMIT || in == ac_form_groups(form))
        return false;
    return !in->second_auth || !chosen || chosen->second_auth;
}

const char *
ac_form_sent_as(const AcInput *in)
{
    static const char *const as_password[] = { "answer", "whichpin", "new_password" };

    if (in->type == AC_SUBMIT || strcmp(in->name, group_list) == 0 ||
        g_str_has_prefix(in->name, "verify_"))
        return NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(as_password); i++)
        if (strcmp(in->name, as_password[i]) == 0)
            return "password";
    return in->name;
}

/* The value that a verify_x input must repeat; @at is its place in the form. */
static const Secret *
repeated(const AcDoc *form, const GPtrArray *fields, guint at)
{
    const AcInput *verify = form->inputs->pdata[at];
    const char *name = verify->name + strlen("verify_");
    g_autofree char *fresh = g_strconcat("new_", name, NULL);
    const Secret *s = ac_fields_get(fields, name);

    if (!s)
        s = ac_fields_get(fields, fresh);
    while (!s && at-- > 0) {
        const AcInput *in = form->inputs->pdata[at];

        if (in->type == AC_PASSWORD && !g_str_has_prefix(in->name, "verify_"))
            return ac_fields_get(fields, in->name);
    }
    return s;
}

bool
ac_form_verify(const AcDoc *form, const GPtrArray *fields, const char **ret_name)
{
    static const Secret nothing;

    for (guint i = 0; i < form->inputs->len; i++) {
        const AcInput *in = form->inputs->pdata[i];

        if (!g_str_has_prefix(in->name, "verify_"))
            continue;

        const Secret *first = repeated(form, fields, i);
        const Secret *second = ac_fields_get(fields, in->name);

        if (ct_equal(secret_view(first ? first : &nothing),
                     secret_view(second ? second : &nothing)))
            continue;
        if (ret_name)
            *ret_name = in->name;
        return false;
    }
    return true;
}

/* The field's client writes each password before its user name (agent/docs/WIRE.md §4.2). */
static int
rank(const char *name)
{
    static const char *const first[] = { "password", "username", "secondary_password",
                                         "secondary_username" };

    for (size_t i = 0; i < G_N_ELEMENTS(first); i++)
        if (strcmp(name, first[i]) == 0)
            return (int)i;
    return G_N_ELEMENTS(first);
}

static void
reply_field(const AcInput *in, const char *as, GPtrArray *fields, AcDoc *reply)
{
    for (guint i = 0; fields && i < fields->len; i++) {
        AcField *f = fields->pdata[i];

        if (strcmp(f->name, in->name) == 0) {
            ac_fields_move(reply->fields, as, &f->value);
            return;
        }
    }
    ac_doc_set_field(reply, as, slice_of(in->value ? in->value : ""));
}

void
ac_form_reply(const AcDoc *form, GPtrArray *fields, AcDoc *reply)
{
    const AcInput *groups = ac_form_groups(form);
    const Secret *picked = groups ? ac_fields_get(fields, group_list) : NULL;
    g_autofree char *name = picked ? g_strndup((const char *)picked->p, picked->len) : NULL;
    const AcOption *group = ac_form_group(form, name);

    for (int r = 0; r <= rank(""); r++)
        for (guint i = 0; i < form->inputs->len; i++) {
            const AcInput *in = form->inputs->pdata[i];
            const char *as = ac_form_sent_as(in);

            if (as && rank(as) == r && (in->type == AC_HIDDEN || ac_form_asks(form, in, name)))
                reply_field(in, as, fields, reply);
        }
    /* agent/docs/WIRE.md §6.2: with group-select in the reply to a challenge an ASA refuses it. */
    if (groups && g_strcmp0(form->auth_id, "main") == 0)
        reply->group_select = g_strdup(group ? group->value : name);
}
