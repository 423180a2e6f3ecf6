#include "agent/daemon/cert_store.h"

#include <string.h>
#include <sys/stat.h>

#include "agent/daemon/cert_match.h"
#include "agent/daemon/secret_file.h"

static void
entry_free(CertEntry *e)
{
    g_free(e->name);
    g_free(e->certificate);
    g_free(e->key);
    x509_info_free(e->info);
    g_free(e);
}

static X509Chain *
read_chain(const char *path)
{
    g_autoptr(X509Chain) chain = x509_chain_new();
    g_autofree char *pem = NULL;
    size_t len;

    pem = secret_file_public(path, &len, NULL);
    if (!pem || !x509_chain_add_pem(chain, (Slice){ (const uint8_t *)pem, len }, NULL))
        return NULL;
    return g_steal_pointer(&chain);
}

static bool
fits(const CertStoreSetup *s, const X509Chain *chain, const X509Info *info)
{
    static const SigPolicy any = { .sha1_ok = true };
    g_autoptr(X509Store) nobody = x509_store_new();
    g_autoptr(SigKey) key = x509_chain_leaf_key(chain);

    if (!key || (s->key_kind && !g_str_equal(s->key_kind, sig_key_kind(key))))
        return false;
    if (s->now < info->not_before || s->now > info->not_after)
        return false;
    if (x509_chain_verify_peer(chain, nobody, X509_FOR_CLIENT, &any, s->now) & X509_WRONG_PURPOSE)
        return false;
    return !s->host->match || cert_match(s->host->match, chain);
}

/* A link may lead into another's folder; a store has none. */
static bool
is_file(const char *path)
{
    struct stat st;

    return lstat(path, &st) == 0 && S_ISREG(st.st_mode);
}

static void
look_at(const CertStoreSetup *s, const char *dir, const char *file, bool mine, GPtrArray *into)
{
    g_autofree char *name = g_strndup(file, strlen(file) - strlen(".pem"));
    g_autofree char *certificate = g_build_filename(dir, "client", file, NULL);
    g_autofree char *key_name = g_strconcat(name, ".key", NULL);
    g_autofree char *key = g_build_filename(dir, "client", "private", key_name, NULL);
    g_autoptr(X509Chain) chain = NULL;
    g_autoptr(X509Info) info = NULL;
    CertEntry *e;

    if (!is_file(certificate) || !is_file(key) || !(chain = read_chain(certificate)))
        return;
    info = x509_chain_info(chain, 0);
    if (!info || !fits(s, chain, info))
        return;
    e = g_new0(CertEntry, 1);
    e->name = g_strconcat(mine ? "" : "machine/", name, NULL);
    e->certificate = g_steal_pointer(&certificate);
    e->key = g_steal_pointer(&key);
    e->info = g_steal_pointer(&info);
    e->mine = mine;
    g_ptr_array_add(into, e);
}

static void
look_into(const CertStoreSetup *s, const char *dir, bool mine, GPtrArray *into)
{
    g_autofree char *client = g_build_filename(dir, "client", NULL);
    g_autoptr(GDir) d = g_dir_open(client, 0, NULL);
    const char *file;

    for (int i = 0; d && i < CERT_STORE_FILES && (file = g_dir_read_name(d)); i++)
        if (file[0] != '.' && g_str_has_suffix(file, ".pem") && g_utf8_validate(file, -1, NULL))
            look_at(s, dir, file, mine, into);
}

static int
compare(const void *a, const void *b)
{
    const CertEntry *x = *(CertEntry *const *)a, *y = *(CertEntry *const *)b;

    if (x->info->not_after != y->info->not_after)
        return x->info->not_after < y->info->not_after ? 1 : -1;
    return strcmp(x->certificate, y->certificate);
}

static bool
users(const CertStoreSetup *s)
{
    return s->caller && s->host->certs != PROFILE_CERTS_MACHINE;
}

GPtrArray *
cert_store_list(const CertStoreSetup *s)
{
    GPtrArray *all = g_ptr_array_new_with_free_func((GDestroyNotify)(void *)entry_free);

    if (s->host->certs != PROFILE_CERTS_USER)
        look_into(s, s->machine ? s->machine : CERT_STORE_MACHINE, false, all);
    if (users(s) && caller_enter(s->caller)) {
        g_autofree char *dir = g_build_filename(s->caller->home, CERT_STORE_USER, NULL);

        look_into(s, dir, true, all);
        caller_leave();
    }
    g_ptr_array_sort(all, compare);
    return all;
}

char *
cert_store_places(const CertStoreSetup *s)
{
    g_autofree char *home =
        users(s) ? g_build_filename(s->caller->home, CERT_STORE_USER, NULL) : NULL;
    const char *machine = s->host->certs == PROFILE_CERTS_USER ? NULL
                          : s->machine                         ? s->machine
                                                               : CERT_STORE_MACHINE;

    if (home && machine)
        return g_strdup_printf("%s or %s", home, machine);
    return g_strdup(home ? home : machine ? machine : "any store");
}
