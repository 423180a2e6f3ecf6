#include "agent/eap/ac_doc.h"

static const struct {
    const char *name;
    bool client;
} types[] = {
    [AC_HELLO] = { "hello", false },
    [AC_INIT] = { "init", true },
    [AC_AUTH_REQUEST] = { "auth-request", false },
    [AC_AUTH_REPLY] = { "auth-reply", true },
    [AC_COMPLETE] = { "complete", false },
    [AC_ACK] = { "ack", true },
    [AC_LOGOUT] = { "logout", true },
};

const char *
ac_doc_type_name(AcDocType type)
{
    return types[type].name;
}

bool
ac_doc_type_parse(const char *name, AcDocType *ret)
{
    for (size_t i = 0; i < G_N_ELEMENTS(types); i++)
        if (strcmp(types[i].name, name) == 0) {
            *ret = (AcDocType)i;
            return true;
        }
    return false;
}

bool
ac_doc_type_is_client(AcDocType type)
{
    return types[type].client;
}

static void
option_free(void *p)
{
    AcOption *o = p;

    g_free(o->value);
    g_free(o->label);
    g_free(o);
}

static void
input_free(void *p)
{
    AcInput *in = p;

    g_free(in->name);
    g_free(in->label);
    g_free(in->value);
    g_clear_pointer(&in->options, g_ptr_array_unref);
    g_free(in);
}

static void
file_free(void *p)
{
    AcFile *f = p;

    g_free(f->type);
    g_free(f->service_type);
    g_free(f->uri);
    g_free(f->sha1);
    g_free(f);
}

AcField *
ac_field_new(const char *name, Slice value)
{
    AcField *f = g_new0(AcField, 1);

    f->name = g_strdup(name);
    secret_set(&f->value, value);
    return f;
}

void
ac_field_free(AcField *f)
{
    if (!f)
        return;
    g_free(f->name);
    secret_clear(&f->value);
    g_free(f);
}

GPtrArray *
ac_fields_new(void)
{
    return g_ptr_array_new_with_free_func((GDestroyNotify)ac_field_free);
}

static AcField *
fields_find(const GPtrArray *fields, const char *name)
{
    for (guint i = 0; fields && i < fields->len; i++) {
        AcField *f = fields->pdata[i];

        if (strcmp(f->name, name) == 0)
            return f;
    }
    return NULL;
}

void
ac_fields_set(GPtrArray *fields, const char *name, Slice value)
{
    g_auto(Secret) copy = { 0 };

    secret_set(&copy, value);
    ac_fields_move(fields, name, &copy);
}

void
ac_fields_move(GPtrArray *fields, const char *name, Secret *value)
{
    AcField *f = fields_find(fields, name);

    if (!f) {
        f = ac_field_new(name, (Slice){ 0 });
        g_ptr_array_add(fields, f);
    }
    secret_move(&f->value, value);
}

const Secret *
ac_fields_get(const GPtrArray *fields, const char *name)
{
    const AcField *f = fields_find(fields, name);

    return f ? &f->value : NULL;
}

void
ac_doc_set_field(AcDoc *d, const char *name, Slice value)
{
    ac_fields_set(d->fields, name, value);
}

const Secret *
ac_doc_field(const AcDoc *d, const char *name)
{
    return ac_fields_get(d->fields, name);
}

AcDoc *
ac_doc_new(AcDocType type)
{
    AcDoc *d = g_new0(AcDoc, 1);

    d->type = type;
    d->message.id = d->error.id = d->banner.id = -1;
    d->inputs = g_ptr_array_new_with_free_func(input_free);
    d->fields = ac_fields_new();
    d->files = g_ptr_array_new_with_free_func(file_free);
    return d;
}

void
ac_doc_free(AcDoc *d)
{
    if (!d)
        return;

    char *texts[] = { d->version,
                      d->device,
                      d->computer_name,
                      d->device_type,
                      d->platform_version,
                      d->unique_id,
                      d->group_select,
                      d->group_access,
                      d->session_id,
                      d->opaque_tunnel_group,
                      d->opaque_config_hash,
                      d->auth_id,
                      d->title,
                      d->message.text,
                      d->error.text,
                      d->banner.text,
                      d->form_method,
                      d->form_action,
                      d->server_cert_hash };

    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        g_free(texts[i]);
    secret_clear(&d->session_token);
    g_clear_pointer(&d->opaque, g_bytes_unref);
    g_clear_pointer(&d->capabilities, g_ptr_array_unref);
    g_ptr_array_unref(d->inputs);
    g_ptr_array_unref(d->fields);
    g_ptr_array_unref(d->files);
    g_free(d);
}

AcInput *
ac_doc_add_input(AcDoc *d, AcInputType type, const char *name, const char *label, const char *value)
{
    AcInput *in = g_new0(AcInput, 1);

    in->type = type;
    in->name = g_strdup(name);
    in->label = g_strdup(label);
    in->value = g_strdup(value);
    if (type == AC_SELECT)
        in->options = g_ptr_array_new_with_free_func(option_free);
    d->has_form = true;
    g_ptr_array_add(d->inputs, in);
    return in;
}

AcOption *
ac_input_add_option(AcInput *in, const char *value, const char *label, bool selected)
{
    AcOption *o = g_new0(AcOption, 1);

    g_assert(in->type == AC_SELECT);
    o->value = g_strdup(value);
    o->label = g_strdup(label);
    o->selected = selected;
    g_ptr_array_add(in->options, o);
    return o;
}

void
ac_doc_add_file(AcDoc *d, const char *type, const char *service_type, const char *uri,
                const char *sha1)
{
    AcFile *f = g_new0(AcFile, 1);

    f->type = g_strdup(type);
    f->service_type = g_strdup(service_type);
    f->uri = g_strdup(uri);
    f->sha1 = g_strdup(sha1);
    g_ptr_array_add(d->files, f);
}

void
ac_doc_add_capability(AcDoc *d, const char *auth_method)
{
    if (!d->capabilities)
        d->capabilities = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(d->capabilities, g_strdup(auth_method));
}
