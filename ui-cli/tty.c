#include "ui-cli/tty.h"

#include <fcntl.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

struct Tty {
    int in, out;
    bool script;
    Lines *lines;
};

static Tty *
make(int in, int out, bool script)
{
    Tty *t = g_new0(Tty, 1);

    *t = (Tty){ .in = in, .out = out, .script = script, .lines = lines_new(in) };
    return t;
}

Tty *
tty_open(void)
{
    int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);

    return fd < 0 ? NULL : make(fd, fd, false);
}

Tty *
tty_script(int in, int out)
{
    return make(in, out, true);
}

void
tty_free(Tty *t)
{
    if (!t)
        return;
    lines_free(t->lines);
    if (!t->script)
        close(t->in);
    g_free(t);
}

bool
tty_is_script(const Tty *t)
{
    return t->script;
}

static void
put(const Tty *t, const char *text)
{
    size_t left = strlen(text);

    while (t->out >= 0 && left) {
        ssize_t n = write(t->out, text, left);

        if (n <= 0)
            return;
        text += n;
        left -= (size_t)n;
    }
}

void
tty_say(Tty *t, const char *format, ...)
{
    g_autofree char *text = NULL;
    va_list args;

    va_start(args, format);
    text = g_strdup_vprintf(format, args);
    va_end(args);
    put(t, text);
}

/* Echo off, and no key that would end or stop this program with it off: ^\ and ^Z. Ctrl-C comes
 * through the main loop, which ends the question. */
static bool
hide(int fd, struct termios *was)
{
    struct termios now;

    if (tcgetattr(fd, was) < 0)
        return false;
    now = *was;
    now.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK);
    now.c_lflag |= ECHONL | ICANON;
    now.c_cc[VQUIT] = now.c_cc[VSUSP] = _POSIX_VDISABLE;
    return tcsetattr(fd, TCSAFLUSH, &now) == 0;
}

LinesStatus
tty_ask(Tty *t, const char *question, bool secret, const LinesStop *stop, Secret *ret)
{
    struct termios was;
    bool hidden = secret && !t->script;
    LinesStatus st;

    if (hidden && !hide(t->in, &was))
        return LINES_BROKEN; /* rather no login than a password on the screen */
    put(t, question);
    if (t->script && *question)
        put(t, "\n"); /* the answer's own line end is not on the screen */
    st = lines_read(t->lines, stop, ret);
    if (hidden)
        (void)tcsetattr(t->in, TCSADRAIN, &was);
    if (st != LINES_OK && !t->script)
        put(t, "\n");
    return st;
}
