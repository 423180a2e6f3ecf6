/* Crypto maps: which tunnels an interface has. */

#include "agent/headend/asa_parse_private.h"

static AsaCryptoMap *
map_of(AsaParse *p, const AsaArgs *a)
{
    AsaCryptoMap *map;
    uint32_t seq;

    if (!asa_parse_number(p, a->v[1], "sequence number", 1, 65535, &seq))
        return NULL;
    for (guint i = 0; i < p->config->crypto_maps->len; i++) {
        map = g_ptr_array_index(p->config->crypto_maps, i);
        if (g_str_equal(map->name, a->v[0]) && map->seq == seq)
            return map;
    }
    map = asa_parse_add(p, p->config->crypto_maps, sizeof(*map), "crypto maps");
    if (!map)
        return NULL;
    map->line = p->line.number;
    map->seq = seq;
    map->name = asa_parse_keep(p, a->v[0]);
    return map;
}

static void
on_dynamic(AsaParse *p, const AsaArgs *a)
{
    AsaCryptoMap *map = map_of(p, a);

    if (map)
        map->dynamic = asa_parse_keep(p, a->v[2]);
}

static void
on_interface(AsaParse *p, const AsaArgs *a)
{
    if (p->config->map_name) {
        asa_parse_fail(p, "a crypto map is on interface %s already; one is all we can have",
                       p->config->map_if);
        return;
    }
    p->config->map_name = asa_parse_keep(p, a->v[0]);
    p->config->map_if = asa_parse_keep(p, a->v[1]);
    p->config->map_line = p->line.number;
}

static void
on_acl(AsaParse *p, const AsaArgs *a)
{
    AsaCryptoMap *map = map_of(p, a);

    if (!map)
        return;
    map->acl = asa_parse_keep(p, a->v[2]);
    map->acl_line = p->line.number;
}

static void
on_peers(AsaParse *p, const AsaArgs *a)
{
    AsaCryptoMap *map = map_of(p, a);
    Addr peer;

    if (!map)
        return;
    map->n_peers = 0;
    map->peers_line = p->line.number;
    for (size_t i = a->rest; i < p->line.n; i++) {
        if (!asa_parse_addr(p, p->line.word[i], ADDR_NONE, &peer))
            return;
        if (addr_is_unspecified(&peer) || addr_is_multicast(&peer)) {
            asa_parse_fail(p, "%s cannot be a peer", p->line.word[i]);
            return;
        }
        if (map->n_peers == ASA_PEERS_MAX) {
            asa_parse_fail(p, "more than %d peers", ASA_PEERS_MAX);
            return;
        }
        map->peers[map->n_peers++] = peer;
    }
}

static void
on_proposals(AsaParse *p, const AsaArgs *a)
{
    AsaCryptoMap *map = map_of(p, a);

    if (map)
        (void)!asa_parse_names(p, a, &map->proposals);
}

static void
on_pfs(AsaParse *p, const AsaArgs *a)
{
    AsaCryptoMap *map = map_of(p, a);
    AsaAlg pfs;

    if (asa_parse_group(p, a->n == 3 ? a->v[2] : "group14", &pfs) && map)
        map->pfs = pfs;
}

static void
on_lifetime(AsaParse *p, const AsaArgs *a)
{
    AsaCryptoMap *map = map_of(p, a);
    bool seconds = g_str_equal(a->v[2], "seconds");
    uint32_t v;

    if (asa_parse_number(p, a->v[3], a->v[2], seconds ? 120 : 10, INT32_MAX, &v) && map)
        *(seconds ? &map->seconds : &map->kilobytes) = v;
}

static void
on_connection(AsaParse *p, const AsaArgs *a)
{
    AsaCryptoMap *map = map_of(p, a);

    if (map)
        map->connection = g_str_equal(a->v[2], "answer-only")      ? ASA_ANSWER_ONLY
                          : g_str_equal(a->v[2], "originate-only") ? ASA_ORIGINATE_ONLY
                                                                   : ASA_BIDIRECTIONAL;
}

const AsaRule asa_lines_map[] = {
    { ASA_TOP, "crypto map # # ipsec-isakmp dynamic #", on_dynamic, 0, NULL },
    { ASA_TOP, "crypto map # interface #", on_interface, 0, NULL },
    { ASA_TOP, "crypto map # # match address #", on_acl, 0, NULL },
    { ASA_TOP, "crypto map # # set peer *", on_peers, 0, NULL },
    { ASA_TOP, "crypto map # # set connection-type answer-only|originate-only|bidirectional",
      on_connection, 0, NULL },
    { ASA_TOP, "crypto map # # set ikev2 ipsec-proposal *", on_proposals, 0, NULL },
    { ASA_TOP, "crypto map # # set pfs", on_pfs, 0, NULL },
    { ASA_TOP, "crypto map # # set pfs #", on_pfs, 0, NULL },
    { ASA_TOP, "crypto map # # set security-association lifetime seconds|kilobytes #", on_lifetime,
      0, NULL },
    { ASA_TOP, "crypto map # # set reverse-route", NULL, 0, NULL },
    { ASA_TOP, "crypto map # # set ikev1 transform-set *", NULL, 0, NULL },
    { 0 },
};
