#include "agent/daemon/inner_nets.h"

enum { PREFIXES_MAX = 254 }; /* of one range, at most (selector.h) */

static bool
has(const GArray *nets, const Prefix *p)
{
    for (guint i = 0; i < nets->len; i++)
        if (prefix_equal(&g_array_index(nets, Prefix, i), p))
            return true;
    return false;
}

static void
append(GArray *nets, const Selector *s)
{
    Prefix prefixes[PREFIXES_MAX];
    size_t n = selector_prefixes(s, prefixes, G_N_ELEMENTS(prefixes));

    for (size_t i = 0; i < n && nets->len < INNER_NETS_MAX; i++)
        if (!has(nets, &prefixes[i]))
            g_array_append_val(nets, prefixes[i]);
}

/* Routes know addresses only; a selector of one port opens the whole address to us. */
static bool
covers_all(Selectors ts, AddrFamily family)
{
    Selector all = selector_all(family);

    for (size_t i = 0; i < ts.n; i++)
        if (ts.s[i].first.family == family && addr_equal(&ts.s[i].first, &all.first) &&
            addr_equal(&ts.s[i].last, &all.last))
            return true;
    return false;
}

static void
append_pushed(const IkeCpReply *reply, Selectors remote, GArray *include)
{
    for (size_t n = 0; n < reply->n_include; n++) {
        Selector net = selector_of_prefix(&reply->include[n]);

        for (size_t i = 0; i < remote.n; i++) {
            Selector both;

            if (selector_intersect(&net, &remote.s[i], &both))
                append(include, &both);
        }
    }
}

void
inner_nets_plan(const IkeCpReply *reply, Selectors remote, GArray *include)
{
    bool full4 = !reply->ip4.family || covers_all(remote, ADDR_V4);
    bool full6 = !reply->ip6.family || covers_all(remote, ADDR_V6);

    append_pushed(reply, remote, include);
    if (include->len || (reply->n_include == 0 && full4 && full6))
        return;
    for (size_t i = 0; i < remote.n; i++)
        append(include, &remote.s[i]);
}
