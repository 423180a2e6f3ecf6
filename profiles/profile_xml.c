#include "profiles/profile_xml.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "profiles/profile_doc.h"
#include "profiles/profile_entry_private.h"
#include "profiles/profile_settings_private.h"

static const WalkRule in_server_list[] = {
    { "HostEntry", false, profile_entry_read },
    { 0 },
};

static bool
read_server_list(Walk *w, const xmlNode *node, void *into)
{
    guint before = w->profile->hosts->len;

    (void)into;
    if (!walk_children(w, node, in_server_list, NULL))
        return false;
    if (w->profile->hosts->len == before)
        walk_warn(w, node, "has no <HostEntry>");
    return true;
}

static const WalkRule in_profile[] = {
    { "ClientInitialization", true, profile_settings_read },
    { "ServerList", true, read_server_list },
    { 0 },
};

static bool
read_root(Walk *w, const xmlNode *root, ProfileLists *lists)
{
    if (g_str_equal(root->name, "ServerList"))
        return read_server_list(w, root, NULL);
    if (g_str_equal(root->name, "AnyConnectProfile"))
        return walk_children(w, root, in_profile, lists);
    return walk_refuse(w, root, "is no profile: <AnyConnectProfile> or <ServerList> is");
}

static void
append_texts(GPtrArray *to, const GPtrArray *from)
{
    for (guint i = 0; i < from->len; i++)
        g_ptr_array_add(to, g_strdup(from->pdata[i]));
}

/* A host's own lists replace the global ones. Pins count unless they are switched off; those of
 * the whole profile stand inside the switch, which is off when it is not there. */
static void
give_lists_to_hosts(Profile *p, const ProfileLists *lists)
{
    const char *pinning = g_hash_table_lookup(p->settings, "CertificatePinning");

    for (guint i = 0; i < p->hosts->len; i++) {
        ProfileHost *host = p->hosts->pdata[i];

        if (host->backups->len == 0)
            append_texts(host->backups, lists->backups);
        if (g_strcmp0(pinning, "true") == 0 && host->pins->len == 0)
            append_texts(host->pins, lists->pins);
        if (g_strcmp0(pinning, "false") == 0)
            g_ptr_array_set_size(host->pins, 0);
    }
}

static void
give_certificates_to_hosts(Profile *p, const ProfileMatch *match)
{
    static const char *const stores[] = { "All", "Machine", "User" }; /* of ProfileCerts */
    const char *store = g_hash_table_lookup(p->settings, "CertificateStoreLinux");
    const char *automatic = g_hash_table_lookup(p->settings, "AutomaticCertSelection");
    size_t i = 0;

    while (store && i < G_N_ELEMENTS(stores) && !g_str_equal(store, stores[i]))
        i++;
    if (i == G_N_ELEMENTS(stores)) {
        g_ptr_array_add(p->warnings,
                        g_strdup_printf("%s: <CertificateStoreLinux> is not used: \"%s\" is none "
                                        "of All, Machine and User",
                                        p->file, store));
        i = PROFILE_CERTS_ALL;
    }
    for (guint k = 0; k < p->hosts->len; k++) {
        ProfileHost *host = p->hosts->pdata[k];

        host->certs = (ProfileCerts)i;
        host->ask_certificate = g_strcmp0(automatic, "false") == 0;
        host->match = match ? profile_match_copy(match) : NULL;
    }
}

/* "IPv6,IPv4"; what is not understood counts as absent, as everywhere in ClientInitialization. */
static void
give_families_to_hosts(Profile *p)
{
    static const struct {
        const char *text;
        uint8_t families[2];
    } orders[] = {
        { "IPv4,IPv6", { 4, 6 } },
        { "IPv6,IPv4", { 6, 4 } },
        { "IPv4", { 4, 0 } },
        { "IPv6", { 6, 0 } },
    };
    const char *text = g_hash_table_lookup(p->settings, "IPProtocolSupport");
    size_t i = 0;

    if (!text)
        return;
    while (i < G_N_ELEMENTS(orders) && !g_str_equal(text, orders[i].text))
        i++;
    if (i == G_N_ELEMENTS(orders)) {
        g_ptr_array_add(p->warnings,
                        g_strdup_printf("%s: <IPProtocolSupport> is not used: \"%s\" is none of "
                                        "IPv4, IPv6, IPv4,IPv6 and IPv6,IPv4",
                                        p->file, text));
        return;
    }
    for (guint k = 0; k < p->hosts->len; k++)
        memcpy(((ProfileHost *)p->hosts->pdata[k])->families, orders[i].families,
               sizeof(orders[i].families));
}

Profile *
profile_xml_parse(const char *data, size_t len, const char *file, GError **error)
{
    g_autoptr(xmlDoc) doc = profile_doc_read(data, len, file, error);
    g_autoptr(GPtrArray) backups = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) pins = g_ptr_array_new_with_free_func(g_free);
    ProfileLists lists = { .backups = backups, .pins = pins };
    g_autoptr(Profile) p = profile_new(file);
    g_autoptr(ProfileMatch) match = NULL;
    Walk w = { .profile = p, .error = error };
    bool ok = doc && read_root(&w, xmlDocGetRootElement(doc), &lists);

    match = lists.match;
    if (!ok)
        return NULL;
    give_certificates_to_hosts(p, match);
    give_lists_to_hosts(p, &lists);
    give_families_to_hosts(p);
    return g_steal_pointer(&p);
}

/* All of a regular file of at most PROFILE_MAX octets, whatever happens to it meanwhile. */
static char *
read_file(int fd, const char *file, size_t *ret_len, GError **error)
{
    g_autofree char *data = NULL;
    struct stat st;
    size_t len = 0;
    ssize_t n;

    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
        g_set_error(error, PROFILE_ERROR, PROFILE_ERROR_READ, "%s: not a regular file", file);
        return NULL;
    }
    if (st.st_size > PROFILE_MAX) {
        g_set_error(error, PROFILE_ERROR, PROFILE_ERROR_READ,
                    "%s: %jd octets are more than a profile may have (%d)", file,
                    (intmax_t)st.st_size, PROFILE_MAX);
        return NULL;
    }
    data = g_malloc((gsize)st.st_size + 1);
    while (len < (size_t)st.st_size) {
        n = read(fd, data + len, (size_t)st.st_size - len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            g_set_error(error, PROFILE_ERROR, PROFILE_ERROR_READ, "%s: %s", file,
                        g_strerror(errno));
            return NULL;
        }
        if (n == 0)
            break;
        len += (size_t)n;
    }
    *ret_len = len;
    return g_steal_pointer(&data);
}

Profile *
profile_xml_load(const char *file, GError **error)
{
    g_autofree char *data = NULL;
    size_t len;
    int fd = open(file, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC); /* no FIFO may hold us up */

    if (fd < 0) {
        g_set_error(error, PROFILE_ERROR, PROFILE_ERROR_READ, "%s: %s", file, g_strerror(errno));
        return NULL;
    }
    data = read_file(fd, file, &len, error);
    close(fd);
    return data ? profile_xml_parse(data, len, file, error) : NULL;
}
