#include "agent/headend/manifest.h"

#include <string.h>
#include <sys/stat.h>

#include "agent/base/log.h"
#include "agent/crypto/digest.h"

enum { PROFILE_MAX = 1 << 20 }; /* octets of one profile */

static void
profile_free(gpointer p)
{
    FormsProfile *f = p;

    g_free(f->uri);
    g_free(f->sha1);
    g_free(f);
}

/* Where @path of the configuration is on this host; NULL when it leads out of disk0. */
static char *
file_of(const AsaConfig *c, const char *state, const char *path)
{
    g_autofree char *folder =
        c->disk0 ? g_strdup(c->disk0) : g_build_filename(state, "disk0", NULL);
    const char *colon = strchr(path, ':');
    const char *name = colon ? colon + 1 : path;

    while (*name == '/')
        name++;
    return *name && !strstr(name, "..") ? g_build_filename(folder, name, NULL) : NULL;
}

static FormsProfile *
read_one(const char *file, const char *name)
{
    g_autofree char *text = NULL;
    g_autofree char *base = g_path_get_basename(file);
    FormsProfile *p;
    struct stat st;
    gsize len;

    if (stat(file, &st) != 0 || st.st_size > PROFILE_MAX ||
        !g_file_get_contents(file, &text, &len, NULL))
        return NULL;
    p = g_new0(FormsProfile, 1);
    p->name = name;
    p->uri = g_strconcat("/CACHE/stc/profiles/", base, NULL);
    p->sha1 = digest_hex("SHA1", (Slice){ (const uint8_t *)text, len });
    return p;
}

GPtrArray *
manifest_read(const AsaConfig *c, const char *state)
{
    GPtrArray *ret = g_ptr_array_new_with_free_func(profile_free);

    for (guint i = 0; i < c->profiles->len; i++) {
        const AsaProfile *p = g_ptr_array_index(c->profiles, i);
        g_autofree char *file = file_of(c, state, p->path);
        FormsProfile *got = file ? read_one(file, p->name) : NULL;

        if (got)
            g_ptr_array_add(ret, got);
        else
            log_at(LOG_WARNING, NULL, "profile %s is not offered: %s cannot be read", p->name,
                   file ? file : p->path);
    }
    return ret;
}
