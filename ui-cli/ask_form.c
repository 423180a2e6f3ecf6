#include <string.h>

#include "ui-cli/ask_private.h"

/* One form while it is being filled. */
typedef struct Filling {
    Ask *ask;
    GVariant *prompt;
    bool said;              /* what stands above the fields has been shown */
    bool retry;             /* the gateway has refused what it got before */
    GVariantBuilder fields; /* a{say} */
    char *group;            /* a group to change to, which is an answer of its own */
} Filling;

static void
wipe(gpointer data)
{
    Secret *held = data;

    secret_clear(held);
    g_free(held);
}

/* The octets go to GDBus without a copy and are wiped when the message is done with. */
static void
put_field(Filling *f, const char *name, Secret *value)
{
    Secret *held = g_new0(Secret, 1);

    secret_move(held, value);
    g_variant_builder_add(
        &f->fields, "{s@ay}", name,
        g_variant_new_from_data(G_VARIANT_TYPE_BYTESTRING, held->p, held->len, TRUE, wipe, held));
}

/* "Username:" and " GROUP: " of a gateway become "Username", "GROUP". */
static char *
label_of(GVariant *field)
{
    const char *given = ask_text(field, "label");
    char *label = g_strstrip(out_clean(*given ? given : ask_text(field, "name"), true));
    size_t len = strlen(label);

    if (len && label[len - 1] == ':')
        label[len - 1] = '\0';
    return g_strchomp(label);
}

static void
say_line(Ask *a, const char *class, const char *text)
{
    g_autofree char *clean = out_clean(text, true);

    if (*text)
        ask_say(a, "  >> %s%s\n", class, clean);
}

/* What the gateway says above its fields, before the first question to a person. */
static void
say_form(Filling *f)
{
    const char *message = ask_text(f->prompt, "message"), *banner = ask_text(f->prompt, "banner");
    g_autofree char *text = out_clean(banner, false);

    if (f->said || !f->ask->tty)
        return;
    f->said = true;
    if (*text)
        ask_say(f->ask, "\n%s\n\n", text);
    say_line(f->ask, "warning: ", ask_text(f->prompt, "error"));
    say_line(f->ask, "", *message ? message : ask_text(f->prompt, "title"));
}

/* No answer, and nobody who could give one. */
static AskResult
no_answer(Filling *f, const char *label, const char *name, bool spent, GVariant **ret,
          GError **error)
{
    const char *why = ask_text(f->prompt, "error");
    g_autofree char *hint = NULL;

    if (f->retry || spent)
        return ask_refuse(f->ask, ret, "cancel", AC_ERROR_AUTH,
                          "check the user name and the password; what was given has been tried "
                          "once and is not tried again",
                          error, "%s", *why ? why : "Login failed.");
    hint = g_strdup_printf("answer it beforehand: --password-stdin, --password-file FILE, "
                           "--credential NAME, --answers FILE or --answer %s=VALUE",
                           name);
    return ask_refuse(f->ask, ret, "cancel", AC_ERROR_INPUT_NEEDED, hint, error,
                      "the gateway asks for %s and there is nobody to ask", label);
}

typedef struct Options {
    GPtrArray *labels, *values; /* of char *, NULL at the end */
    int selected;               /* -1: none */
} Options;

