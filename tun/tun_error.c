#include "tun/tun_error.h"

G_DEFINE_QUARK(tun - error - quark, tun_error)

void
tun_error_set(GError **error, int code, const char *format, ...)
{
    g_autofree char *what = NULL;
    va_list args;

    va_start(args, format);
    what = g_strdup_vprintf(format, args);
    va_end(args);
    g_set_error(error, TUN_ERROR, code, "%s: %s", what, g_strerror(code));
}
