#include "profiles/profile_address.h"

#include <string.h>

#include "agent/base/addr.h"
#include "profiles/profile.h"

enum { LABEL_MAX = 63, NAME_MAX_OCTETS = 253 }; /* RFC 1035 §2.3.4 */

G_GNUC_PRINTF(2, 3)
static bool
refuse(GError **error, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    g_propagate_error(error,
                      g_error_new_valist(PROFILE_ERROR, PROFILE_ERROR_INVALID, format, args));
    va_end(args);
    return false;
}

bool
profile_text_check(const char *text, GError **error)
{
    size_t len = strlen(text);

    if (len == 0)
        return refuse(error, "is empty");
    if (len > PROFILE_TEXT_MAX)
        return refuse(error, "has %zu octets, more than %d", len, PROFILE_TEXT_MAX);
    if (!g_utf8_validate(text, -1, NULL))
        return refuse(error, "is not UTF-8");
    for (const char *c = text; *c; c = g_utf8_next_char(c)) {
        if (g_unichar_iscntrl(g_utf8_get_char(c)))
            return refuse(error, "has a control character, U+%04X", g_utf8_get_char(c));
    }
    return true;
}

static bool
is_label(const char *label)
{
    size_t len = strlen(label);

    /* An underscore is no letter of a host name (RFC 952), and in use all the same. */
    return len > 0 && len <= LABEL_MAX && label[0] != '-' && label[len - 1] != '-' &&
           strspn(label, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == len;
}

static bool
check_domain_name(const char *host, GError **error)
{
    g_auto(GStrv) label = g_strsplit(host, ".", -1);
    guint n = g_strv_length(label);

    if (n > 1 && !*label[n - 1])
        n--; /* "vpn.example.org." */
    if (n == 0 || strlen(host) > NAME_MAX_OCTETS)
        return refuse(error, "\"%s\" is no host name", host);
    for (guint i = 0; i < n; i++) {
        if (!is_label(label[i]))
            return refuse(error, "\"%s\" is no host name (letters, digits, - and . only)", host);
    }
    /* No top level domain is a number; "10.0.0.999" and the like are mistakes (RFC 1123 §2.1). */
    if (strspn(label[n - 1], "0123456789") == strlen(label[n - 1]))
        return refuse(error, "\"%s\" is no IPv4 address", host);
    return true;
}

static bool
parse_port(const char *text, uint16_t *ret, GError **error)
{
    guint64 port;

    if (!g_ascii_string_to_unsigned(text, 10, 1, UINT16_MAX, &port, NULL))
        return refuse(error, "port \"%s\" is not between 1 and 65535", text);
    *ret = (uint16_t)port;
    return true;
}

/* "[2001:db8::1]" or "[2001:db8::1]:443". */
static bool
parse_bracketed(const char *text, ProfileAddress *a, GError **error)
{
    const char *end = strchr(text, ']');
    Addr addr;

    if (!end)
        return refuse(error, "\"%s\" lacks its closing bracket", text);
    a->host = g_strndup(text + 1, (gsize)(end - text - 1));
    a->is_ip = true;
    if (!addr_parse(a->host, &addr) || addr.family != ADDR_V6)
        return refuse(error, "\"%s\" is no IPv6 address", a->host);
    if (end[1] == ':')
        return parse_port(end + 2, &a->port, error);
    return !end[1] || refuse(error, "\"%s\" after the address", end + 1);
}

static bool
parse_host_port(const char *text, ProfileAddress *a, GError **error)
{
    const char *colon = strchr(text, ':');
    Addr addr;

    if (text[0] == '[')
        return parse_bracketed(text, a, error);
    a->is_ip = true;
    if (addr_parse(text, &addr)) {
        a->host = g_strdup(text); /* IPv6 without brackets has no port */
        return true;
    }
    if (colon && strchr(colon + 1, ':'))
        return refuse(error, "\"%s\" is no IPv6 address", text);
    a->host = colon ? g_strndup(text, (gsize)(colon - text)) : g_strdup(text);
    if (colon && !parse_port(colon + 1, &a->port, error))
        return false;
    a->is_ip = addr_parse(a->host, &addr);
    return a->is_ip || check_domain_name(a->host, error);
}

/* The path of the address is the group: "/staff/" means staff. */
static bool
parse_group(const char *path, bool is_url, ProfileAddress *a, GError **error)
{
    g_autofree char *group = is_url ? g_uri_unescape_string(path, NULL) : g_strdup(path);
    size_t len;

    if (!group)
        return refuse(error, "\"%s\" has a bad %%-escape", path);
    len = strlen(group);
    while (len > 0 && group[len - 1] == '/')
        group[--len] = '\0';
    if (len == 0)
        return true;
    if (!profile_text_check(group, error)) {
        g_prefix_error(error, "its path ");
        return false;
    }
    a->group = g_steal_pointer(&group);
    return true;
}

bool
profile_address_parse(const char *text, ProfileAddress *ret, GError **error)
{
    g_auto(ProfileAddress) a = { 0 };
    g_autofree char *host = NULL;
    const char *slash, *scheme_end = strstr(text, "://");
    bool is_url = scheme_end != NULL;

    if (!profile_text_check(text, error))
        return false;
    if (is_url && g_ascii_strncasecmp(text, "https://", 8) != 0)
        return refuse(error, "\"%s\" is not https", text);
    if (is_url)
        text = scheme_end + 3;
    slash = strchr(text, '/');
    host = slash ? g_strndup(text, (gsize)(slash - text)) : g_strdup(text);
    if (!parse_host_port(host, &a, error) || (slash && !parse_group(slash + 1, is_url, &a, error)))
        return false;
    *ret = a;
    a = (ProfileAddress){ 0 };
    return true;
}

void
profile_address_clear(ProfileAddress *a)
{
    g_clear_pointer(&a->host, g_free);
    g_clear_pointer(&a->group, g_free);
}
