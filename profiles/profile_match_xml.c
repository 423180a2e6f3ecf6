/* <CertificateMatch>: three kinds of criteria, and each that stands there has to be met. */
#include <string.h>

#include "profiles/profile_match_private.h"

enum { NAMES_MAX = 10, OIDS_MAX = 32 }; /* the schema's; its own list of purposes and ten more */

/* In the order of RFC 5280 §4.2.1.3. */
static const char *const usages[] = {
    "Digital_Signature", "Non_Repudiation", "Key_Encipherment",
    "Data_Encipherment", "Key_Agreement",   "Key_Cert_Sign",
    "CRL_Sign",          "Encipher_Only",   "Decipher_Only",
};

static const struct {
    const char *word, *oid;
} purposes[] = {
    { "ServerAuth", "1.3.6.1.5.5.7.3.1" },      { "ClientAuth", "1.3.6.1.5.5.7.3.2" },
    { "CodeSign", "1.3.6.1.5.5.7.3.3" },        { "EmailProtect", "1.3.6.1.5.5.7.3.4" },
    { "IPSecEndSystem", "1.3.6.1.5.5.7.3.5" },  { "IPSecTunnel", "1.3.6.1.5.5.7.3.6" },
    { "IPSecUser", "1.3.6.1.5.5.7.3.7" },       { "TimeStamp", "1.3.6.1.5.5.7.3.8" },
    { "OCSPSign", "1.3.6.1.5.5.7.3.9" },        { "DVCS", "1.3.6.1.5.5.7.3.10" },
    { "IKEIntermediate", "1.3.6.1.5.5.8.2.2" },
};

/* X.520, RFC 4519, PKCS #9. */
static const struct {
    const char *word, *oid;
} attributes[] = {
    { "CN", "2.5.4.3" },    { "DC", "0.9.2342.19200300.100.1.25" },
    { "SN", "2.5.4.4" },    { "GN", "2.5.4.42" },
    { "N", "2.5.4.41" },    { "I", "2.5.4.43" },
    { "GENQ", "2.5.4.44" }, { "DNQ", "2.5.4.46" },
    { "C", "2.5.4.6" },     { "L", "2.5.4.7" },
    { "SP", "2.5.4.8" },    { "ST", "2.5.4.9" },
    { "O", "2.5.4.10" },    { "OU", "2.5.4.11" },
    { "T", "2.5.4.12" },    { "EA", "1.2.840.113549.1.9.1" },
};

static bool
never(Walk *w, const xmlNode *node, ProfileMatch *m, const char *what)
{
    walk_warn(w, node, "%s: no certificate fits it", what);
    m->never = true;
    return true;
}

static bool
read_flag(Walk *w, const xmlNode *node, ProfileMatch *m, bool *ret)
{
    g_autofree char *text = walk_text(node);

    return !*text || walk_bool(w, text, node, ret) ||
           never(w, node, m, "is neither true nor false");
}

static bool
read_only_usage(Walk *w, const xmlNode *node, void *into)
{
    ProfileMatch *m = into;

    return read_flag(w, node, m, &m->only_usage);
}

static bool
read_only_purposes(Walk *w, const xmlNode *node, void *into)
{
    ProfileMatch *m = into;

    return read_flag(w, node, m, &m->only_purposes);
}

static bool
read_usage(Walk *w, const xmlNode *node, void *into)
{
    g_autofree char *text = walk_text(node);
    ProfileMatch *m = into;

    for (size_t i = 0; i < G_N_ELEMENTS(usages); i++)
        if (g_str_equal(usages[i], text)) {
            m->usage |= 1u << i;
            return true;
        }
    return never(w, node, m, "is no key usage");
}

static bool
read_purpose(Walk *w, const xmlNode *node, void *into)
{
    g_autofree char *text = walk_text(node);
    ProfileMatch *m = into;

    if (m->purposes->len == OIDS_MAX)
        return walk_refuse(w, node, "stands more than %d times", OIDS_MAX);
    for (size_t i = 0; i < G_N_ELEMENTS(purposes); i++)
        if (g_str_equal(purposes[i].word, text)) {
            g_ptr_array_add(m->purposes, g_strdup(purposes[i].oid));
            return true;
        }
    return never(w, node, m, "is no extended key usage");
}

