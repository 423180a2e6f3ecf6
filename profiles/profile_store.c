#include "profiles/profile_store.h"

#include <string.h>

#include "agent/base/log.h"
#include "profiles/profile_address.h"
#include "profiles/profile_xml.h"

enum {
    FILES_MAX = 1024,
    NAMED_MAX = 20,                    /* hosts or files named in one error */
    SHOWN_MAX = PROFILE_TEXT_MAX + 45, /* octets of what was asked for */
};

struct ProfileStore {
    GPtrArray *hosts;    /* of ProfileHost * */
    GPtrArray *broken;   /* of char *: why each file was left out */
    GPtrArray *problems; /* of char *: those and the warnings */
    char *manual_forbidden_by;
};

static const ProfileHost *
find_exact(const ProfileStore *s, const char *name)
{
    for (guint i = 0; i < s->hosts->len; i++) {
        const ProfileHost *h = s->hosts->pdata[i];

        if (g_str_equal(h->name, name))
            return h;
    }
    return NULL;
}

static void
merge(ProfileStore *s, Profile *p)
{
    while (p->hosts->len > 0) {
        ProfileHost *h = g_ptr_array_steal_index(p->hosts, 0);
        const ProfileHost *first = find_exact(s, h->name);

        if (!first) {
            g_ptr_array_add(s->hosts, h);
            continue;
        }
        g_ptr_array_add(s->problems,
                        g_strdup_printf("%s:%d: host \"%s\" is known from %s:%d already, this one "
                                        "is left out",
                                        h->file, h->line, h->name, first->file, first->line));
        profile_host_free(h);
    }
    for (guint i = 0; i < p->warnings->len; i++)
        g_ptr_array_add(s->problems, g_strdup(p->warnings->pdata[i]));
    if (!s->manual_forbidden_by &&
        g_strcmp0(g_hash_table_lookup(p->settings, "AllowManualHostInput"), "false") == 0)
        s->manual_forbidden_by = g_strdup(p->file);
}

static void
load_file(ProfileStore *s, const char *file)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Profile) p = profile_xml_load(file, &error);

    if (p) {
        merge(s, p);
        return;
    }
    g_ptr_array_add(s->broken, g_strdup(error->message));
    g_ptr_array_add(s->problems, g_strdup_printf("%s; the file is left out", error->message));
}

static int
compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Of char *, sorted. */
static GPtrArray *
list_files(ProfileStore *s, const char *dir)
{
    GPtrArray *files = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GError) error = NULL;
    g_autoptr(GDir) d = g_dir_open(dir, 0, &error);
    const char *name;

    if (!d)
        g_ptr_array_add(s->problems, g_strdup(error->message));
    while (d && (name = g_dir_read_name(d))) {
        if (name[0] != '.' && g_str_has_suffix(name, ".xml"))
            g_ptr_array_add(files, g_build_filename(dir, name, NULL));
    }
    g_ptr_array_sort(files, compare_names);
    return files;
}

ProfileStore *
profile_store_load(const char *dir)
{
    ProfileStore *s = g_new0(ProfileStore, 1);
    g_autoptr(GPtrArray) files = NULL;

    s->hosts = g_ptr_array_new_with_free_func((GDestroyNotify)profile_host_free);
    s->broken = g_ptr_array_new_with_free_func(g_free);
    s->problems = g_ptr_array_new_with_free_func(g_free);
    files = list_files(s, dir);
    for (guint i = 0; i < files->len && i < FILES_MAX; i++)
        load_file(s, files->pdata[i]);
    if (files->len > FILES_MAX)
        g_ptr_array_add(s->problems, g_strdup_printf("%s: %u profiles, only the first %d are read",
                                                     dir, files->len, FILES_MAX));
    return s;
}

void
profile_store_free(ProfileStore *s)
{
    if (!s)
        return;
    g_ptr_array_unref(s->hosts);
    g_ptr_array_unref(s->broken);
    g_ptr_array_unref(s->problems);
    g_free(s->manual_forbidden_by);
    g_free(s);
}

const GPtrArray *
profile_store_hosts(const ProfileStore *s)
{
    return s->hosts;
}

const GPtrArray *
profile_store_problems(const ProfileStore *s)
{
    return s->problems;
}

/* ---- finding ---- */

typedef bool (*Fits)(const ProfileHost *h, const char *wanted);

static bool
fits_ignoring_case(const ProfileHost *h, const char *wanted)
{
    g_autofree char *name = g_utf8_casefold(h->name, -1);

    return g_str_equal(name, wanted);
}

static bool
fits_address(const ProfileHost *h, const char *wanted)
{
    g_autofree char *address = g_utf8_casefold(h->address, -1);
    g_autofree char *group = h->user_group ? g_utf8_casefold(h->user_group, -1) : NULL;
    g_autofree char *both = g_strconcat(address, "/", group ? group : "", NULL);

    return g_str_equal(address, wanted) || (group && g_str_equal(both, wanted));
}

