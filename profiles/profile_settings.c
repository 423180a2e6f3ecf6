#include <string.h>

#include "profiles/profile_entry_private.h"
#include "profiles/profile_match_private.h"
#include "profiles/profile_settings_private.h"

typedef enum SettingKind {
    TEXT,
    BOOL,
    LISTS, /* known; what is inside is not a setting of its own */
} SettingKind;

/* Everything <ClientInitialization> is known to have, by path (agent/docs/PROFILE.md §3). */
static const struct {
    const char *path;
    SettingKind kind;
} known[] = {
    { "AllowIPsecOverSSL", BOOL },
    { "AllowLocalProxyConnections", BOOL },
    { "AllowManualHostInput", BOOL },
    { "AuthenticationTimeout", TEXT },
    { "AutoConnectOnStart", BOOL },
    { "AutoReconnect", BOOL },
    { "AutoReconnect/AutoReconnectBehavior", TEXT },
    { "AutoUpdate", BOOL },
    { "AutomaticCertSelection", BOOL },
    { "AutomaticVPNPolicy", BOOL },
    { "AutomaticVPNPolicy/AlwaysOn", BOOL },
    { "AutomaticVPNPolicy/AlwaysOn/AllowVPNDisconnect", BOOL },
    { "AutomaticVPNPolicy/AlwaysOn/ConnectFailurePolicy", TEXT },
    { "AutomaticVPNPolicy/AlwaysOn/ConnectFailurePolicy/AllowCaptivePortalRemediation", BOOL },
    { "AutomaticVPNPolicy/AlwaysOn/ConnectFailurePolicy/AllowCaptivePortalRemediation/"
      "CaptivePortalRemediationTimeout",
      TEXT },
    { "AutomaticVPNPolicy/AlwaysOn/ConnectFailurePolicy/ApplyLastVPNLocalResourceRules", BOOL },
    { "AutomaticVPNPolicy/BypassConnectUponSessionTimeout", BOOL },
    { "AutomaticVPNPolicy/TrustedDNSDomains", TEXT },
    { "AutomaticVPNPolicy/TrustedDNSServers", TEXT },
    { "AutomaticVPNPolicy/TrustedHttpsServerList", LISTS },
    { "AutomaticVPNPolicy/TrustedNetworkPolicy", TEXT },
    { "AutomaticVPNPolicy/UntrustedNetworkPolicy", TEXT },
    { "BackupServerList", LISTS },
    { "CaptivePortalRemediationBrowserFailover", BOOL },
    { "CertificateEnrollment", LISTS },
    { "CertificateMatch", LISTS },
    { "CertificatePinning", BOOL },
    { "CertificatePinning/CertificatePinList", LISTS },
    { "CertificateStore", TEXT },
    { "CertificateStoreLinux", TEXT },
    { "CertificateStoreMac", TEXT },
    { "CertificateStoreOverride", BOOL },
    { "ClearSmartcardPin", BOOL },
    { "DeviceLockRequired", LISTS },
    { "DisableCaptivePortalDetection", BOOL },
    { "EnableAutomaticServerSelection", BOOL },
    { "EnableAutomaticServerSelection/AutoServerSelectionImprovement", TEXT },
    { "EnableAutomaticServerSelection/AutoServerSelectionSuspendTime", TEXT },
    { "EnableScripting", BOOL },
    { "EnableScripting/EnablePostSBLOnConnectScript", BOOL },
    { "EnableScripting/TerminateScriptOnNextEvent", BOOL },
    { "IPProtocolSupport", TEXT },
    { "LinuxLogonEnforcement", TEXT },
    { "LinuxVPNEstablishment", TEXT },
    { "LocalLanAccess", BOOL },
    { "MinimizeOnConnect", BOOL },
    { "MobilePolicy", LISTS },
    { "PPPExclusion", TEXT },
    { "PPPExclusion/PPPExclusionServerIP", TEXT },
    { "ProxySettings", TEXT },
    { "ProxySettings/PublicProxyServerAddress", TEXT },
    { "RSASecurIDIntegration", TEXT },
    { "RetainVpnOnLogoff", BOOL },
    { "RetainVpnOnLogoff/UserEnforcement", TEXT },
    { "SafeWordSofTokenIntegration", BOOL },
    { "ServiceDisable", BOOL },
    { "ShowPreConnectMessage", BOOL },
    { "SuspendOnConnectedStandby", BOOL },
    { "UseStartBeforeLogon", BOOL },
    { "WindowsLogonEnforcement", TEXT },
    { "WindowsVPNEstablishment", TEXT },
};

static bool
find_kind(const char *path, SettingKind *ret)
{
    for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
        if (g_str_equal(known[i].path, path)) {
            *ret = known[i].kind;
            return true;
        }
    }
    return false;
}

/* The first of two that contradict holds; a boolean that is none is as if absent. */
static void
keep(Walk *w, const xmlNode *node, const char *path, SettingKind kind)
{
    g_autofree char *text = walk_text(node);
    bool value;

    if (g_hash_table_contains(w->profile->settings, path)) {
        walk_warn(w, node, "stands twice, the first one holds");
        return;
    }
    if (kind == BOOL) {
        if (!*text)
            return;
        if (!walk_bool(w, text, node, &value)) {
            walk_warn(w, node, "is neither true nor false and therefore not used");
            return;
        }
        g_free(text);
        text = g_strdup(value ? "true" : "false");
    }
    g_hash_table_insert(w->profile->settings, g_strdup(path), g_steal_pointer(&text));
}

static bool
read_list(Walk *w, const xmlNode *node, ProfileLists *lists)
{
    if (g_str_equal(node->name, "BackupServerList"))
        return profile_entry_read_servers(w, node, lists->backups);
    if (g_str_equal(node->name, "CertificatePinList"))
        return profile_entry_read_pins(w, node, lists->pins);
    if (g_str_equal(node->name, "CertificateMatch")) {
        if (!lists->match)
            lists->match = profile_match_new();
        return profile_match_read(w, node, lists->match);
    }
    return true;
}

/* Recurses as deep as the table of known paths, 4. */
static bool
read_inside(Walk *w, const xmlNode *parent, const char *prefix, ProfileLists *lists)
{
    for (const xmlNode *n = walk_element(parent->children); n; n = walk_element(n->next)) {
        g_autofree char *path = g_strconcat(prefix, (const char *)n->name, NULL);
        g_autofree char *inside = g_strconcat(path, "/", NULL);
        SettingKind kind = TEXT;
        bool is_known = find_kind(path, &kind);

        if (!is_known)
            walk_unknown(w, n);
        if (kind == LISTS) {
            if (!read_list(w, n, lists))
                return false;
            continue;
        }
        keep(w, n, path, kind);
        if (is_known && !read_inside(w, n, inside, lists))
            return false;
    }
    return true;
}

bool
profile_settings_read(Walk *w, const xmlNode *node, void *into)
{
    return read_inside(w, node, "", into);
}
