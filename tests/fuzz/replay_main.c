/* replay_main.c - runs a fuzz target over the files of a corpus folder, and over every truncation
 * and a fixed set of bit flips of each, for builds without libFuzzer. */
#include <glib.h>
#include <stdint.h>
#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MUTATIONS = 400 }; /* a file: keeps a whole run within seconds */

/* A private, exactly sized copy: the sanitizer then sees one octet too far. */
static void
run(const char *data, gsize len)
{
    g_autofree char *copy = g_memdup2(data, len);

    LLVMFuzzerTestOneInput((const uint8_t *)copy, len);
}

static void
replay(const char *data, gsize len)
{
    g_autofree char *copy = g_memdup2(data, len);
    gsize step = len / MUTATIONS + 1;

    run(data, len);
    for (gsize cut = 0; cut < len; cut += step)
        run(data, cut);
    for (gsize i = 0; i < len; i += step) {
        copy[i] = (char)(copy[i] ^ (1 << (i % 8)));
        run(copy, len);
        copy[i] = (char)0xff;
        run(copy, len);
        copy[i] = data[i];
    }
}

int
main(int argc, char **argv)
{
    g_autoptr(GDir) dir = argc == 2 ? g_dir_open(argv[1], 0, NULL) : NULL;
    const char *name;
    unsigned n = 0;

    if (!dir)
        return 1;
    while ((name = g_dir_read_name(dir))) {
        g_autofree char *path = g_build_filename(argv[1], name, NULL);
        g_autofree char *data = NULL;
        gsize len;

        if (!g_file_get_contents(path, &data, &len, NULL))
            return 1;
        replay(data, len);
        n++;
    }
    printf("%u files replayed\n", n);
    return n == 0; /* an empty corpus tests nothing */
}
