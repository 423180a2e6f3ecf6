#include "agent/daemon/prompt.h"

#include "agent/dbus/ac_error.h"
#include "agent/eap/ac_form.h"

enum { ANSWERS_MAX = 64, ANSWER_MAX = 4096 }; /* fields of one answer, octets of one field */

static void
field_free(AcField *f)
{
    g_free(f->name);
    secret_clear(&f->value);
    g_free(f);
}

static GVariant *
texts(const GPtrArray *from)
{
    g_auto(GVariantBuilder) b = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE_STRING_ARRAY);

    for (guint i = 0; from && i < from->len; i++)
        g_variant_builder_add(&b, "s", (const char *)from->pdata[i]);
    return g_variant_builder_end(&b);
}

static GVariant *
chain_lines(const X509Chain *chain)
{
    g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);

    for (size_t i = 0; i < x509_chain_len(chain); i++) {
        g_autoptr(X509Info) info = x509_chain_info(chain, i);

        if (info)
            g_ptr_array_add(lines, g_strdup_printf("%zu: %s, issued by %s, SHA-256 %s", i,
                                                   info->subject, info->issuer, info->sha256));
    }
    return texts(lines);
}

void
prompt_certificate(GVariantDict *d, const Verify *v, const X509Chain *chain, const char *address)
{
    g_autoptr(GPtrArray) reasons = verify_reasons(v->problems);

    g_variant_dict_insert(d, "kind", "s", "certificate");
    event_put_text(d, "address", address);
    event_put_text(d, "subject", v->leaf->subject);
    event_put_text(d, "issuer", v->leaf->issuer);
    g_variant_dict_insert(d, "not_before", "x", v->leaf->not_before);
    g_variant_dict_insert(d, "not_after", "x", v->leaf->not_after);
    event_put_text(d, "sha256", v->leaf->sha256);
    event_put_text(d, "pin", v->leaf->pin_sha256);
    event_put_text(d, "key", v->leaf->key);
    g_variant_dict_insert_value(d, "names", texts(v->leaf->names));
    g_variant_dict_insert_value(d, "reasons", texts(reasons));
    g_variant_dict_insert_value(d, "chain", chain_lines(chain));
    g_variant_dict_insert(d, "changed", "b", v->changed);
    event_put_text(d, "old_pin", v->old_pin);
    g_variant_dict_insert(d, "may_accept", "b", v->verdict == VERIFY_ASK);
    g_variant_dict_insert(d, "can_remember", "b", v->verdict == VERIFY_ASK);
}

/* The profile's group answers the group list when it stands there; else a person chooses. */
static bool
asked(const AcDoc *doc, const AcInput *in, const char *group)
{
    if (in == ac_form_groups(doc))
        return !group || !ac_form_group(doc, group);
    return ac_form_asks(doc, in, group);
}

static GVariant *
option_list(const AcInput *in)
{
    g_auto(GVariantBuilder) b = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("aa{sv}"));

    for (guint i = 0; in->options && i < in->options->len; i++) {
        const AcOption *o = in->options->pdata[i];
        GVariantDict *d = g_variant_dict_new(NULL);

        event_put_text(d, "value", o->value);
        event_put_text(d, "label", o->label ? o->label : o->value);
        g_variant_dict_insert(d, "selected", "b", o->selected);
        g_variant_builder_add_value(&b, event_end(d));
    }
    return g_variant_builder_end(&b);
}

static GVariant *
field_entry(const AcDoc *doc, const AcInput *in)
{
    static const char *const types[] = {
        [AC_TEXT] = "text", [AC_PASSWORD] = "password", [AC_SELECT] = "select", [AC_SSO] = "sso"
    };
    GVariantDict *d = g_variant_dict_new(NULL);

    event_put_text(d, "name", in->name);
    event_put_text(d, "label", in->label ? in->label : in->name);
    g_variant_dict_insert(d, "type", "s", types[in->type]);
    event_put_text(d, "value", in->value);
    g_variant_dict_insert(d, "group", "b", in == ac_form_groups(doc));
    if (in->type == AC_SELECT)
        g_variant_dict_insert_value(d, "options", option_list(in));
    return event_end(d);
}

void
prompt_form(GVariantDict *d, const AcDoc *doc, const char *group)
{
    g_auto(GVariantBuilder) b = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("aa{sv}"));

    g_variant_dict_insert(d, "kind", "s", "form");
    event_put_text(d, "title", doc->title);
    event_put_text(d, "message", doc->message.text);
    event_put_text(d, "error", doc->error.text);
    event_put_text(d, "banner", doc->banner.text);
    for (guint i = 0; i < doc->inputs->len; i++) {
        const AcInput *in = doc->inputs->pdata[i];

        if (asked(doc, in, group))
            g_variant_builder_add_value(&b, field_entry(doc, in));
    }
    g_variant_dict_insert_value(d, "fields", g_variant_builder_end(&b));
}

