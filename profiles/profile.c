#include "profiles/profile.h"

G_DEFINE_QUARK(profile - error - quark, profile_error)

Profile *
profile_new(const char *file)
{
    Profile *p = g_new0(Profile, 1);

    p->file = g_strdup(file);
    p->hosts = g_ptr_array_new_with_free_func((GDestroyNotify)profile_host_free);
    p->settings = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    p->unknown = g_ptr_array_new_with_free_func(g_free);
    p->warnings = g_ptr_array_new_with_free_func(g_free);
    return p;
}

void
profile_free(Profile *p)
{
    if (!p)
        return;
    g_ptr_array_unref(p->hosts);
    g_hash_table_unref(p->settings);
    g_ptr_array_unref(p->unknown);
    g_ptr_array_unref(p->warnings);
    g_free(p->file);
    g_free(p);
}

ProfileHost *
profile_host_new(void)
{
    ProfileHost *h = g_new0(ProfileHost, 1);

    h->backups = g_ptr_array_new_with_free_func(g_free);
    h->balancers = g_ptr_array_new_with_free_func(g_free);
    h->pins = g_ptr_array_new_with_free_func(g_free);
    h->families[0] = 4;
    h->families[1] = 6;
    h->roaming = true;
    return h;
}

void
profile_host_free(ProfileHost *h)
{
    if (!h)
        return;
    g_free(h->name);
    g_free(h->address);
    g_free(h->user_group);
    g_free(h->ike_identity);
    g_ptr_array_unref(h->backups);
    g_ptr_array_unref(h->balancers);
    g_ptr_array_unref(h->pins);
    profile_match_free(h->match);
    g_free(h->file);
    g_free(h);
}

static void *
copy_text(const void *text, void *user)
{
    (void)user;
    return g_strdup(text);
}

static GPtrArray *
copy_texts(GPtrArray *texts)
{
    GPtrArray *copy = g_ptr_array_copy(texts, (GCopyFunc)copy_text, NULL);

    g_ptr_array_set_free_func(copy, g_free);
    return copy;
}

ProfileHost *
profile_host_copy(const ProfileHost *h)
{
    ProfileHost *copy = g_memdup2(h, sizeof(*h));

    copy->name = g_strdup(h->name);
    copy->address = g_strdup(h->address);
    copy->user_group = g_strdup(h->user_group);
    copy->ike_identity = g_strdup(h->ike_identity);
    copy->backups = copy_texts(h->backups);
    copy->balancers = copy_texts(h->balancers);
    copy->pins = copy_texts(h->pins);
    copy->match = h->match ? profile_match_copy(h->match) : NULL;
    copy->file = g_strdup(h->file);
    return copy;
}
