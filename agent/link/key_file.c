#include "agent/link/key_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/base/log.h"

static const char *const tables[] = { "ikev2_decryption_table", "esp_sa" };

struct KeyFile {
    int fd[G_N_ELEMENTS(tables)];
};

static bool
complain(const char *folder, const char *file, const char *why, GError **error)
{
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED, "export of keys to %s%s%s: %s",
                folder, file ? "/" : "", file ? file : "", why);
    return false;
}

/* Nobody but root may read, replace or give it another name. */
static bool
is_roots_own(const struct stat *st)
{
    return st->st_uid == 0 && (st->st_mode & (S_IRWXG | S_IRWXO)) == 0;
}

static bool
open_table(KeyFile *k, size_t i, int dir, const char *folder, GError **error)
{
    struct stat st;

    k->fd[i] = openat(dir, tables[i],
                      O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
    if (k->fd[i] < 0 || fstat(k->fd[i], &st) != 0)
        return complain(folder, tables[i], g_strerror(errno), error);
    if (!S_ISREG(st.st_mode) || st.st_nlink != 1 || !is_roots_own(&st))
        return complain(folder, tables[i], "is no file that only root can read", error);
    return true;
}

static bool
open_tables(KeyFile *k, int dir, const char *folder, GError **error)
{
    struct stat st;

    if (fstat(dir, &st) != 0)
        return complain(folder, NULL, g_strerror(errno), error);
    if (!is_roots_own(&st))
        return complain(folder, NULL, "is no folder that only root can enter (mode 0700)", error);
    for (size_t i = 0; i < G_N_ELEMENTS(tables); i++)
        if (!open_table(k, i, dir, folder, error))
            return false;
    return true;
}

KeyFile *
key_file_open(const char *folder, GError **error)
{
    g_autoptr(KeyFile) k = NULL;
    bool good;
    int dir;

    if (geteuid() != 0) {
        complain(folder, NULL, "only root may do that", error);
        return NULL;
    }
    if (mkdir(folder, 0700) != 0 && errno != EEXIST) {
        complain(folder, NULL, g_strerror(errno), error);
        return NULL;
    }
    dir = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (dir < 0) {
        complain(folder, NULL, g_strerror(errno), error);
        return NULL;
    }
    k = g_new(KeyFile, 1);
    memset(k->fd, -1, sizeof(k->fd));
    good = open_tables(k, dir, folder, error);
    close(dir);
    if (!good)
        return NULL;
    log_at(LOG_WARNING, NULL,
           "ALL KEYS ARE WRITTEN TO %s: whoever reads them can read what is protected by them",
           folder);
    return g_steal_pointer(&k);
}

void
key_file_free(KeyFile *k)
{
    if (!k)
        return;
    for (size_t i = 0; i < G_N_ELEMENTS(tables); i++)
        if (k->fd[i] >= 0)
            close(k->fd[i]);
    g_free(k);
}

/* One write a line, so that two programs may share the folder. */
void
key_file_add(KeyFile *k, const char *row)
{
    for (size_t i = 0; i < G_N_ELEMENTS(tables); i++) {
        const char *rest = g_str_has_prefix(row, tables[i]) ? row + strlen(tables[i]) : "";
        size_t len = strlen(rest);
        char *line;

        if (rest[0] != ':')
            continue;
        line = g_strconcat(rest + 1, "\n", NULL); /* as long as @rest */
        if (write(k->fd[i], line, len) != (ssize_t)len)
            log_at(LOG_WARNING, NULL, "a key could not be written to %s", tables[i]);
        explicit_bzero(line, len);
        g_free(line);
    }
}
