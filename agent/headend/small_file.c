#include "agent/headend/small_file.h"

#include <gio/gio.h>
#include <string.h>
#include <sys/stat.h>

bool
small_file_read(const char *path, Secret *ret, GError **error)
{
    g_autofree char *text = NULL;
    struct stat st;
    gsize len;

    if (stat(path, &st) == 0 && st.st_size > SMALL_FILE_MAX) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s: larger than %d octets", path,
                    SMALL_FILE_MAX);
        return false;
    }
    if (!g_file_get_contents(path, &text, &len, error))
        return false;
    secret_set(ret, (Slice){ (const uint8_t *)text, len });
    explicit_bzero(text, len);
    return true;
}
