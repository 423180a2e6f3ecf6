#include "ui-cli/lines.h"

#include <errno.h>
#include <glib-unix.h>
#include <string.h>
#include <unistd.h>

struct Lines {
    int fd;
    size_t len;
    bool eof;
    uint8_t buf[LINES_MAX + 2]; /* a line and its CRLF */
};

Lines *
lines_new(int fd)
{
    Lines *l = g_new0(Lines, 1);

    l->fd = fd;
    return l;
}

void
lines_free(Lines *l)
{
    if (!l)
        return;
    explicit_bzero(l, sizeof(*l));
    g_free(l);
}

static gboolean
on_readable(int fd, GIOCondition what, gpointer user)
{
    bool *ready = user;

    (void)fd;
    (void)what;
    *ready = true;
    return G_SOURCE_REMOVE;
}

static bool
stopped(const LinesStop *stop)
{
    return g_cancellable_is_cancelled(stop->cancel) || (stop->stop && stop->stop(stop->user));
}

LinesStatus
lines_wait(int fd, const LinesStop *stop)
{
    GSource *source = g_unix_fd_source_new(fd, G_IO_IN | G_IO_HUP | G_IO_ERR);
    bool ready = false, no_more = false;

    g_source_set_callback(source, G_SOURCE_FUNC(on_readable), &ready, NULL);
    g_source_attach(source, NULL);
    while (!(no_more = stopped(stop)) && !ready)
        g_main_context_iteration(NULL, TRUE);
    g_source_destroy(source);
    g_source_unref(source);
    return no_more ? LINES_STOPPED : LINES_OK;
}

/* Hand out the first @n octets without the line end, and drop @used from the buffer. */
static void
take(Lines *l, size_t n, size_t used, Secret *ret)
{
    if (n && l->buf[n - 1] == '\r')
        n--;
    secret_set(ret, (Slice){ l->buf, n });
    memmove(l->buf, l->buf + used, l->len - used);
    l->len -= used;
    explicit_bzero(l->buf + l->len, sizeof(l->buf) - l->len);
}

LinesStatus
lines_read(Lines *l, const LinesStop *stop, Secret *ret)
{
    for (;;) {
        const uint8_t *end = memchr(l->buf, '\n', l->len);
        LinesStatus st;
        ssize_t got;

        if (end) {
            size_t n = (size_t)(end - l->buf);

            take(l, n, n + 1, ret);
            return LINES_OK;
        }
        if (l->len == sizeof(l->buf))
            return LINES_TOO_LONG;
        if (l->eof) {
            if (!l->len)
                return LINES_EOF;
            take(l, l->len, l->len, ret);
            return LINES_OK;
        }
        st = lines_wait(l->fd, stop);
        if (st != LINES_OK)
            return st;
        got = read(l->fd, l->buf + l->len, sizeof(l->buf) - l->len);
        if (got < 0 && errno != EINTR && errno != EAGAIN)
            return LINES_BROKEN;
        if (got > 0)
            l->len += (size_t)got;
        /* A terminal reports the end of input once and reads on after it. */
        l->eof = got == 0;
        if (l->eof && isatty(l->fd)) {
            l->eof = false;
            return LINES_EOF;
        }
    }
}

char *
lines_word(const Secret *line)
{
    return line->len ? g_strstrip(g_strndup((const char *)line->p, line->len)) : g_strdup("");
}
