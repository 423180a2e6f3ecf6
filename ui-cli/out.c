#include "ui-cli/out.h"

#include <json-glib/json-glib.h>
#include <string.h>

/* C0, DEL, C1, and the embeddings, overrides and isolates of Unicode TR 9 §2. */
static bool
is_harmful(gunichar c)
{
    return c < 0x20 || (c >= 0x7f && c <= 0x9f) || (c >= 0x200e && c <= 0x200f) ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

char *
out_clean(const char *text, bool one_line)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    GString *clean = g_string_new(NULL);

    for (const char *p = valid; *p; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);

        if (c == '\r' && p[1] == '\n')
            continue;
        if (c == '\n' || c == '\t')
            g_string_append_c(clean, one_line ? ' ' : (char)c);
        else if (is_harmful(c))
            g_string_append_c(clean, '?');
        else
            g_string_append_unichar(clean, c);
    }
    return g_string_free(clean, FALSE);
}

static void put_line(FILE *to, const char *class, const char *format, va_list args)
    G_GNUC_PRINTF(3, 0);

static void
put_line(FILE *to, const char *class, const char *format, va_list args)
{
    g_autofree char *text = g_strdup_vprintf(format, args);
    g_autofree char *clean = out_clean(text, true);

    fprintf(to, "  >> %s%s%s\n", class ? class : "", class ? ": " : "", clean);
    fflush(to);
}

void
out_line(Out *o, const char *class, const char *format, ...)
{
    va_list args;

    if (o->json || o->quiet)
        return;
    va_start(args, format);
    put_line(o->out, class, format, args);
    va_end(args);
}

void
out_warning(Out *o, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    put_line(o->err, "warning", format, args);
    va_end(args);
}

void
out_verbose(Out *o, const char *format, ...)
{
    va_list args;

    if (!o->verbose)
        return;
    va_start(args, format);
    put_line(o->err, "note", format, args);
    va_end(args);
}

void
out_text(Out *o, const char *format, ...)
{
    va_list args;

    if (o->json || o->quiet)
        return;
    va_start(args, format);
    vfprintf(o->out, format, args);
    va_end(args);
    fflush(o->out);
}

const char *
out_state_word(const char *token)
{
    static const char *const words[][2] = {
        { "disconnected", "Disconnected" },   { "connecting", "Connecting" },
        { "authenticating", "Connecting" },   { "connected", "Connected" },
        { "disconnecting", "Disconnecting" },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        if (g_strcmp0(words[i][0], token) == 0)
            return words[i][1];
    return "Unknown";
}

void
out_state(Out *o, const char *token)
{
    const char *word = out_state_word(token);

    if (o->state == word)
        return;
    o->state = word;
    out_line(o, "state", "%s", word);
}

static JsonObject *
object_of(GVariant *dict)
{
    g_autoptr(JsonNode) node = json_gvariant_serialize(dict);

    return json_object_ref(json_node_get_object(node));
}

static void
print_object(FILE *to, JsonObject *object)
{
    g_autoptr(JsonNode) node = json_node_alloc();
    g_autofree char *text = NULL;

    json_node_init_object(node, object);
    text = json_to_string(node, FALSE);
    fprintf(to, "%s\n", text);
    fflush(to);
}

static void
move_member(JsonObject *from, JsonObject *to, const char *name)
{
    JsonNode *value = json_object_get_member(from, name);

    if (!value)
        return;
    json_object_set_member(to, name, json_node_copy(value));
    json_object_remove_member(from, name);
}

/* "v" first, then what every event has, then the rest in the agent's order. */
static JsonObject *
versioned(GVariant *dict)
{
    JsonObject *from = object_of(dict), *to = json_object_new();
    g_autoptr(GList) names = NULL;

    json_object_set_int_member(to, "v", 1);
    move_member(from, to, "ts");
    move_member(from, to, "event");
    names = json_object_get_members(from);
    for (GList *i = names; i; i = i->next)
        json_object_set_member(to, i->data, json_node_copy(json_object_get_member(from, i->data)));
    json_object_unref(from);
    return to;
}

void
out_json(Out *o, GVariant *dict)
{
    g_autoptr(JsonObject) object = NULL;

    if (!o->json || o->quiet)
        return;
    object = versioned(dict);
    print_object(o->out, object);
}

void
out_event(Out *o, GVariant *event)
{
    const char *kind = "", *text = "";
    gboolean plain = FALSE, quiet = FALSE;

    out_json(o, event);
    (void)g_variant_lookup(event, "event", "&s", &kind);
    (void)g_variant_lookup(event, "quiet", "b", &quiet);
    if (g_str_equal(kind, "state") && !quiet && g_variant_lookup(event, "state", "&s", &text))
        out_state(o, text);
    if (g_str_equal(kind, "notice") && g_variant_lookup(event, "text", "&s", &text)) {
        (void)g_variant_lookup(event, "plain", "b", &plain);
        out_line(o, plain ? NULL : "notice", "%s", text);
    }
}

void
out_error(Out *o, const char *token, int exit, const char *text, const char *hint)
{
    g_autofree char *clean = out_clean(text, true);
    g_autofree char *clean_hint = hint && *hint ? out_clean(hint, true) : NULL;
    g_autoptr(JsonObject) object = NULL;
    JsonObject *error;

    if (!o->json) {
        fprintf(o->err, "  >> error: %s\n", clean);
        if (clean_hint)
            fprintf(o->err, "     hint: %s\n", clean_hint);
        fflush(o->err);
        return;
    }
    error = json_object_new();
    json_object_set_string_member(error, "code", token);
    json_object_set_int_member(error, "exit", exit);
    json_object_set_string_member(error, "message", clean);
    if (clean_hint)
        json_object_set_string_member(error, "hint", clean_hint);
    object = json_object_new();
    json_object_set_int_member(object, "v", 1);
    json_object_set_object_member(object, "error", error);
    print_object(o->out, object);
}
