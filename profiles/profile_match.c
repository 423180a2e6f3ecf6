#include "profiles/profile_match.h"

static void
name_free(ProfileName *n)
{
    g_free(n->pattern);
    g_free(n);
}

static void *
copy_name(const void *from, void *user)
{
    const ProfileName *n = from;
    ProfileName *copy = g_memdup2(n, sizeof(*n));

    (void)user;
    copy->pattern = g_strdup(n->pattern);
    return copy;
}

static void *
copy_text(const void *text, void *user)
{
    (void)user;
    return g_strdup(text);
}

ProfileMatch *
profile_match_new(void)
{
    ProfileMatch *m = g_new0(ProfileMatch, 1);

    m->purposes = g_ptr_array_new_with_free_func(g_free);
    m->names = g_ptr_array_new_with_free_func((GDestroyNotify)(void *)name_free);
    return m;
}

ProfileMatch *
profile_match_copy(const ProfileMatch *m)
{
    ProfileMatch *copy = g_memdup2(m, sizeof(*m));

    copy->purposes = g_ptr_array_copy(m->purposes, (GCopyFunc)copy_text, NULL);
    copy->names = g_ptr_array_copy(m->names, (GCopyFunc)copy_name, NULL);
    g_ptr_array_set_free_func(copy->purposes, g_free);
    g_ptr_array_set_free_func(copy->names, (GDestroyNotify)(void *)name_free);
    return copy;
}

void
profile_match_free(ProfileMatch *m)
{
    if (!m)
        return;
    g_ptr_array_unref(m->purposes);
    g_ptr_array_unref(m->names);
    g_free(m);
}
