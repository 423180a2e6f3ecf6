#include "agent/link/xfrm_plane.h"

#include <linux/netlink.h>
#include <linux/xfrm.h>
#include <string.h>

#include "agent/base/log.h"
#include "agent/link/xfrm_private.h"

/* Numbers that are left out when an SA is moved: what is on its way to the socket then has one of
 * them. */
enum { SKIP = 4096 };

static size_t
slot_of(AddrFamily family)
{
    return family == ADDR_V6;
}

static void
free_pair(gpointer data)
{
    XfrmPair *pair = data;

    secret_clear(&pair->key_in);
    secret_clear(&pair->integ_in);
    secret_clear(&pair->key_out);
    secret_clear(&pair->integ_out);
    g_free(pair);
}

static XfrmPair *
find(const XfrmPlane *p, uint32_t spi_in)
{
    return g_hash_table_lookup(p->pairs, GUINT_TO_POINTER(spi_in));
}

/* ---- SAs come and go ---- */

/* Where packets to @remote are sent from. */
static bool
find_local(const XfrmPlane *p, const Endpoint *remote, Endpoint *ret)
{
    const XfrmDoor *door = p->doors[slot_of(remote->addr.family)];

    if (!door)
        return false;
    *ret = udp_sock_local(xfrm_door_sock(door));
    return !addr_is_unspecified(&ret->addr);
}

static XfrmPair *
new_pair(XfrmPlane *p, const EspSaSetup *setup, const Endpoint *remote, bool out)
{
    XfrmPair *pair = g_new(XfrmPair, 1);

    *pair = (XfrmPair){ .spi_in = setup->spi_in,
                        .spi_out = setup->spi_out,
                        .suite = setup->suite,
                        .remote = *remote,
                        .came = *remote,
                        .turn = out ? ++p->turns : 0 };
    secret_set(&pair->key_in, setup->key_in);
    secret_set(&pair->integ_in, setup->integ_in);
    secret_set(&pair->key_out, setup->key_out);
    secret_set(&pair->integ_out, setup->integ_out);
    return pair;
}

/* All that must be right before the kernel is asked. */
static bool
is_sound(const EspSaSetup *setup)
{
    size_t key = suite_encr_key_len(&setup->suite), integ = suite_integ_key_len(&setup->suite);

    return setup->key_in.len == key && setup->key_out.len == key && setup->integ_in.len == integ &&
           setup->integ_out.len == integ && key <= XFRM_KEY_MAX && integ <= XFRM_KEY_MAX &&
           setup->n_local <= ESP_SELECTORS_MAX && setup->n_remote <= ESP_SELECTORS_MAX;
}

static bool
install(XfrmPlane *p, const XfrmPair *pair)
{
    XfrmReplay in = xfrm_sas_fresh(pair->window), out = xfrm_sas_fresh(0);
    g_autoptr(GError) error = NULL;

    if (xfrm_sas_add(p, pair, &in, &out, &error)) {
        if (xfrm_nets_put(p, pair->nets, &error))
            return true;
        xfrm_sas_remove(p, pair);
    }
    log_at(LOG_WARNING, NULL, "the kernel refuses an SA: %s", error->message);
    return false;
}

static void
forget(XfrmPlane *p, XfrmPair *pair)
{
    XfrmNets *nets = pair->nets;

    g_hash_table_remove(p->pairs, GUINT_TO_POINTER(pair->spi_in));
    xfrm_nets_drop(p, nets);
}

static bool
add(Plane *plane, const EspSaSetup *setup, const Endpoint *remote, bool out)
{
    XfrmPlane *p = (XfrmPlane *)plane;
    XfrmAlgs algs;
    XfrmPair *pair;
    XfrmNets *nets;
    uint32_t window;
    Endpoint local;

    if (!is_sound(setup) || find(p, setup->spi_in) || !find_local(p, remote, &local) ||
        !xfrm_terms_algs(&setup->suite, &algs) ||
        !xfrm_terms_window(&p->setup.rules, setup->suite.esn == ESN_YES, &window))
        return false;
    nets = xfrm_nets_take(p, setup);
    if (!nets)
        return false;
    pair = new_pair(p, setup, remote, out);
    pair->algs = algs;
    pair->window = window;
    pair->local = local;
    pair->nets = nets;
    g_hash_table_replace(p->pairs, GUINT_TO_POINTER(pair->spi_in), pair);
    if (install(p, pair))
        return true;
    forget(p, pair);
    return false;
}

static void
put_nets(XfrmPlane *p, const XfrmNets *nets)
{
    g_autoptr(GError) error = NULL;

    if (!xfrm_nets_put(p, nets, &error))
        log_at(LOG_WARNING, NULL, "the kernel refuses a policy: %s", error->message);
}

