#include "agent/headend/show.h"

#include <string.h>

#include "agent/headend/show_private.h"
#include "agent/headend/show_words.h"

/* One line of two columns; without @right only the left one. */
static void
pair(GString *out, const char *left, const char *value, const char *right, const char *value2)
{
    if (right)
        g_string_append_printf(out, "%-15s: %-34s %-14s: %s\n", left, value, right, value2);
    else
        g_string_append_printf(out, "%-15s: %s\n", left, value);
}

static void
pair_u64(GString *out, const char *left, uint64_t v, const char *right, uint64_t v2)
{
    char a[24], b[24];

    g_snprintf(a, sizeof(a), "%" G_GUINT64_FORMAT, (guint64)v);
    g_snprintf(b, sizeof(b), "%" G_GUINT64_FORMAT, (guint64)v2);
    pair(out, left, a, right, b);
}

/* A limit and what is left of it, "86400 Seconds"; nothing is said of a limit that is not there. */
static void
pair_limit(GString *out, const char *left, uint64_t limit, const char *right, uint64_t used,
           const char *unit)
{
    char a[40], b[40];

    if (limit == 0)
        return;
    g_snprintf(a, sizeof(a), "%" G_GUINT64_FORMAT " %s", (guint64)limit, unit);
    g_snprintf(b, sizeof(b), "%" G_GUINT64_FORMAT " %s", (guint64)(used < limit ? limit - used : 0),
               unit);
    pair(out, left, a, right, b);
}

static void
pair_idle(GString *out, const ShowSession *s)
{
    pair_limit(out, "Idle Time Out", s->idle_limit / 60, "Idle TO Left", s->inactivity / 60,
               "Minutes");
}

