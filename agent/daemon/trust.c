#include "agent/daemon/trust.h"

#include <gio/gio.h>

#include "agent/dbus/ac_error.h"

struct Trust {
    char *file;
    GHashTable *by_host; /* char * -> TrustEntry * */
};

static void
entry_free(TrustEntry *e)
{
    g_free((char *)e->host);
    g_free((char *)e->pin);
    g_free((char *)e->subject);
    g_free(e);
}

static TrustEntry *
entry_copy(const TrustEntry *e)
{
    TrustEntry *copy = g_new0(TrustEntry, 1);

    *copy = (TrustEntry){ .host = g_strdup(e->host),
                          .pin = g_strdup(e->pin),
                          .subject = g_strdup(e->subject ? e->subject : ""),
                          .problems = e->problems,
                          .added = e->added };
    return copy;
}

bool
trust_pin_valid(const char *pin)
{
    static const char prefix[] = "pin-sha256:";
    g_autofree guchar *octets = NULL;
    g_autofree char *again = NULL;
    gsize len;

    if (!g_str_has_prefix(pin, prefix) || strlen(pin) != strlen(prefix) + 44)
        return false;
    octets = g_base64_decode(pin + strlen(prefix), &len);
    if (len != 32)
        return false;
    again = g_base64_encode(octets, len); /* the decoder skips what is not base64 */
    return g_str_equal(again, pin + strlen(prefix));
}

/* A host may hold characters that a key file group may not: [, ] and control characters. */
static bool
host_valid(const char *host)
{
    size_t len = strlen(host);

    if (len == 0 || len > 255 || !g_utf8_validate(host, -1, NULL))
        return false;
    for (const char *p = host; *p; p++)
        if (*p == '[' || *p == ']' || g_ascii_iscntrl(*p))
            return false;
    return true;
}

Trust *
trust_load(const char *file, GError **error)
{
    g_autoptr(Trust) t = g_new0(Trust, 1);
    g_autoptr(GKeyFile) f = g_key_file_new();
    g_autoptr(GError) why = NULL;

    t->file = g_strdup(file);
    t->by_host =
        g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)(void *)entry_free);
    if (!g_key_file_load_from_file(f, file, G_KEY_FILE_NONE, &why)) {
        if (g_error_matches(why, G_FILE_ERROR, G_FILE_ERROR_NOENT))
            return g_steal_pointer(&t);
        g_set_error(error, AC_ERROR, AC_ERROR_CONFIG, "%s: %s", file, why->message);
        return NULL;
    }
    g_auto(GStrv) hosts = g_key_file_get_groups(f, NULL);

    for (char **host = hosts; *host; host++) {
        g_autofree char *pin = g_key_file_get_string(f, *host, "pin", NULL);
        g_autofree char *subject = g_key_file_get_string(f, *host, "subject", NULL);

        if (!pin || !trust_pin_valid(pin)) {
            g_set_error(error, AC_ERROR, AC_ERROR_CONFIG, "%s: [%s] pin: missing or malformed",
                        file, *host);
            return NULL;
        }
        TrustEntry *e = entry_copy(
            &(TrustEntry){ .host = *host,
                           .pin = pin,
                           .subject = subject,
                           .problems = (unsigned)g_key_file_get_uint64(f, *host, "accepted", NULL),
                           .added = g_key_file_get_int64(f, *host, "added", NULL) });

        g_hash_table_replace(t->by_host, (char *)e->host, e);
    }
    return g_steal_pointer(&t);
}

void
trust_free(Trust *t)
{
    if (!t)
        return;
    g_free(t->file);
    g_hash_table_unref(t->by_host);
    g_free(t);
}

const TrustEntry *
trust_find(const Trust *t, const char *host)
{
    return g_hash_table_lookup(t->by_host, host);
}

static int
by_host(gconstpointer a, gconstpointer b)
{
    const TrustEntry *const *x = a, *const *y = b;

    return g_strcmp0((*x)->host, (*y)->host);
}

GPtrArray *
trust_list(const Trust *t)
{
    GPtrArray *all = g_ptr_array_new();
    GHashTableIter iter;
    gpointer e;

    g_hash_table_iter_init(&iter, t->by_host);
    while (g_hash_table_iter_next(&iter, NULL, &e))
        g_ptr_array_add(all, e);
    g_ptr_array_sort(all, by_host);
    return all;
}

/* Write what the file is to hold: all but @without, then @with. */
static bool
write_file(const Trust *t, const char *without, const TrustEntry *with, GError **error)
{
    g_autoptr(GKeyFile) f = g_key_file_new();
    g_autoptr(GPtrArray) all = trust_list(t);
    g_autofree char *text = NULL;
    gsize len;

    if (with)
        g_ptr_array_add(all, (gpointer)with);
    for (guint i = 0; i < all->len; i++) {
        const TrustEntry *e = all->pdata[i];

        if (e != with && g_str_equal(e->host, without))
            continue;
        g_key_file_set_string(f, e->host, "pin", e->pin);
        g_key_file_set_string(f, e->host, "subject", e->subject ? e->subject : "");
        g_key_file_set_uint64(f, e->host, "accepted", e->problems);
        g_key_file_set_int64(f, e->host, "added", e->added);
    }
    text = g_key_file_to_data(f, &len, NULL);
    return g_file_set_contents_full(t->file, text, (gssize)len,
                                    G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE,
                                    0600, error);
}

bool
trust_put(Trust *t, const TrustEntry *e, GError **error)
{
    if (!host_valid(e->host)) {
        g_set_error(error, AC_ERROR, AC_ERROR_USAGE,
                    "host: brackets, control characters or a bad length");
        return false;
    }
    if (!trust_pin_valid(e->pin)) {
        g_set_error(error, AC_ERROR, AC_ERROR_USAGE,
                    "%s is not a pin: pin-sha256: and 44 characters of base64 are wanted", e->pin);
        return false;
    }
    if (!write_file(t, e->host, e, error))
        return false;
    TrustEntry *copy = entry_copy(e);

    g_hash_table_replace(t->by_host, (char *)copy->host, copy);
    return true;
}

bool
trust_remove(Trust *t, const char *host, bool *ret_was_there, GError **error)
{
    bool there = g_hash_table_contains(t->by_host, host);

    if (there && !write_file(t, host, NULL, error))
        return false;
    g_hash_table_remove(t->by_host, host);
    *ret_was_there = there;
    return true;
}