static bool
fits_as_prefix(const ProfileHost *h, const char *wanted)
{
    g_autofree char *name = g_utf8_casefold(h->name, -1);

    return g_str_has_prefix(name, wanted);
}

/* "a, b, c and 4 more" */
static char *
join_some(const GPtrArray *texts, const char *separator)
{
    GString *all = g_string_new(NULL);

    for (guint i = 0; i < texts->len && i < NAMED_MAX; i++)
        g_string_append_printf(all, "%s%s", i ? separator : "", (const char *)texts->pdata[i]);
    if (texts->len > NAMED_MAX)
        g_string_append_printf(all, " and %u more", texts->len - NAMED_MAX);
    return g_string_free(all, FALSE);
}

/* The hosts that fit: their names are borrowed, @ret_first is the first of them. */
static GPtrArray *
fitting(const ProfileStore *s, Fits fits, const char *wanted, const ProfileHost **ret_first)
{
    GPtrArray *names = g_ptr_array_new();

    for (guint i = 0; i < s->hosts->len; i++) {
        ProfileHost *h = s->hosts->pdata[i];

        if (!fits(h, wanted))
            continue;
        if (names->len == 0)
            *ret_first = h;
        g_ptr_array_add(names, h->name);
    }
    return names;
}

/* Returns false with @error when several fit; @ret stays NULL when none does. */
static bool
find_unique(const ProfileStore *s, Fits fits, const char *name, const ProfileHost **ret,
            GError **error)
{
    g_autofree char *wanted = g_utf8_casefold(name, -1);
    g_autoptr(GPtrArray) names = fitting(s, fits, wanted, ret);
    g_autofree char *all = NULL;

    if (names->len <= 1)
        return true;
    all = join_some(names, ", ");
    g_set_error(error, PROFILE_ERROR, PROFILE_ERROR_AMBIGUOUS, "\"%s\" fits several hosts: %s",
                name, all);
    return false;
}

static bool
find_known(const ProfileStore *s, const char *name, bool is_ip, const ProfileHost **ret,
           GError **error)
{
    static const Fits ways[] = { fits_ignoring_case, fits_address, fits_as_prefix };

    *ret = find_exact(s, name);
    for (size_t i = 0; !*ret && i < G_N_ELEMENTS(ways); i++) {
        if (is_ip && ways[i] == fits_as_prefix)
            continue;
        if (!find_unique(s, ways[i], name, ret, error))
            return false;
    }
    return true;
}

static ProfileHost *
make_manual(const char *name, ProfileAddress *address)
{
    ProfileHost *h = profile_host_new();

    h->name = g_strdup(name);
    h->address = g_steal_pointer(&address->host);
    h->port = address->port;
    h->user_group = g_steal_pointer(&address->group);
    h->protocol = PROFILE_IPSEC;
    h->auth = PROFILE_EAP_ANYCONNECT;
    return h;
}

static void
say_unknown(const ProfileStore *s, const char *name, bool forbidden, GError **error)
{
    g_autofree char *shown = log_escape(name, strlen(name), SHOWN_MAX);
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    GString *text = g_string_new(NULL);
    g_autofree char *known = NULL;

    for (guint i = 0; i < s->hosts->len; i++)
        g_ptr_array_add(names, ((ProfileHost *)s->hosts->pdata[i])->name);
    known = join_some(names, ", ");
    g_string_append_printf(text, "no host \"%s\"; known hosts: %s", shown,
                           names->len ? known : "none");
    if (forbidden)
        g_string_append_printf(text, "; %s allows no other (AllowManualHostInput)",
                               s->manual_forbidden_by);
    if (s->broken->len) {
        g_autofree char *broken = join_some(s->broken, "; ");

        g_string_append_printf(text, "; left out: %s", broken);
    }
    g_set_error_literal(error, PROFILE_ERROR, PROFILE_ERROR_NO_HOST, text->str);
    g_string_free(text, TRUE);
}

ProfileHost *
profile_store_find(const ProfileStore *s, const char *name, bool manual, GError **error)
{
    g_auto(ProfileAddress) address = { 0 };
    const ProfileHost *h;
    bool is_address = profile_address_parse(name, &address, NULL);

    if (!g_utf8_validate(name, -1, NULL)) {
        say_unknown(s, name, false, error);
        return NULL;
    }
    if (!find_known(s, name, is_address && address.is_ip, &h, error))
        return NULL;
    if (h)
        return profile_host_copy(h);
    is_address = is_address && strpbrk(name, ".:/");
    if (is_address && manual && !s->manual_forbidden_by)
        return make_manual(name, &address);
    say_unknown(s, name, is_address && manual, error);
    return NULL;
}
