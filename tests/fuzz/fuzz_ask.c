#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ui-cli/ask.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char script[] = "username=Anu\ny\n1\nv\nyes\n\nsecret\n0\n";

/* A script as standard input, from its beginning. */
static int
open_script(void)
{
    int fd = memfd_create("script", MFD_CLOEXEC);

    if (fd < 0 || write(fd, script, sizeof(script) - 1) != (ssize_t)sizeof(script) - 1 ||
        lseek(fd, 0, SEEK_SET) != 0)
        g_error("no script");
    return fd;
}

/* Whatever the agent asks, there is an answer, or a reason why not together with a refusal. */
static void
ask(GVariant *prompt, Tty *tty)
{
    static FILE *null;
    g_autoptr(Answers) answers = answers_new();
    g_autoptr(GError) error = NULL;
    GVariant *answer = NULL;
    AskResult done;

    if (!null) {
        g_log_set_always_fatal(G_LOG_LEVEL_CRITICAL);
        null = fopen("/dev/null", "w");
    }
    Out out = { .out = null, .err = null };
    g_auto(Ask) a = { .out = &out, .tty = tty, .answers = answers };

    (void)answers_put(answers, "password", slice_of("stored"), "test");
    done = ask_prompt(&a, prompt, &answer, &error);
    if (done == ASK_GONE || !answer || (done == ASK_REFUSED) != !!error ||
        !g_variant_is_of_type(answer, G_VARIANT_TYPE_VARDICT))
        g_error("neither answered nor refused");
    g_variant_unref(g_variant_ref_sink(answer));
}

/* @data: a "prompt" dictionary as GVariant text. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = size ? g_strndup((const char *)data, size) : NULL;
    g_autoptr(GVariant) prompt =
        text && g_utf8_validate(text, -1, NULL)
            ? g_variant_parse(G_VARIANT_TYPE_VARDICT, text, NULL, NULL, NULL)
            : NULL;
    g_autoptr(Tty) tty = NULL;
    int fd;

    if (!prompt)
        return 0;
    ask(prompt, NULL);
    fd = open_script();
    tty = tty_script(fd, -1);
    ask(prompt, tty);
    close(fd);
    return 0;
}
