#include "ui-cli/answers.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gunixinputstream.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/dbus/ac_error.h"

enum {
    ANSWERS_MAX = 64, /* lines of one file, options of one command: the agent takes no more */
};

typedef struct Answer {
    char *name, *source; /* @name is NULL for a password, which fits any secret field */
    Secret value;
    bool used;
} Answer;

struct Answers {
    GPtrArray *list;  /* of Answer *, in the order of sources */
    GPtrArray *spent; /* of char *: names that had a stored answer */
    char *askpass;
    bool password_used; /* of all passwords given, one is sent */
    bool refused;       /* answers_spend(): nothing stored may serve again */
};

static void
answer_free(gpointer data)
{
    Answer *x = data;

    secret_clear(&x->value);
    g_free(x->name);
    g_free(x->source);
    g_free(x);
}

Answers *
answers_new(void)
{
    Answers *a = g_new0(Answers, 1);

    a->list = g_ptr_array_new_with_free_func(answer_free);
    a->spent = g_ptr_array_new_with_free_func(g_free);
    return a;
}

void
answers_free(Answers *a)
{
    if (!a)
        return;
    g_ptr_array_unref(a->list);
    g_ptr_array_unref(a->spent);
    g_free(a->askpass);
    g_free(a);
}

static Answer *
find(Answers *a, const char *name)
{
    for (guint i = 0; i < a->list->len; i++) {
        Answer *x = a->list->pdata[i];

        if (!x->used && g_strcmp0(x->name, name) == 0)
            return x;
    }
    return NULL;
}

static void
add(Answers *a, const char *name, Slice value, const char *source)
{
    Answer *x = g_new0(Answer, 1);

    x->name = g_strdup(name);
    x->source = g_strdup(source);
    secret_set(&x->value, value);
    g_ptr_array_add(a->list, x);
}

bool
answers_put(Answers *a, const char *name, Slice value, const char *source)
{
    guint at;

    if (find(a, name))
        return false;
    if (g_ptr_array_find_with_equal_func(a->spent, name, g_str_equal, &at))
        g_ptr_array_remove_index(a->spent, at);
    add(a, name, value, source);
    return true;
}

bool
answers_put_line(Answers *a, const char *line, const char *source, GError **error)
{
    const char *sign = strchr(line, '=');
    g_autofree char *name = NULL;

    /* The line is not quoted back: it may be a password. */
    if (!sign || sign == line) {
        g_set_error(error, AC_ERROR, AC_ERROR_USAGE, "%s: NAME=VALUE is wanted", source);
        return false;
    }
    name = g_strstrip(g_strndup(line, (gsize)(sign - line)));
    if (a->list->len >= ANSWERS_MAX) {
        g_set_error(error, AC_ERROR, AC_ERROR_USAGE, "%s: more than %d answers", source,
                    ANSWERS_MAX);
        return false;
    }
    if (!answers_put(a, name, slice_of(sign + 1), source)) {
        g_set_error(error, AC_ERROR, AC_ERROR_USAGE, "%s: a second answer for %s", source, name);
        return false;
    }
    return true;
}

/* One line as a C string; a NUL cannot be part of a password that travels in XML. */
static bool
line_ok(const Secret *line, const char *source, GError **error)
{
    if (line->len && memchr(line->p, 0, line->len)) {
        g_set_error(error, AC_ERROR, AC_ERROR_USAGE, "%s: holds a NUL octet", source);
        return false;
    }
    return true;
}

static int
open_file(const char *file, GError **error)
{
    int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY);

    if (fd < 0)
        g_set_error(error, AC_ERROR, AC_ERROR_USAGE, "%s: %s", file, g_strerror(errno));
    return fd;
}

static bool
read_failed(LinesStatus st, const char *source, GError **error)
{
    const char *why = g_strerror(errno);

    if (st == LINES_STOPPED)
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "%s: cancelled", source);
    else
        g_set_error(error, AC_ERROR, AC_ERROR_USAGE, "%s: %s", source,
                    st == LINES_TOO_LONG ? "a line is longer than 4096 octets"
                    : st == LINES_EOF    ? "is empty"
                                         : why);
    return false;
}

static bool
load_line(Answers *a, const Secret *line, const char *where, GError **error)
{
    g_auto(Secret) text = { 0 };

    if (!line_ok(line, where, error))
        return false;
    if (!line->len || line->p[0] == '#')
        return true;
    secret_alloc(&text, line->len + 1);
    memcpy(text.p, line->p, line->len);
    return answers_put_line(a, (const char *)text.p, where, error);
}

bool
answers_load(Answers *a, const char *file, GError **error)
{
    int fd = open_file(file, error);
    g_autoptr(Lines) lines = NULL;
    g_auto(Secret) line = { 0 };
    LinesStatus st;
    bool ok = true;

    if (fd < 0)
        return false;
    lines = lines_new(fd);
    for (unsigned n = 1; ok && (st = lines_read(lines, &(LinesStop){ 0 }, &line)) == LINES_OK;
         n++) {
        g_autofree char *where = g_strdup_printf("%s:%u", file, n);

        ok = load_line(a, &line, where, error);
    }
    if (ok && st != LINES_EOF)
        ok = read_failed(st, file, error);
    close(fd);
    return ok;
}

