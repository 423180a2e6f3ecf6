#include <string.h>

#include "agent/base/log.h"
#include "profiles/profile_address.h"
#include "profiles/profile_entry_private.h"
#include "profiles/profile_xml.h"

enum { PIN_OCTETS = 64, SHOWN_MAX = 80 }; /* SHA-512 */

/* A <HostEntry> being read. */
typedef struct Entry {
    ProfileHost *host;
    char *address; /* HostAddress as it stands */
    const xmlNode *address_node;
} Entry;

static const struct {
    const char *name;
    ProfileAuth auth;
} auth_methods[] = {
    { "EAP-AnyConnect", PROFILE_EAP_ANYCONNECT },
    { "EAP-GTC", PROFILE_EAP_GTC },
    { "EAP-MD5", PROFILE_EAP_MD5 },
    { "EAP-MSCHAPv2", PROFILE_EAP_MSCHAPV2 },
    { "IKE-RSA", PROFILE_IKE_RSA },
    { "IKE-ECDSA", PROFILE_IKE_ECDSA },
};

/* Names of the schema are exact, but profiles are written by hand too. */
static bool
is_value(Walk *w, const xmlNode *node, const char *text, const char *value)
{
    if (g_ascii_strcasecmp(text, value) != 0)
        return false;
    if (!g_str_equal(text, value))
        walk_warn(w, node, "is spelled \"%s\", read as %s", text, value);
    return true;
}

static bool
refuse_value(Walk *w, const xmlNode *node, const char *text, const char *expected)
{
    g_autofree char *shown = log_escape(text, strlen(text), SHOWN_MAX);

    return walk_refuse(w, node, "is \"%s\", not %s", shown, expected);
}

static bool
read_host_name(Walk *w, const xmlNode *node, void *into)
{
    return walk_name(w, node, &((Entry *)into)->host->name);
}

static bool
read_host_address(Walk *w, const xmlNode *node, void *into)
{
    Entry *entry = into;

    entry->address_node = node;
    return walk_name(w, node, &entry->address);
}

/* An empty <UserGroup/> is what editors write for none. */
static bool
read_user_group(Walk *w, const xmlNode *node, void *into)
{
    g_autofree char *text = walk_text(node);

    return !*text || walk_name(w, node, &((Entry *)into)->host->user_group);
}

static bool
read_auth_method(Walk *w, const xmlNode *node, void *into)
{
    g_autofree char *text = walk_text(node);
    ProfileHost *host = into;

    for (size_t i = 0; i < G_N_ELEMENTS(auth_methods); i++) {
        if (is_value(w, node, text, auth_methods[i].name)) {
            host->auth = auth_methods[i].auth;
            return true;
        }
    }
    return refuse_value(w, node, text,
                        "EAP-AnyConnect, EAP-GTC, EAP-MD5, EAP-MSCHAPv2, IKE-RSA or IKE-ECDSA");
}

static bool
read_ike_identity(Walk *w, const xmlNode *node, void *into)
{
    g_autofree char *text = walk_text(node);

    return !*text || walk_name(w, node, &((ProfileHost *)into)->ike_identity);
}

static const WalkRule in_standard_auth[] = {
    { "AuthMethodDuringIKENegotiation", true, read_auth_method },
    { "IKEIdentity", true, read_ike_identity },
    { 0 },
};

/* What stands inside counts only when it is true: else the method is EAP-AnyConnect. */
static bool
read_standard_auth(Walk *w, const xmlNode *node, void *into)
{
    g_autofree char *text = walk_text(node);
    ProfileHost *host = into;

    if (!*text)
        return true;
    if (!walk_bool(w, text, node, &host->standard_auth_only))
        return refuse_value(w, node, text, "true or false");
    if (!host->standard_auth_only)
        return true;
    host->auth = PROFILE_EAP_GTC;
    return walk_children(w, node, in_standard_auth, host);
}

static bool
read_roaming(Walk *w, const xmlNode *node, void *into)
{
    g_autofree char *text = walk_text(node);

    if (!*text || walk_bool(w, text, node, &((ProfileHost *)into)->roaming))
        return true;
    return refuse_value(w, node, text, "true or false");
}

static const WalkRule in_mobile[] = {
    { "NetworkRoaming", true, read_roaming },
    { "CertificatePolicy", true, NULL },
    { "ConnectOnDemand", true, NULL },
    { "ActivateOnImport", true, NULL },
    { 0 },
};

static bool
read_mobile(Walk *w, const xmlNode *node, void *into)
{
    return walk_children(w, node, in_mobile, ((Entry *)into)->host);
}

static const WalkRule in_protocol[] = {
    { "StandardAuthenticationOnly", true, read_standard_auth },
    { 0 },
};

static bool
read_protocol(Walk *w, const xmlNode *node, void *into)
{
    g_autofree char *text = walk_text(node);
    ProfileHost *host = ((Entry *)into)->host;

    if (is_value(w, node, text, "IPsec"))
        host->protocol = PROFILE_IPSEC;
    else if (*text && !is_value(w, node, text, "SSL"))
        return refuse_value(w, node, text, "SSL or IPsec");
    return walk_children(w, node, in_protocol, host);
}