static bool
read_custom_purpose(Walk *w, const xmlNode *node, void *into)
{
    g_autofree char *text = walk_text(node);
    ProfileMatch *m = into;

    if (m->purposes->len == OIDS_MAX)
        return walk_refuse(w, node, "stands more than %d times", OIDS_MAX);
    if (!*text || strspn(text, "0123456789.") != strlen(text))
        return never(w, node, m, "is no object identifier");
    g_ptr_array_add(m->purposes, g_steal_pointer(&text));
    return true;
}

/* The attribute @name as one of two words; the first when it is not there. */
static bool
read_word(Walk *w, const xmlNode *node, const char *name, const char *const words[2], bool *ret)
{
    g_autofree char *text = NULL;
    xmlChar *value = xmlGetNoNsProp(node, (const xmlChar *)name);

    text = g_strdup((const char *)value);
    xmlFree(value);
    *ret = text && g_ascii_strcasecmp(text, words[1]) == 0;
    if (!text || *ret || g_ascii_strcasecmp(text, words[0]) == 0)
        return true;
    walk_warn(w, node, "has %s neither \"%s\" nor \"%s\"", name, words[0], words[1]);
    return false;
}

static bool
read_attribute(Walk *w, const xmlNode *node, void *into)
{
    static const char issuer[] = "ISSUER-";
    g_autofree char *text = walk_text(node);
    ProfileName *n = into;
    const char *word = text;

    (void)w;
    n->issuer = g_str_has_prefix(text, issuer);
    if (n->issuer)
        word += strlen(issuer);
    for (size_t i = 0; i < G_N_ELEMENTS(attributes); i++)
        if (g_str_equal(attributes[i].word, word))
            n->oid = attributes[i].oid;
    return true;
}

static bool
read_pattern(Walk *w, const xmlNode *node, void *into)
{
    ProfileName *n = into;

    return walk_name(w, node, &n->pattern);
}

static bool
read_name(Walk *w, const xmlNode *node, void *into)
{
    static const char *const operators[] = { "Equal", "NotEqual" };
    static const char *const wildcards[] = { "Disabled", "Enabled" };
    static const char *const cases[] = { "Enabled", "Disabled" };
    static const WalkRule in_name[] = { { "Name", true, read_attribute },
                                        { "Pattern", true, read_pattern },
                                        { NULL, false, NULL } };
    ProfileMatch *m = into;
    ProfileName *n;

    if (m->names->len == NAMES_MAX)
        return walk_refuse(w, node, "stands more than %d times", NAMES_MAX);
    n = g_new0(ProfileName, 1);
    g_ptr_array_add(m->names, n);
    if (!read_word(w, node, "Operator", operators, &n->not_equal) ||
        !read_word(w, node, "Wildcard", wildcards, &n->wildcard) ||
        !read_word(w, node, "MatchCase", cases, &n->ignore_case))
        m->never = true;
    if (!walk_children(w, node, in_name, n))
        return false;
    return (n->oid && n->pattern) || never(w, node, m, "lacks a known Name, or its Pattern");
}

static bool
read_usages(Walk *w, const xmlNode *node, void *into)
{
    static const WalkRule rules[] = { { "MatchKey", false, read_usage }, { NULL, false, NULL } };

    return walk_children(w, node, rules, into);
}

static bool
read_purposes(Walk *w, const xmlNode *node, void *into)
{
    static const WalkRule rules[] = { { "ExtendedMatchKey", false, read_purpose },
                                      { "CustomExtendedMatchKey", false, read_custom_purpose },
                                      { NULL, false, NULL } };

    return walk_children(w, node, rules, into);
}

static bool
read_names(Walk *w, const xmlNode *node, void *into)
{
    static const WalkRule rules[] = { { "DistinguishedNameDefinition", false, read_name },
                                      { NULL, false, NULL } };

    return walk_children(w, node, rules, into);
}

bool
profile_match_read(Walk *w, const xmlNode *node, void *into)
{
    static const WalkRule rules[] = { { "MatchOnlyCertsWithEKU", true, read_only_purposes },
                                      { "MatchOnlyCertsWithKU", true, read_only_usage },
                                      { "KeyUsage", true, read_usages },
                                      { "ExtendedKeyUsage", true, read_purposes },
                                      { "DistinguishedName", true, read_names },
                                      { NULL, false, NULL } };

    return walk_children(w, node, rules, into);
}
