#include "agent/daemon/cert_match.h"

#include <string.h>

#include "agent/crypto/x509_facts.h"

static bool
usage_fits(const ProfileMatch *m, const X509Chain *chain)
{
    unsigned usage;

    if (!x509_facts_usage(chain, &usage))
        return !m->only_usage;
    return m->usage == 0 || (m->usage & usage);
}

static bool
purposes_fit(const ProfileMatch *m, const X509Chain *chain)
{
    g_autoptr(GPtrArray) has = x509_facts_purposes(chain);

    if (!has)
        return !m->only_purposes;
    for (guint i = 0; i < m->purposes->len; i++)
        if (!g_ptr_array_find_with_equal_func(has, m->purposes->pdata[i], g_str_equal, NULL))
            return false;
    return true;
}

static bool
value_fits(const ProfileName *n, const char *value)
{
    g_autofree char *v = n->ignore_case ? g_utf8_casefold(value, -1) : g_strdup(value);
    g_autofree char *p = n->ignore_case ? g_utf8_casefold(n->pattern, -1) : g_strdup(n->pattern);

    return n->wildcard ? strstr(v, p) != NULL : g_str_equal(v, p);
}

static bool
name_fits(const ProfileName *n, const X509Chain *chain)
{
    g_autoptr(GPtrArray) values = x509_facts_values(chain, n->issuer, n->oid);
    bool found = false;

    for (guint i = 0; i < values->len; i++)
        found = found || value_fits(n, values->pdata[i]);
    return found != n->not_equal;
}

bool
cert_match(const ProfileMatch *m, const X509Chain *chain)
{
    if (m->never || !usage_fits(m, chain) || !purposes_fit(m, chain))
        return false;
    for (guint i = 0; i < m->names->len; i++)
        if (!name_fits(m->names->pdata[i], chain))
            return false;
    return true;
}