static void
go_out(Plane *plane, uint32_t spi_in)
{
    XfrmPlane *p = (XfrmPlane *)plane;
    XfrmPair *pair = find(p, spi_in);

    if (!pair)
        return;
    pair->turn = ++p->turns;
    put_nets(p, pair->nets);
}

/* Policies first: without its SA a policy would have the kernel look for one. */
static void
remove_sa(Plane *plane, uint32_t spi_in)
{
    XfrmPlane *p = (XfrmPlane *)plane;
    XfrmPair *pair = find(p, spi_in);

    if (!pair)
        return;
    if (pair->turn) {
        pair->turn = 0;
        xfrm_nets_close(p, pair->nets);
    }
    xfrm_sas_remove(p, pair);
    forget(p, pair);
}

/* What the kernel has counted of it since it is where it is. */
static void
count(EspStats *sum, const XfrmSaInfo *in, const XfrmSaInfo *out)
{
    sum->packets_in += in->packets;
    sum->octets_in += in->octets;
    sum->packets_out += out->packets;
    sum->octets_out += out->octets;
    sum->drops[ESP_REPLAYED] += in->replayed;
    sum->drops[ESP_FORGED] += in->forged;
}

/* The kernel finds an SA by where its packets go, so one that moves is another one. No packet
 * passes while that happens: so none is taken twice, and no number is used twice. */
static void
move(Plane *plane, uint32_t spi_in, const Endpoint *remote)
{
    XfrmPlane *p = (XfrmPlane *)plane;
    XfrmPair *pair = find(p, spi_in);
    g_autoptr(GError) error = NULL;
    XfrmSaInfo in, out;
    Endpoint local;

    if (!pair || !find_local(p, remote, &local))
        return;
    pair->came = *remote;
    if (endpoint_equal(remote, &pair->remote) && endpoint_equal(&local, &pair->local))
        return;
    xfrm_nets_block(p, pair->nets);
    if (xfrm_sas_read(p, pair, &in, &out)) {
        xfrm_sas_remove(p, pair);
        pair->local = local;
        pair->remote = *remote;
        out.replay.out += SKIP;
        if (pair->suite.esn != ESN_YES)
            out.replay.out = MIN(out.replay.out, UINT32_MAX);
        if (!xfrm_sas_add(p, pair, &in.replay, &out.replay, &error))
            log_at(LOG_WARNING, NULL, "SA %08x cannot be moved: %s", spi_in, error->message);
        count(&pair->moved, &in, &out);
    }
    put_nets(p, pair->nets);
}

/* ---- what the kernel tells ---- */

static void
take_mapping(const struct nlmsghdr *msg, void *user)
{
    XfrmMapping mapping;
    XfrmPair *pair;

    if (!xfrm_msg_read_mapping(msg, &mapping))
        return;
    pair = find(user, mapping.spi);
    if (pair)
        pair->came = mapping.from;
}

static bool
strayed(Plane *plane, uint32_t spi_in, Endpoint *ret)
{
    XfrmPlane *p = (XfrmPlane *)plane;
    const XfrmPair *pair;

    nl_news(p->news, take_mapping, p);
    pair = find(p, spi_in);
    if (!pair || endpoint_equal(&pair->came, &pair->remote))
        return false;
    *ret = pair->came;
    return true;
}

static bool
stats(Plane *plane, uint32_t spi_in, EspStats *ret)
{
    XfrmPlane *p = (XfrmPlane *)plane;
    XfrmPair *pair = find(p, spi_in);
    Usec now = (Usec)g_get_monotonic_time();
    XfrmSaInfo in, out;
    EspStats next;

    if (!pair || !xfrm_sas_read(p, pair, &in, &out))
        return false;
    next = pair->moved;
    count(&next, &in, &out);
    next.last_in = next.packets_in != pair->seen.packets_in ? now : pair->seen.last_in;
    next.last_out = next.packets_out != pair->seen.packets_out ? now : pair->seen.last_out;
    next.seq_out = out.replay.out;
    next.replay_top = in.replay.in;
    next.replay_bits = xfrm_terms_newest(&in.replay);
    *ret = pair->seen = next;
    return true;
}

/* Others on this host may have IPsec, too: what belongs to nobody's SA is everybody's. */
static uint64_t
drops(Plane *plane, EspStatus why)
{
    const XfrmPlane *p = (const XfrmPlane *)plane;
    XfrmCounts now;

    xfrm_counts_read(&now);
    return now.drops[why] - MIN(now.drops[why], p->begun.drops[why]);
}

/* ---- the plane ---- */

static bool
open_door(XfrmPlane *p, UdpSock *natt, GError **error)
{
    size_t slot = slot_of(udp_sock_local(natt).addr.family);

    p->doors[slot] = xfrm_door_new(natt, p->setup.on_ike, p->setup.user, error);
    return p->doors[slot] != NULL;
}

