#include "agent/base/log.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* LOG_ERROR is GLib's CRITICAL: GLib's own ERROR ends the process. */
static const struct {
    GLogLevelFlags glib;
    const char *name;
    const char *priority; /* syslog(3) */
    const char *prefix;
} levels[] = {
    [LOG_ERROR] = { G_LOG_LEVEL_CRITICAL, "error", "3", "error: " },
    [LOG_WARNING] = { G_LOG_LEVEL_WARNING, "warning", "4", "warning: " },
    [LOG_MESSAGE] = { G_LOG_LEVEL_MESSAGE, "message", "5", "" },
    [LOG_INFO] = { G_LOG_LEVEL_INFO, "info", "6", "" },
    [LOG_DEBUG] = { G_LOG_LEVEL_DEBUG, "debug", "7", "" },
};

/* Set once by log_init(), before any thread is made. */
static const char *log_program = "";
static LogLevel log_at_most = LOG_MESSAGE;

static LogLevel
level_of(GLogLevelFlags glib)
{
    if (glib & G_LOG_LEVEL_ERROR)
        return LOG_ERROR;
    for (LogLevel i = LOG_ERROR; i < LOG_DEBUG; i++)
        if (glib & levels[i].glib)
            return i;
    return LOG_DEBUG;
}

static const char *
field_get(const GLogField *fields, gsize n_fields, const char *key)
{
    for (gsize i = 0; i < n_fields; i++)
        if (strcmp(fields[i].key, key) == 0)
            return fields[i].value;
    return NULL;
}

/* One write for one fact, so that threads and programs sharing a stderr do not mix lines. */
static void
print(LogLevel level, const char *message)
{
    g_autoptr(GString) out = g_string_new(NULL);
    g_auto(GStrv) lines = g_strsplit(message, "\n", -1);

    for (char **line = lines; *line; line++) {
        if (line != lines && !**line && !line[1])
            break; /* a final newline makes no line of its own */
        g_string_append_printf(out, "%s: %s%s\n", log_program, levels[level].prefix, *line);
    }
    fwrite(out->str, 1, out->len, stderr);
}

static GLogWriterOutput
write_fields(GLogLevelFlags flags, const GLogField *fields, gsize n_fields, gpointer user)
{
    LogLevel level = level_of(flags);
    const char *message = field_get(fields, n_fields, "MESSAGE");

    (void)user;
    /* What libraries say to their own developers is not ours to pass on. */
    if (level > log_at_most || (level > LOG_WARNING && field_get(fields, n_fields, "GLIB_DOMAIN")))
        return G_LOG_WRITER_HANDLED;
    if (g_log_writer_is_journald(STDERR_FILENO) &&
        g_log_writer_journald(flags, fields, n_fields, NULL) == G_LOG_WRITER_HANDLED)
        return G_LOG_WRITER_HANDLED;
    if (message)
        print(level, message);
    return G_LOG_WRITER_HANDLED;
}

void
log_init(const char *program, LogLevel at_most)
{
    static bool installed;

    log_program = program;
    log_at_most = at_most;
    if (!installed) /* GLib allows it once a process */
        g_log_set_writer_func(write_fields, NULL, NULL);
    installed = true;
}

bool
log_level_parse(const char *text, LogLevel *ret)
{
    for (LogLevel i = LOG_ERROR; i <= LOG_DEBUG; i++) {
        if (strcmp(text, levels[i].name) == 0) {
            *ret = i;
            return true;
        }
    }
    return false;
}

bool
log_enabled(LogLevel level)
{
    return level <= log_at_most;
}

void
log_at(LogLevel level, const LogFields *fields, const char *format, ...)
{
    static const LogFields none;
    const LogFields *f = fields ? fields : &none;
    g_autofree char *message = NULL;
    GLogField out[6];
    gsize n = 0;
    va_list args;

    if (!log_enabled(level))
        return;
    va_start(args, format);
    message = g_strdup_vprintf(format, args);
    va_end(args);

    out[n++] = (GLogField){ "MESSAGE", message, -1 };
    out[n++] = (GLogField){ "PRIORITY", levels[level].priority, -1 };
    out[n++] = (GLogField){ "SYSLOG_IDENTIFIER", log_program, -1 };
    if (f->session)
        out[n++] = (GLogField){ "SESSION", f->session, -1 };
    if (f->peer)
        out[n++] = (GLogField){ "PEER", f->peer, -1 };
    if (f->spi)
        out[n++] = (GLogField){ "SPI", f->spi, -1 };
    g_log_structured_array(levels[level].glib, out, n);
}

char *
log_escape(const char *text, size_t len, size_t max)
{
    GString *out = g_string_new(NULL);

    for (size_t i = 0; i < MIN(len, max); i++) {
        uint8_t c = (uint8_t)text[i];

        if (c >= 0x20 && c < 0x7f)
            g_string_append_c(out, (char)c);
        else
            g_string_append_printf(out, "\\x%02x", c);
    }
    if (len > max)
        g_string_append(out, "...");
    return g_string_free(out, FALSE);
}