static void
options_clear(Options *o)
{
    g_clear_pointer(&o->labels, g_ptr_array_unref);
    g_clear_pointer(&o->values, g_ptr_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Options, options_clear)

static Options
options_of(GVariant *field)
{
    Options o = { g_ptr_array_new_with_free_func(g_free), g_ptr_array_new_with_free_func(g_free),
                  -1 };
    g_autoptr(GVariant) list = g_variant_lookup_value(field, "options", G_VARIANT_TYPE("aa{sv}"));

    for (gsize i = 0; list && i < g_variant_n_children(list); i++) {
        g_autoptr(GVariant) option = g_variant_get_child_value(list, i);
        const char *value = ask_text(option, "value"), *label = ask_text(option, "label");

        if (ask_flag(option, "selected"))
            o.selected = (int)i;
        g_ptr_array_add(o.values, g_strdup(value));
        g_ptr_array_add(o.labels, g_strdup(*label ? label : value));
    }
    return o;
}

/* The stored answer for a choice has to be one of the choices. */
static AskResult
stored_choice(Filling *f, const Options *o, const char *label, const Secret *given,
              const char *source, int *at, GVariant **ret, GError **error)
{
    g_autofree char *word = lines_word(given);
    g_autofree char *offered = NULL;

    *at = ask_chosen(word, (const char *const *)o->labels->pdata, o->labels->len);
    for (guint i = 0; *at < 0 && i < o->values->len; i++)
        if (g_str_equal(o->values->pdata[i], word))
            *at = (int)i;
    if (*at >= 0)
        return ASK_ANSWERED;
    g_ptr_array_add(o->labels, NULL);
    offered = g_strjoinv(", ", (char **)o->labels->pdata);
    return ask_refuse(f->ask, ret, "cancel", AC_ERROR_USAGE, NULL, error,
                      "%s: %s is not a choice for %s; the gateway offers: %s", source, word, label,
                      offered);
}

static AskResult
pick(Filling *f, GVariant *field, const Options *o, int *at, GVariant **ret, GError **error)
{
    const char *name = ask_text(field, "name"), *source;
    g_autofree char *label = label_of(field);
    g_auto(Secret) given = { 0 };
    AskGot got;

    switch (
        answers_take(f->ask->answers, name, label, false, &f->ask->stop, &given, &source, error)) {
    case ANSWERS_FOUND:
        return stored_choice(f, o, label, &given, source, at, ret, error);
    case ANSWERS_FAILED:
        return ask_without(f->ask, ASK_GOT_FAILED, ret, "cancel", error);
    case ANSWERS_NONE:
    case ANSWERS_SPENT:
        break;
    }
    *at = o->selected >= 0 ? o->selected : 0;
    if (o->labels->len == 1)
        return ASK_ANSWERED;
    say_form(f);
    got = ask_choice(f->ask, name, label, (const char *const *)o->labels->pdata, o->labels->len,
                     *at, at, error);
    if (got == ASK_GOT_LINE || (got == ASK_GOT_NOBODY && o->selected >= 0 && !f->retry))
        return ASK_ANSWERED;
    if (got == ASK_GOT_NOBODY)
        return no_answer(f, label, name, false, ret, error);
    return ask_without(f->ask, got, ret, "cancel", error);
}

static int
index_of(const GPtrArray *values, const char *value)
{
    for (guint i = 0; i < values->len; i++)
        if (g_strcmp0(values->pdata[i], value) == 0)
            return (int)i;
    return -1;
}

/* A group other than the selected one makes the gateway send its form anew. */
static AskResult
fill_select(Filling *f, GVariant *field, GVariant **ret, GError **error)
{
    bool is_group = ask_flag(field, "group") || g_str_equal(ask_text(field, "name"), "group_list");
    g_auto(Options) o = options_of(field);
    g_auto(Secret) value = { 0 };
    AskResult done = ASK_ANSWERED;
    int at;

    if (!o.values->len)
        return ask_refuse(f->ask, ret, "cancel", AC_ERROR_FAILED, NULL, error,
                          "the gateway offers nothing to choose for %s", ask_text(field, "name"));
    at = is_group ? index_of(o.values, f->ask->group) : -1;
    if (at < 0) {
        done = pick(f, field, &o, &at, ret, error);
        if (done != ASK_ANSWERED)
            return done;
        if (is_group) {
            g_free(f->ask->group);
            f->ask->group = g_strdup(o.values->pdata[at]);
            if (at != MAX(o.selected, 0))
                f->group = f->ask->group;
        }
    }
    secret_set(&value, slice_of(o.values->pdata[at]));
    put_field(f, ask_text(field, "name"), &value);
    return done;
}

/* Text and secrets: a stored answer, a person's, or what the gateway or the profile remembers. */
static AskResult
fill_text(Filling *f, GVariant *field, bool secret, GVariant **ret, GError **error)
{
    const char *name = ask_text(field, "name"), *source = NULL;
    const char *known = secret ? "" : ask_text(field, "value");
    g_autofree char *label = label_of(field);
    g_autofree char *shown = out_clean(known, true);
    g_autofree char *question =
        *known ? g_strdup_printf("%s: [%s] ", label, shown) : g_strdup_printf("%s: ", label);
    g_auto(Secret) value = { 0 };
    AnswersStatus st =
        answers_take(f->ask->answers, name, label, secret, &f->ask->stop, &value, &source, error);
    AskGot got = ASK_GOT_LINE;

    if (st == ANSWERS_FAILED)
        return ask_without(f->ask, ASK_GOT_FAILED, ret, "cancel", error);
    if (st == ANSWERS_FOUND) {
        out_verbose(f->ask->out, "%s: from %s", name, source);
    } else {
        say_form(f);
        got = ask_line(f->ask, name, question, secret, &value, error);
    }
    if (got == ASK_GOT_NOBODY && (!*known || f->retry))
        return no_answer(f, label, name, st == ANSWERS_SPENT, ret, error);
    if (got != ASK_GOT_LINE && got != ASK_GOT_NOBODY)
        return ask_without(f->ask, got, ret, "cancel", error);
    if (!value.len && st != ANSWERS_FOUND)
        secret_set(&value, slice_of(known));
    put_field(f, name, &value);
    return ASK_ANSWERED;
}

static AskResult
fill_field(Filling *f, GVariant *field, GVariant **ret, GError **error)
{
    const char *type = ask_text(field, "type");

    if (g_str_equal(type, "select"))
        return fill_select(f, field, ret, error);
    if (g_str_equal(type, "text") || g_str_equal(type, "password"))
        return fill_text(f, field, g_str_equal(type, "password"), ret, error);
    return ask_refuse(f->ask, ret, "cancel", AC_ERROR_AUTH,
                      "ask for a group that logs in with a user name and a password", error,
                      "the gateway wants a login of a kind that is not supported here: %s", type);
}

static char *
names_of(GVariant *fields)
{
    GString *names = g_string_new(" ");

    for (gsize i = 0; i < g_variant_n_children(fields); i++) {
        g_autoptr(GVariant) field = g_variant_get_child_value(fields, i);

        g_string_append_printf(names, "%s ", ask_text(field, "name"));
    }
    return g_string_free(names, FALSE);
}

/* Groups first: another group makes another form. */
static AskResult
fill(Filling *f, GVariant *fields, GVariant **ret, GError **error)
{
    AskResult done = ASK_ANSWERED;

    for (int selects = 1; selects >= 0; selects--)
        for (gsize i = 0; i < g_variant_n_children(fields); i++) {
            g_autoptr(GVariant) field = g_variant_get_child_value(fields, i);

            if (g_str_equal(ask_text(field, "type"), "select") != selects)
                continue;
            done = fill_field(f, field, ret, error);
            if (done != ASK_ANSWERED || f->group)
                return done;
        }
    return done;
}

AskResult
ask_form(Ask *a, GVariant *prompt, GVariant **ret, GError **error)
{
    Filling f = { .ask = a, .prompt = prompt, .retry = *ask_text(prompt, "error") };
    g_autoptr(GVariant) fields = g_variant_lookup_value(prompt, "fields", G_VARIANT_TYPE("aa{sv}"));
    g_auto(GVariantDict) answer = G_VARIANT_DICT_INIT(NULL);
    g_autofree char *names = fields ? names_of(fields) : NULL;
    AskResult done = ASK_ANSWERED;

    if (f.retry)
        answers_spend(a->answers);
    g_variant_builder_init(&f.fields, G_VARIANT_TYPE("a{say}"));
    a->fields = names;
    if (fields)
        done = fill(&f, fields, ret, error);
    a->fields = NULL;
    if (done == ASK_ANSWERED && f.group)
        g_variant_dict_insert(&answer, "group", "s", f.group);
    else if (done == ASK_ANSWERED)
        g_variant_dict_insert_value(&answer, "fields", g_variant_builder_end(&f.fields));
    g_variant_builder_clear(&f.fields);
    if (done == ASK_ANSWERED)
        *ret = g_variant_dict_end(&answer);
    return done;
}
