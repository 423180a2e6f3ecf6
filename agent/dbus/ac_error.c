/* ac_error.c - the domain, registered with GDBus so that a code survives the way over the bus. */
#include "agent/dbus/ac_error.h"

#include <string.h>

#define PREFIX "org.acclient.Error."

static const struct {
    const char *name; /* NO_HOST: its D-Bus name is made from this */
    int exit;
    const char *token;
} kinds[AC_ERROR_N] = {
#define X(name, exit, token) { #name, exit, token },
    AC_ERROR_LIST(X)
#undef X
};

/* NO_HOST -> org.acclient.Error.NoHost */
static char *
dbus_name(const char *name)
{
    GString *out = g_string_new(PREFIX);
    bool upper = true;

    for (; *name; name++) {
        if (*name == '_') {
            upper = true;
            continue;
        }
        g_string_append_c(out, upper ? *name : g_ascii_tolower(*name));
        upper = false;
    }
    return g_string_free(out, FALSE);
}

GQuark
ac_error_quark(void)
{
    static gsize once;

    if (g_once_init_enter(&once)) {
        GQuark quark = g_quark_from_static_string("ac-error-quark");

        for (int code = 0; code < AC_ERROR_N; code++) {
            g_autofree char *name = dbus_name(kinds[code].name);
            gboolean fresh = g_dbus_error_register_error(quark, code, name);

            g_assert(fresh);
        }
        g_once_init_leave(&once, quark);
    }
    return (GQuark)once;
}

int
ac_error_exit_code(AcError code)
{
    g_assert(code < AC_ERROR_N);
    return kinds[code].exit;
}

const char *
ac_error_token(AcError code)
{
    g_assert(code < AC_ERROR_N);
    return kinds[code].token;
}

bool
ac_error_from_token(const char *token, AcError *ret)
{
    for (int code = 0; code < AC_ERROR_N; code++)
        if (strcmp(kinds[code].token, token) == 0) {
            *ret = (AcError)code;
            return true;
        }
    return false;
}
