#include "agent/daemon/secret_file.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/dbus/ac_error.h"

static bool
refuse(GError **error, const char *path, const char *why)
{
    g_set_error(error, AC_ERROR, AC_ERROR_CONFIG, "%s: %s", path, why);
    return false;
}

/* @owner: NULL when it does not matter whose it is and who reads it. */
static bool
check(int fd, const char *path, const uid_t *owner, size_t *ret_len, GError **error)
{
    struct stat st;

    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
        return refuse(error, path, "is not a regular file");
    if (owner && st.st_uid != 0 && st.st_uid != *owner)
        return refuse(error, path, "belongs to another user");
    if (owner && (st.st_mode & (S_IRWXG | S_IRWXO)))
        return refuse(error, path, "holds a secret and others may read it: chmod 600");
    if (st.st_size == 0 || st.st_size > SECRET_FILE_MAX)
        return refuse(error, path, "is empty or larger than 64 KiB");
    *ret_len = (size_t)st.st_size;
    return true;
}

static bool
read_all(int fd, const char *path, uint8_t *into, size_t want, GError **error)
{
    size_t len = 0;

    while (len < want) {
        ssize_t n = read(fd, into + len, want - len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return refuse(error, path, g_strerror(errno));
        if (n == 0)
            return refuse(error, path, "became shorter while it was read");
        len += (size_t)n;
    }
    return true;
}

static int
open_file(const char *path)
{
    return open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC); /* no FIFO may hold us up */
}

char *
secret_file_public(const char *path, size_t *ret_len, GError **error)
{
    g_autofree char *all = NULL;
    int fd = open_file(path);
    size_t len = 0;
    bool ok;

    if (fd < 0) {
        (void)refuse(error, path, g_strerror(errno));
        return NULL;
    }
    ok = check(fd, path, NULL, &len, error);
    all = ok ? g_malloc0(len + 1) : NULL;
    ok = ok && read_all(fd, path, (uint8_t *)all, len, error);
    close(fd);
    *ret_len = len;
    return ok ? g_steal_pointer(&all) : NULL;
}

bool
secret_file_read(const char *path, uid_t owner, Secret *ret, GError **error)
{
    int fd = open_file(path);
    g_auto(Secret) all = { 0 };
    size_t len = 0;
    bool ok;

    if (fd < 0)
        return refuse(error, path, g_strerror(errno));
    ok = check(fd, path, &owner, &len, error);
    if (ok)
        secret_alloc(&all, len);
    ok = ok && read_all(fd, path, all.p, len, error);
    close(fd);
    if (ok)
        secret_move(ret, &all);
    return ok;
}

static bool
read_hex(Slice digits, Secret *ret)
{
    g_auto(Secret) octets = { 0 };

    if (digits.len == 0 || digits.len % 2)
        return false;
    secret_alloc(&octets, digits.len / 2);
    for (size_t i = 0; i < digits.len; i++) {
        int d = g_ascii_xdigit_value((char)digits.p[i]);

        if (d < 0)
            return false;
        octets.p[i / 2] = (uint8_t)(octets.p[i / 2] << 4 | d);
    }
    secret_move(ret, &octets);
    return true;
}

bool
secret_file_line(const char *path, uid_t owner, Secret *ret, GError **error)
{
    g_auto(Secret) all = { 0 };
    Slice line;

    if (!secret_file_read(path, owner, &all, error))
        return false;
    line = secret_view(&all);
    for (size_t i = 0; i < line.len; i++)
        if (line.p[i] == '\n' || line.p[i] == '\r')
            line.len = i;
    if (line.len == 0)
        return refuse(error, path, "its first line is empty");
    if (line.len > 2 && line.p[0] == '0' && line.p[1] == 'x')
        return read_hex((Slice){ line.p + 2, line.len - 2 }, ret) ||
               refuse(error, path, "what follows 0x is not in hex, two digits an octet");
    secret_set(ret, line);
    return true;
}

unsigned
secret_file_bits(Slice text)
{
    size_t seen[256] = { 0 };
    double bits = 0;

    for (size_t i = 0; i < text.len; i++)
        seen[text.p[i]]++;
    for (size_t c = 0; c < G_N_ELEMENTS(seen); c++)
        if (seen[c])
            bits += (double)seen[c] * log2((double)text.len / (double)seen[c]);
    explicit_bzero(seen, sizeof(seen));
    return (unsigned)bits;
}