static bool
read_server(Walk *w, const xmlNode *node, void *into)
{
    g_auto(ProfileAddress) address = { 0 };
    g_autoptr(GError) why = NULL;
    char *text = NULL;

    if (!walk_name(w, node, &text))
        return false;
    g_ptr_array_add(into, text);
    return profile_address_parse(text, &address, &why) || walk_refuse(w, node, "%s", why->message);
}

bool
profile_entry_read_servers(Walk *w, const xmlNode *list, void *into)
{
    static const WalkRule rules[] = { { "HostAddress", false, read_server }, { 0 } };

    return walk_children(w, list, rules, into);
}

static bool
read_pin(Walk *w, const xmlNode *node, void *into)
{
    g_autofree char *text = walk_text(node);
    g_autofree guchar *octets = NULL;
    g_auto(GStrv) part = NULL;
    gsize len;

    part = g_strsplit_set(text, " \t\r\n", -1); /* long lines are wrapped */
    g_free(text);
    text = g_strjoinv(NULL, part);
    octets = g_base64_decode(text, &len);
    if (len != PIN_OCTETS || strlen(text) != (PIN_OCTETS + 2) / 3 * 4)
        return walk_refuse(w, node, "is not the base64 form of a SHA-512");
    g_ptr_array_add(into, g_steal_pointer(&text));
    return true;
}

bool
profile_entry_read_pins(Walk *w, const xmlNode *list, void *into)
{
    static const WalkRule rules[] = { { "Pin", false, read_pin }, { 0 } };

    return walk_children(w, list, rules, into);
}

static bool
read_backups(Walk *w, const xmlNode *node, void *into)
{
    return profile_entry_read_servers(w, node, ((Entry *)into)->host->backups);
}

/* A name or an address, `*` anywhere in it. */
static bool
read_balancer(Walk *w, const xmlNode *node, void *into)
{
    char *text = NULL;

    if (!walk_name(w, node, &text))
        return false;
    g_ptr_array_add(into, text);
    for (const char *c = text; *c; c++)
        if (!g_ascii_isalnum(*c) && !strchr(".-_:*", *c))
            return walk_refuse(w, node, "\"%s\" is no name and no address", text);
    return true;
}

static bool
read_balancers(Walk *w, const xmlNode *node, void *into)
{
    static const WalkRule rules[] = { { "HostAddress", false, read_balancer }, { 0 } };

    return walk_children(w, node, rules, ((Entry *)into)->host->balancers);
}

static bool
read_pins(Walk *w, const xmlNode *node, void *into)
{
    return profile_entry_read_pins(w, node, ((Entry *)into)->host->pins);
}

static const WalkRule in_host_entry[] = {
    { "HostName", true, read_host_name },
    { "HostAddress", true, read_host_address },
    { "UserGroup", true, read_user_group },
    { "BackupServerList", true, read_backups },
    { "PrimaryProtocol", true, read_protocol },
    { "CertificatePinList", true, read_pins },
    { "LoadBalancingServerList", true, read_balancers },
    { "AutomaticSCEPHost", false, NULL },
    { "CAURL", false, NULL },
    { "MobileHostEntryInfo", true, read_mobile },
    { "AdditionalMobileServerList", false, NULL },
    { "MUS", false, NULL },
    { 0 },
};

/* HostAddress or, without one, HostName, taken apart. */
static bool
set_address(Walk *w, const xmlNode *node, Entry *entry)
{
    const char *text = entry->address ? entry->address : entry->host->name;
    g_auto(ProfileAddress) address = { 0 };
    g_autoptr(GError) why = NULL;

    if (!profile_address_parse(text, &address, &why)) {
        if (entry->address)
            return walk_refuse(w, entry->address_node, "%s", why->message);
        return walk_refuse(w, node,
                           "lacks <HostAddress>, and its <HostName> cannot stand in for it: %s",
                           why->message);
    }
    entry->host->address = g_steal_pointer(&address.host);
    entry->host->port = address.port;
    if (!entry->host->user_group)
        entry->host->user_group = g_steal_pointer(&address.group);
    return true;
}

bool
profile_entry_read(Walk *w, const xmlNode *node, void *into)
{
    g_autoptr(ProfileHost) host = profile_host_new();
    Entry entry = { .host = host };
    bool ok;

    (void)into;
    if (w->profile->hosts->len == PROFILE_HOSTS_MAX)
        return walk_refuse(w, node, "is one more than %d", PROFILE_HOSTS_MAX);
    host->file = g_strdup(w->profile->file);
    host->line = (int)xmlGetLineNo(node);
    ok = walk_children(w, node, in_host_entry, &entry) &&
         (host->name || walk_refuse(w, node, "lacks <HostName>")) && set_address(w, node, &entry);
    g_free(entry.address);
    if (ok)
        g_ptr_array_add(w->profile->hosts, g_steal_pointer(&host));
    return ok;
}