void
prompt_banner(GVariantDict *d, const AcDoc *doc)
{
    g_variant_dict_insert(d, "kind", "s", "banner");
    event_put_text(d, "text", doc->banner.text ? doc->banner.text : "");
}

/* The octets sit in the message that GDBus read from the socket: once copied they are wiped there.
 */
static bool
take_fields(GVariant *fields, GPtrArray *ret, GError **error)
{
    GVariantIter iter;
    const char *name;
    GVariant *value;

    if (g_variant_n_children(fields) > ANSWERS_MAX) {
        g_set_error(error, AC_ERROR, AC_ERROR_USAGE, "answer: more than %d fields", ANSWERS_MAX);
        return false;
    }
    g_variant_iter_init(&iter, fields);
    while (g_variant_iter_next(&iter, "{&s@ay}", &name, &value)) {
        gsize len;
        const uint8_t *octets = g_variant_get_fixed_array(value, &len, 1);
        bool bad = len > ANSWER_MAX || memchr(octets ? octets : (const uint8_t *)"", 0, len) ||
                   (len && !g_utf8_validate((const char *)octets, (gssize)len, NULL));

        if (!bad) {
            AcField *f = g_new0(AcField, 1);

            f->name = g_strdup(name);
            secret_set(&f->value, (Slice){ octets, len });
            g_ptr_array_add(ret, f);
        }
        if (octets && len)
            explicit_bzero((uint8_t *)octets, len);
        g_variant_unref(value);
        if (bad) {
            g_set_error(error, AC_ERROR, AC_ERROR_USAGE,
                        "answer: field %s is too long or not UTF-8 text", name);
            return false;
        }
    }
    return true;
}

static bool
flag(GVariant *answer, const char *key)
{
    gboolean yes = FALSE; /* four octets, where a bool has one */

    return g_variant_lookup(answer, key, "b", &yes) && yes;
}

bool
prompt_answer_read(GVariant *answer, PromptAnswer *ret, GError **error)
{
    g_auto(PromptAnswer)
        a = { .fields = g_ptr_array_new_with_free_func((GDestroyNotify)(void *)field_free) };
    g_autoptr(GVariant) fields = g_variant_lookup_value(answer, "fields", G_VARIANT_TYPE("a{say}"));

    (void)g_variant_lookup(answer, "group", "s", &a.group);
    a.cancel = flag(answer, "cancel");
    a.accept = flag(answer, "accept");
    a.remember = flag(answer, "remember");
    if (fields && !take_fields(fields, a.fields, error))
        return false;
    *ret = a;
    a = (PromptAnswer){ 0 };
    return true;
}

void
prompt_answer_clear(PromptAnswer *a)
{
    g_free(a->group);
    g_clear_pointer(&a->fields, g_ptr_array_unref);
    *a = (PromptAnswer){ 0 };
}

static AcField *
steal_field(GPtrArray *from, const char *name)
{
    for (guint i = 0; i < from->len; i++)
        if (g_str_equal(((const AcField *)from->pdata[i])->name, name))
            return g_ptr_array_steal_index(from, i);
    return NULL;
}

static void
add_field(GPtrArray *to, const char *name, const char *value)
{
    AcField *f = g_new0(AcField, 1);

    f->name = g_strdup(name);
    secret_set(&f->value, slice_of(value));
    g_ptr_array_add(to, f);
}

GPtrArray *
prompt_form_fill(const AcDoc *doc, const char *group, GPtrArray *given, GError **error)
{
    g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func((GDestroyNotify)(void *)field_free);
    const AcInput *groups = ac_form_groups(doc);
    const char *differs;

    for (guint i = 0; i < doc->inputs->len; i++) {
        const AcInput *in = doc->inputs->pdata[i];
        AcField *f;

        if (in == groups && !asked(doc, in, group))
            add_field(all, in->name, ac_form_group(doc, group)->value);
        if (!asked(doc, in, group))
            continue;
        f = steal_field(given, in->name);
        if (!f) {
            g_set_error(error, AC_ERROR, AC_ERROR_INPUT_NEEDED, "no answer for the field %s",
                        in->label ? in->label : in->name);
            return NULL;
        }
        g_ptr_array_add(all, f);
    }
    if (!ac_form_verify(doc, all, &differs)) {
        g_set_error(error, AC_ERROR, AC_ERROR_USAGE, "the field %s differs from what it repeats",
                    differs);
        return NULL;
    }
    return g_steal_pointer(&all);
}