bool
answers_password_fd(Answers *a, int fd, const char *source, const LinesStop *stop, GError **error)
{
    g_autoptr(Lines) lines = lines_new(fd);
    g_auto(Secret) line = { 0 };
    LinesStatus st = lines_read(lines, stop, &line);

    if (st != LINES_OK)
        return read_failed(st, source, error);
    if (!line_ok(&line, source, error))
        return false;
    add(a, NULL, secret_view(&line), source);
    return true;
}

bool
answers_password_file(Answers *a, const char *file, const LinesStop *stop, GError **error)
{
    int fd = open_file(file, error);
    bool ok;

    if (fd < 0)
        return false;
    ok = answers_password_fd(a, fd, file, stop, error);
    close(fd);
    return ok;
}

bool
answers_credential(Answers *a, const char *name, const LinesStop *stop, GError **error)
{
    const char *directory = g_getenv("CREDENTIALS_DIRECTORY");
    g_autofree char *file = NULL;

    if (!directory || !*directory) {
        g_set_error(error, AC_ERROR, AC_ERROR_USAGE,
                    "--credential %s: CREDENTIALS_DIRECTORY is not set: this is not a service "
                    "with LoadCredential=",
                    name);
        return false;
    }
    if (!*name || strchr(name, '/') || g_str_equal(name, ".") || g_str_equal(name, "..")) {
        g_set_error(error, AC_ERROR, AC_ERROR_USAGE, "--credential %s: a name without / is wanted",
                    name);
        return false;
    }
    file = g_build_filename(directory, name, NULL);
    return answers_password_file(a, file, stop, error);
}

void
answers_askpass(Answers *a, const char *program)
{
    g_free(a->askpass);
    a->askpass = g_strdup(program);
}

static void
on_child_done(GObject *source, GAsyncResult *result, gpointer user)
{
    GAsyncResult **slot = user;

    (void)source;
    *slot = g_object_ref(result);
}

/* The program prints the secret on one line and ends well, or there is no answer. */
static bool
askpass_line(const char *program, const char *label, const LinesStop *stop, Secret *ret,
             GError **error)
{
    g_autoptr(GSubprocess) child = NULL;
    g_autoptr(GAsyncResult) done = NULL;
    g_autoptr(Lines) lines = NULL;
    g_auto(Secret) line = { 0 };
    LinesStatus st;

    child = g_subprocess_new(G_SUBPROCESS_FLAGS_STDOUT_PIPE, error, program, label, NULL);
    if (!child)
        return false;
    lines = lines_new(
        g_unix_input_stream_get_fd(G_UNIX_INPUT_STREAM(g_subprocess_get_stdout_pipe(child))));
    st = lines_read(lines, stop, &line);
    if (st != LINES_OK && st != LINES_EOF)
        g_subprocess_force_exit(child);
    g_subprocess_wait_check_async(child, NULL, on_child_done, &done);
    while (!done)
        g_main_context_iteration(NULL, TRUE);
    if (st == LINES_STOPPED)
        return read_failed(st, program, error);
    if (!g_subprocess_wait_check_finish(child, done, error))
        return false;
    if (st != LINES_OK)
        return read_failed(st, program, error);
    if (!line_ok(&line, program, error))
        return false;
    secret_move(ret, &line);
    return true;
}

static bool
run_askpass(const char *program, const char *label, const LinesStop *stop, Secret *ret,
            GError **error)
{
    GError *why = NULL;

    if (askpass_line(program, label, stop, ret, &why))
        return true;
    if (g_error_matches(why, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
        g_propagate_error(error, why);
        return false;
    }
    g_set_error(error, AC_ERROR, AC_ERROR_INPUT_NEEDED, "--askpass %s: %s", program, why->message);
    g_error_free(why);
    return false;
}

/* What is stored and has not been used: by name, else the password for a secret. */
static Answer *
pick(Answers *a, const char *name, bool secret, bool spent)
{
    Answer *x = find(a, name);

    if (!x && secret && !spent && !a->password_used) {
        x = find(a, NULL);
        a->password_used = x;
    }
    return x;
}

AnswersStatus
answers_take(Answers *a, const char *name, const char *label, bool secret, const LinesStop *stop,
             Secret *ret, const char **ret_source, GError **error)
{
    bool spent = a->refused || g_ptr_array_find_with_equal_func(a->spent, name, g_str_equal, NULL);
    Answer *x = pick(a, name, secret, spent);

    if (x) {
        x->used = true;
        secret_move(ret, &x->value);
        *ret_source = x->source;
    } else if (spent) {
        return ANSWERS_SPENT;
    } else if (!secret || !a->askpass) {
        return ANSWERS_NONE;
    } else if (run_askpass(a->askpass, label, stop, ret, error)) {
        *ret_source = "--askpass";
    } else {
        return ANSWERS_FAILED;
    }
    g_ptr_array_add(a->spent, g_strdup(name));
    return ANSWERS_FOUND;
}

void
answers_spend(Answers *a)
{
    /* A person who was asked for everything may be asked again: nothing stored was refused. */
    a->refused = a->refused || a->spent->len > 0;
    for (guint i = 0; i < a->list->len; i++)
        ((Answer *)a->list->pdata[i])->used = true;
}