static void
set_sock(Plane *plane, AddrFamily family, UdpSock *natt)
{
    XfrmPlane *p = (XfrmPlane *)plane;
    g_autoptr(GError) error = NULL;

    g_clear_pointer(&p->doors[slot_of(family)], xfrm_door_free);
    if (natt && !open_door(p, natt, &error))
        log_at(LOG_WARNING, NULL, "%s", error->message);
}

static void
free_plane(Plane *plane)
{
    XfrmPlane *p = (XfrmPlane *)plane;
    GHashTableIter it;
    gpointer value;

    g_hash_table_iter_init(&it, p->pairs);
    while (g_hash_table_iter_next(&it, NULL, &value)) {
        xfrm_nets_block(p, ((XfrmPair *)value)->nets);
        xfrm_sas_remove(p, value);
    }
    for (size_t i = 0; i < XFRM_DOORS; i++)
        xfrm_door_free(p->doors[i]);
    g_hash_table_unref(p->pairs);
    g_ptr_array_unref(p->nets);
    nl_free(p->nl);
    nl_free(p->news);
    g_free(p);
}

static const PlaneOps ops = {
    .free = free_plane,
    .set_sock = set_sock,
    .add = add,
    .out = go_out,
    .move = move,
    .strayed = strayed,
    .remove = remove_sa,
    .stats = stats,
    .drops = drops,
};

Plane *
plane_of_kernel(const XfrmPlaneSetup *setup, UdpSock *natt, GError **error)
{
    XfrmPlane *p = g_new(XfrmPlane, 1);

    *p = (XfrmPlane){ .plane.ops = &ops,
                      .setup = *setup,
                      .pairs = g_hash_table_new_full(NULL, NULL, NULL, free_pair),
                      .nets = g_ptr_array_new_with_free_func(xfrm_nets_free) };
    xfrm_counts_read(&p->begun);
    p->nl = nl_open_on(NETLINK_XFRM, error);
    if (p->nl)
        p->news = nl_follow(NETLINK_XFRM, XFRMNLGRP_MAPPING, error);
    if (p->news) {
        nl_keep_secret(p->nl);
        if (open_door(p, natt, error))
            return &p->plane;
    }
    free_plane(&p->plane);
    return NULL;
}

/* ---- what the kernel can ---- */

/* Gone already is fine. */
static bool
forget_try(Nl *nl, const Addr *dst, uint32_t spi)
{
    NlRequest m;

    xfrm_msg_del_sa(&m, dst, spi);
    return nl_request(nl, &m, NULL, NULL, NULL);
}

static bool
try_suite(Nl *nl, const Suite *suite, const XfrmAlgs *algs, uint32_t window, GError **error)
{
    /* Nobody sends from there, and no policy leads to it. */
    const Endpoint nobody = { addr_v4(0x7f0000fe), 4500 };
    XfrmReplay replay = xfrm_sas_fresh(window);
    uint8_t key[XFRM_KEY_MAX];
    XfrmSa sa = { .src = nobody,
                  .dst = nobody,
                  .spi = 0xacc10000,
                  .reqid = 1,
                  .if_id = 0xacc1fff,
                  .aead = algs->aead,
                  .crypt = algs->crypt,
                  .auth = algs->auth,
                  .key = { key, suite_encr_key_len(suite) },
                  .integ = { key, suite_integ_key_len(suite) },
                  .icv = (uint32_t)suite_icv_len(suite),
                  .inbound = true,
                  .esn = suite->esn == ESN_YES,
                  .replay = &replay };
    NlRequest m;

    for (size_t i = 0; i < sizeof(key); i++)
        key[i] = (uint8_t)(i + 1);              /* 3DES wants three that differ */
    (void)forget_try(nl, &nobody.addr, sa.spi); /* of a process that was killed here */
    xfrm_msg_add_sa(&m, &sa);
    if (!nl_request(nl, &m, NULL, NULL, error))
        return false;
    (void)forget_try(nl, &nobody.addr, sa.spi);
    return true;
}

bool
xfrm_plane_can(const Suite *suite, const EspRules *rules, GError **error)
{
    g_autofree char *name = suite_format(suite);
    g_autoptr(Nl) nl = NULL;
    XfrmAlgs algs;
    uint32_t window;

    if (!xfrm_terms_algs(suite, &algs)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, "the kernel has no %s", name);
        return false;
    }
    if (!xfrm_terms_window(rules, suite->esn == ESN_YES, &window)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                    "with long sequence numbers the kernel wants a replay window");
        return false;
    }
    nl = nl_open_on(NETLINK_XFRM, error);
    if (nl && try_suite(nl, suite, &algs, window, error))
        return true;
    g_prefix_error(error, "%s: ", nl ? name : "XFRM");
    return false;
}
