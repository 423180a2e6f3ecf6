#include "agent/daemon/redirect.h"

bool
redirect_count(RedirectCount *c, Usec now)
{
    Usec *oldest = &c->at[c->n % REDIRECT_MAX];

    if (c->n >= REDIRECT_MAX && now < usec_add(*oldest, REDIRECT_SPAN_S * USEC_PER_SEC))
        return false;
    *oldest = now;
    c->n++;
    return true;
}

bool
redirect_listed(const GPtrArray *patterns, const char *target)
{
    g_autofree char *low = g_ascii_strdown(target, -1);

    for (guint i = 0; i < patterns->len; i++) {
        g_autofree char *pattern = g_ascii_strdown(patterns->pdata[i], -1);
        g_auto(GStrv) no_question = g_strsplit(pattern, "?", 2);

        /* a question mark stands in no name, but it is special to the matcher */
        if (!no_question[1] && g_pattern_match_simple(pattern, low))
            return true;
    }
    return patterns->len == 0;
}

static bool
within(const char *prefix, const Addr *a)
{
    Prefix p;

    return prefix_parse(prefix, &p) && prefix_contains(&p, a);
}

const char *
redirect_refusal(const Addr *a)
{
    if (a->family == ADDR_NONE || addr_is_unspecified(a) || within("0.0.0.0/8", a))
        return "is no address of a host";
    if (addr_is_loopback(a))
        return "is a loopback address";
    if (addr_is_multicast(a) || within("240.0.0.0/4", a))
        return "is no address of one host";
    if (within("169.254.0.0/16", a) || within("fe80::/10", a))
        return "is a link-local address";
    if (within("::ffff:0:0/96", a))
        return "is an IPv4 address in the form of an IPv6 one";
    return NULL;
}
