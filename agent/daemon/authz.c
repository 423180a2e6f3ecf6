#include "agent/daemon/authz.h"

#include <grp.h>
#include <pwd.h>
#include <stdlib.h>

#include "agent/dbus/ac_error.h"

enum { GROUPS_MAX = 1024, BUS_TIMEOUT_MS = 1000 };

static bool
uid_of_peer(GDBusConnection *c, uid_t *ret, GError **error)
{
    GCredentials *creds = g_dbus_connection_get_peer_credentials(c);

    if (!creds) {
        g_set_error(error, AC_ERROR, AC_ERROR_NOT_AUTHORISED, "the caller has no credentials");
        return false;
    }
    *ret = g_credentials_get_unix_user(creds, error);
    return *ret != (uid_t)-1;
}

bool
authz_uid(GDBusMethodInvocation *call, uid_t *ret, GError **error)
{
    GDBusConnection *c = g_dbus_method_invocation_get_connection(call);
    const char *sender = g_dbus_method_invocation_get_sender(call);
    g_autoptr(GVariant) reply = NULL;
    guint32 uid;

    /* On the socket the sender is whatever the caller wrote there: only a bus, which has given us a
     * name, vouches for it. */
    if (!g_dbus_connection_get_unique_name(c))
        return uid_of_peer(c, ret, error);
    reply = g_dbus_connection_call_sync(c, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                        "org.freedesktop.DBus", "GetConnectionUnixUser",
                                        g_variant_new("(s)", sender), G_VARIANT_TYPE("(u)"),
                                        G_DBUS_CALL_FLAGS_NONE, BUS_TIMEOUT_MS, NULL, error);
    if (!reply)
        return false;
    g_variant_get(reply, "(u)", &uid);
    *ret = uid;
    return true;
}

static bool
is_number(const char *text, guint64 *ret)
{
    return g_ascii_string_to_unsigned(text, 10, 0, G_MAXUINT32 - 1, ret, NULL);
}

static bool
is_user(uid_t uid, const char *who)
{
    const struct passwd *pw;
    guint64 n;

    if (is_number(who, &n))
        return uid == (uid_t)n;
    pw = getpwnam(who);
    return pw && pw->pw_uid == uid;
}

static bool
in_group(uid_t uid, const char *which)
{
    const struct passwd *pw = getpwuid(uid);
    const struct group *gr;
    gid_t groups[GROUPS_MAX], wanted;
    int n = GROUPS_MAX;
    guint64 number;

    if (!pw || getgrouplist(pw->pw_name, pw->pw_gid, groups, &n) < 0)
        return false;
    if (is_number(which, &number)) {
        wanted = (gid_t)number;
    } else {
        gr = getgrnam(which);
        if (!gr)
            return false;
        wanted = gr->gr_gid;
    }
    for (int i = 0; i < n; i++)
        if (groups[i] == wanted)
            return true;
    return false;
}

bool
authz_allowed(uid_t uid, char *const *allow)
{
    if (uid == 0)
        return true;
    for (; allow && *allow; allow++) {
        if (g_str_equal(*allow, "any") ||
            (g_str_has_prefix(*allow, "user:") && is_user(uid, *allow + strlen("user:"))) ||
            (g_str_has_prefix(*allow, "group:") && in_group(uid, *allow + strlen("group:"))))
            return true;
    }
    return false;
}
