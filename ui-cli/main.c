/* main.c - the program acclient. */
#include <locale.h>
#include <stdio.h>
#include <sys/resource.h>

#include "ui-cli/cli.h"

int
main(int argc, char **argv)
{
    /* Passwords pass through here: no core files. */
    (void)setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
    setlocale(LC_CTYPE, ""); /* for line editing; numbers and messages are the same everywhere */
    setvbuf(stdout, NULL, _IOLBF, 0);
    return cli_main(argc, argv);
}