char *
show_duration(uint32_t seconds)
{
    return g_strdup_printf("%uh:%02um:%02us", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

/* "22:06:24 UTC Mon Apr 22 2013", whatever the locale. */
static char *
login_time(int64_t t)
{
    static const char *const days[] = { "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun" };
    static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
    g_autoptr(GDateTime) d = g_date_time_new_from_unix_utc(t);

    if (!d)
        return g_strdup("unknown");
    return g_strdup_printf("%02d:%02d:%02d UTC %s %s %d %d", g_date_time_get_hour(d),
                           g_date_time_get_minute(d), g_date_time_get_second(d),
                           days[g_date_time_get_day_of_week(d) - 1],
                           months[g_date_time_get_month(d) - 1], g_date_time_get_day_of_month(d),
                           g_date_time_get_year(d));
}

static void
session_head(const ShowSession *s, GString *out)
{
    char ip[ADDR_TEXT_MAX], peer[ADDR_TEXT_MAX], ike[SHOW_WORD_MAX], esp[SHOW_WORD_MAX];
    char index[16];
    g_autofree char *encryption = NULL;
    g_autofree char *hashing = NULL;
    g_autofree char *login = login_time(s->login_time);
    g_autofree char *duration = show_duration(s->duration);
    g_autofree char *inactive = show_duration(s->inactivity);

    g_snprintf(index, sizeof(index), "%u", s->index);
    show_encryption(&s->ike.suite, ike);
    show_encryption(&s->child, esp);
    encryption = g_strdup_printf("%s %s", ike, esp);
    hashing = g_strdup_printf("none %s %s", show_hashing(s->ike.suite.integ),
                              show_hashing(s->child.integ));
    pair(out, "Username", s->user, "Index", index);
    pair(out, "Assigned IP", addr_format(s->ip4.family ? &s->ip4 : &s->ip6, ip), "Public IP",
         addr_format(&s->ike.path.remote.addr, peer));
    if (s->ip4.family && s->ip6.family)
        pair(out, "Assigned IPv6", addr_format(&s->ip6, ip), NULL, NULL);
    pair(out, "Protocol",
         s->kind == SHOW_ANYCONNECT ? "IKEv2 IPsecOverNatT AnyConnect-Parent"
                                    : "IKEv2 IPsecOverNatT",
         NULL, NULL);
    pair(out, "License", s->kind == SHOW_ANYCONNECT ? "AnyConnect Premium" : "Other VPN", NULL,
         NULL);
    pair(out, "Encryption", encryption, "Hashing", hashing);
    pair_u64(out, "Bytes Tx", s->stats.octets_out, "Bytes Rx", s->stats.octets_in);
    pair_u64(out, "Pkts Tx", s->stats.packets_out, "Pkts Rx", s->stats.packets_in);
    pair_u64(out, "Pkts Tx Drop", s->stats.drops[ESP_SPENT], "Pkts Rx Drop",
             show_dropped_in(&s->stats));
    pair(out, "Group Policy", s->policy, "Tunnel Group", s->group);
    pair(out, "Login Time", login, NULL, NULL);
    pair(out, "Duration", duration, NULL, NULL);
    pair(out, "Inactivity", inactive, NULL, NULL);
    pair(out, "NAC Result", "Unknown", NULL, NULL);
    pair(out, "VLAN Mapping", "N/A", "VLAN", "none");
}

static void
tunnel_id(GString *out, const ShowSession *s, unsigned n)
{
    char id[24];

    g_snprintf(id, sizeof(id), "%u.%u", s->index, n);
    pair(out, "Tunnel ID", id, NULL, NULL);
}

static void
parent_tunnel(const ShowSession *s, GString *out)
{
    char peer[ADDR_TEXT_MAX];

    g_string_append(out, "AnyConnect-Parent:\n");
    tunnel_id(out, s, 1);
    pair(out, "Public IP", addr_format(&s->ike.path.remote.addr, peer), NULL, NULL);
    pair(out, "Encryption", "none", "Auth Mode", "userPassword");
    pair_idle(out, s);
    pair(out, "Client Type", "AnyConnect", NULL, NULL);
    pair(out, "Client Ver", s->client_version, NULL, NULL);
}

static void
ike_tunnel(const ShowSession *s, GString *out)
{
    char encryption[SHOW_WORD_MAX], group[8];

    show_encryption(&s->ike.suite, encryption);
    g_snprintf(group, sizeof(group), "%u", s->ike.suite.ke);
    g_string_append(out, "IKEv2:\n");
    tunnel_id(out, s, 2);
    pair_u64(out, "UDP Src Port", s->ike.path.remote.port, "UDP Dst Port", s->ike.path.local.port);
    pair(out, "Rem Auth Mode", show_auth_mode(s->auth_verify), NULL, NULL);
    pair(out, "Loc Auth Mode",
         g_str_equal(s->auth_sign, "RSA")   ? "rsaCertificate"
         : g_str_equal(s->auth_sign, "PSK") ? "preSharedKeys"
                                            : "ecdsaCertificate",
         NULL, NULL);
    pair(out, "Encryption", encryption, "Hashing", show_hashing(s->ike.suite.integ));
    pair_limit(out, "Rekey Int (T)", s->ike_life, "Rekey Left(T)", s->ike_age, "Seconds");
    pair(out, "PRF", show_prf(s->ike.suite.prf), "D/H Group", group);
    pair(out, "Filter Name", "", NULL, NULL);
    pair(out, "Client OS", s->client_os, NULL, NULL);
}

static void
esp_tunnel(const ShowSession *s, GString *out)
{
    char encryption[SHOW_WORD_MAX];

    show_encryption(&s->child, encryption);
    g_string_append(out, "IPsecOverNatT:\n");
    tunnel_id(out, s, 3);
    for (size_t i = 0; i < s->ike.local.n; i++) {
        g_autofree char *ident = show_ident(&s->ike.local.s[i]);

        pair(out, "Local Addr", ident, NULL, NULL);
    }
    for (size_t i = 0; i < s->ike.remote.n; i++) {
        g_autofree char *ident = show_ident(&s->ike.remote.s[i]);

        pair(out, "Remote Addr", ident, NULL, NULL);
    }
    pair(out, "Encryption", encryption, "Hashing", show_hashing(s->child.integ));
    pair(out, "Encapsulation", "Tunnel", NULL, NULL);
    pair_limit(out, "Rekey Int (T)", s->child_life, "Rekey Left(T)", s->child_age, "Seconds");
    pair_limit(out, "Rekey Int (D)", s->child_kilobytes, "Rekey Left(D)", s->child_carried,
               "K-Bytes");
    pair_idle(out, s);
    pair_u64(out, "Bytes Tx", s->stats.octets_out, "Bytes Rx", s->stats.octets_in);
    pair_u64(out, "Pkts Tx", s->stats.packets_out, "Pkts Rx", s->stats.packets_in);
}

static void
nac(const ShowSession *s, GString *out)
{
    char age[24];

    g_snprintf(age, sizeof(age), "%u Seconds", s->duration);
    g_string_append(out, "NAC:\n");
    pair(out, "Reval Int (T)", "0 Seconds", "Reval Left(T)", "0 Seconds");
    pair(out, "SQ Int (T)", "0 Seconds", "EoU Age(T)", age);
    pair(out, "Hold Left (T)", "0 Seconds", "Posture Token", "");
    pair(out, "Redirect URL", "", NULL, NULL);
}

static void
session_detail(const ShowSession *s, GString *out)
{
    session_head(s, out);
    g_string_append_printf(out, "\nIKEv2 Tunnels: 1\nIPsecOverNatT Tunnels: %d\n", s->spi_in != 0);
    if (s->kind == SHOW_ANYCONNECT)
        g_string_append(out, "AnyConnect-Parent Tunnels: 1\n");
    g_string_append_c(out, '\n');
    if (s->kind == SHOW_ANYCONNECT) {
        parent_tunnel(s, out);
        g_string_append_c(out, '\n');
    }
    ike_tunnel(s, out);
    g_string_append_c(out, '\n');
    if (s->spi_in) {
        esp_tunnel(s, out);
        g_string_append_c(out, '\n');
    }
    nac(s, out);
    g_string_append_c(out, '\n');
}

void
show_vpn_sessiondb(const GArray *sessions, ShowKind kind, GString *out)
{
    static const char *const titles[] = { "AnyConnect Detailed",
                                          "Generic Remote-Access IKEv2 IPsec Detailed",
                                          "LAN-to-LAN Detailed" };
    bool any = false;

    for (guint i = 0; i < sessions->len; i++) {
        const ShowSession *s = show_at(sessions, i);

        if (s->kind != kind)
            continue;
        if (!any)
            g_string_append_printf(out, "Session Type: %s\n\n", titles[kind]);
        any = true;
        session_detail(s, out);
    }
    if (!any)
        g_string_append(out,
                        "INFO: There are presently no active sessions of the type specified\n");
}

char *
show_command(const char *words, const ShowGateway *g, const GArray *sessions, const char *running)
{
    g_autoptr(GString) out = g_string_new(NULL);

    if (g_str_equal(words, "vpn-sessiondb detail anyconnect"))
        show_vpn_sessiondb(sessions, SHOW_ANYCONNECT, out);
    else if (g_str_equal(words, "vpn-sessiondb detail ra-ikev2-ipsec"))
        show_vpn_sessiondb(sessions, SHOW_RA_IKEV2, out);
    else if (g_str_equal(words, "vpn-sessiondb detail l2l"))
        show_vpn_sessiondb(sessions, SHOW_L2L, out);
    else if (g_str_equal(words, "crypto ikev2 sa"))
        show_crypto_ikev2_sa(sessions, false, out);
    else if (g_str_equal(words, "crypto ikev2 sa detail"))
        show_crypto_ikev2_sa(sessions, true, out);
    else if (g_str_equal(words, "crypto ikev2 stats"))
        show_crypto_ikev2_stats(g, out);
    else if (g_str_equal(words, "crypto ipsec sa"))
        show_crypto_ipsec_sa(g, sessions, out);
    else if (g_str_equal(words, "crypto ipsec stats"))
        show_ipsec_stats(g->ipsec, out);
    else if (g_str_equal(words, "crypto ca crls"))
        show_crypto_ca_crls(g, out);
    else if (g_str_equal(words, "running-config"))
        g_string_append(out, running);
    else
        g_string_append(out, "ERROR: expected one of: show vpn-sessiondb detail "
                             "anyconnect|ra-ikev2-ipsec|l2l, show crypto ikev2 sa [detail], show "
                             "crypto ikev2 stats, show crypto ipsec sa, show crypto ipsec stats, "
                             "show crypto ca crls, show running-config\n");
    return g_string_free(g_steal_pointer(&out), FALSE);
}
