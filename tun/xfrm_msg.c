#include "tun/xfrm_msg.h"

#include <linux/udp.h>
#include <linux/xfrm.h>
#include <netinet/in.h>
#include <string.h>

/* ---- requests ---- */

static void
put_addr(xfrm_address_t *to, const Addr *a)
{
    memcpy(to, a->b, addr_len(a));
}

static struct xfrm_lifetime_cfg
for_ever(void)
{
    return (struct xfrm_lifetime_cfg){ .soft_byte_limit = XFRM_INF,
                                       .hard_byte_limit = XFRM_INF,
                                       .soft_packet_limit = XFRM_INF,
                                       .hard_packet_limit = XFRM_INF };
}

/* struct xfrm_algo, xfrm_algo_auth and xfrm_algo_aead: a name, the key's bits, with the latter two
 * those of the ICV, the key. */
static void
put_alg(NlRequest *m, uint16_t attr, const char *name, Slice key, uint32_t icv_bits)
{
    struct {
        char name[64];
        uint32_t numbers_and_key[2 + XFRM_KEY_MAX / sizeof(uint32_t)];
    } alg = { 0 };
    size_t n = 0;

    g_assert(key.len <= XFRM_KEY_MAX);
    g_strlcpy(alg.name, name, sizeof(alg.name));
    alg.numbers_and_key[n++] = 8 * (uint32_t)key.len;
    if (icv_bits)
        alg.numbers_and_key[n++] = icv_bits;
    memcpy(alg.numbers_and_key + n, key.p, key.len);
    mnl_attr_put(&m->head, attr, sizeof(alg.name) + n * sizeof(uint32_t) + key.len, &alg);
    explicit_bzero(&alg, sizeof(alg));
}

static void
put_encap(NlRequest *m, const XfrmSa *sa)
{
    struct xfrm_encap_tmpl encap = { .encap_type = UDP_ENCAP_ESPINUDP,
                                     .encap_sport = htons(sa->src.port),
                                     .encap_dport = htons(sa->dst.port) };

    mnl_attr_put(&m->head, XFRMA_ENCAP, sizeof(encap), &encap);
}

static void
put_replay(NlRequest *m, const XfrmReplay *r)
{
    struct {
        struct xfrm_replay_state_esn fixed;
        uint32_t ring[XFRM_WINDOW_MAX / 32];
    } esn = { 0 };
    uint32_t words = (r->window + 31) / 32;

    g_assert(r->window <= XFRM_WINDOW_MAX);
    esn.fixed = (struct xfrm_replay_state_esn){ .bmp_len = words,
                                                .oseq = (uint32_t)r->out,
                                                .oseq_hi = (uint32_t)(r->out >> 32),
                                                .seq = (uint32_t)r->in,
                                                .seq_hi = (uint32_t)(r->in >> 32),
                                                .replay_window = r->window };
    memcpy(esn.ring, r->ring, words * sizeof(uint32_t));
    mnl_attr_put(&m->head, XFRMA_REPLAY_ESN_VAL, sizeof(esn.fixed) + words * sizeof(uint32_t),
                 &esn);
}

void
xfrm_msg_add_sa(NlRequest *m, const XfrmSa *sa)
{
    struct xfrm_usersa_info *body = nl_begin(m, XFRM_MSG_NEWSA, 0, sizeof(*body));

    put_addr(&body->id.daddr, &sa->dst.addr);
    put_addr(&body->saddr, &sa->src.addr);
    body->id.spi = htonl(sa->spi);
    body->id.proto = IPPROTO_ESP;
    body->lft = for_ever();
    body->reqid = sa->reqid;
    body->family = (uint16_t)nl_family(sa->dst.addr.family);
    body->mode = XFRM_MODE_TUNNEL;
    /* Both families inside; which packets, the policies say. */
    body->flags = (uint8_t)(XFRM_STATE_AF_UNSPEC | (sa->esn ? XFRM_STATE_ESN : 0) |
                            (sa->clear_df ? XFRM_STATE_NOPMTUDISC : 0));
    if (sa->aead) {
        put_alg(m, XFRMA_ALG_AEAD, sa->aead, sa->key, 8 * sa->icv);
    } else {
        put_alg(m, XFRMA_ALG_AUTH_TRUNC, sa->auth, sa->integ, 8 * sa->icv);
        put_alg(m, XFRMA_ALG_CRYPT, sa->crypt, sa->key, 0);
    }
    put_encap(m, sa);
    put_replay(m, sa->replay);
    if (sa->hide_dscp)
        mnl_attr_put_u32(&m->head, XFRMA_SA_EXTRA_FLAGS, XFRM_SA_XFLAG_DONT_ENCAP_DSCP);
    if (sa->mark) {
        mnl_attr_put_u32(&m->head, XFRMA_SET_MARK, sa->mark);
        mnl_attr_put_u32(&m->head, XFRMA_SET_MARK_MASK, UINT32_MAX);
    }
    mnl_attr_put_u32(&m->head, XFRMA_IF_ID, sa->if_id);
    if (sa->inbound)
        mnl_attr_put_u32(&m->head, XFRMA_MTIMER_THRESH, XFRM_MAPPING_EVERY_S);
}

static void
begin_sa(NlRequest *m, uint16_t type, const Addr *dst, uint32_t spi)
{
    struct xfrm_usersa_id *body = nl_begin(m, type, 0, sizeof(*body));

    put_addr(&body->daddr, dst);
    body->spi = htonl(spi);
    body->family = (uint16_t)nl_family(dst->family);
    body->proto = IPPROTO_ESP;
}

void
xfrm_msg_get_sa(NlRequest *m, const Addr *dst, uint32_t spi)
{
    begin_sa(m, XFRM_MSG_GETSA, dst, spi);
}

void
xfrm_msg_del_sa(NlRequest *m, const Addr *dst, uint32_t spi)
{
    begin_sa(m, XFRM_MSG_DELSA, dst, spi);
}

void
xfrm_msg_all_sas(NlRequest *m)
{
    (void)nl_begin(m, XFRM_MSG_GETSA, NLM_F_DUMP, 0);
}

bool
xfrm_sel_equal(const XfrmSel *a, const XfrmSel *b)
{
    return prefix_equal(&a->src, &b->src) && prefix_equal(&a->dst, &b->dst) &&
           a->proto == b->proto && a->sport == b->sport && a->sport_mask == b->sport_mask &&
           a->dport == b->dport && a->dport_mask == b->dport_mask;
}

static void
put_sel(struct xfrm_selector *to, const XfrmSel *sel)
{
    put_addr(&to->saddr, &sel->src.addr);
    put_addr(&to->daddr, &sel->dst.addr);
    to->prefixlen_s = sel->src.len;
    to->prefixlen_d = sel->dst.len;
    to->family = (uint16_t)nl_family(sel->src.addr.family);
    to->proto = sel->proto;
    to->sport = htons(sel->sport);
    to->sport_mask = htons(sel->sport_mask);
    to->dport = htons(sel->dport);
    to->dport_mask = htons(sel->dport_mask);
}

void
xfrm_msg_put_policy(NlRequest *m, const XfrmPolicy *p)
{
    struct xfrm_userpolicy_info *body = nl_begin(m, XFRM_MSG_UPDPOLICY, 0, sizeof(*body));
    struct xfrm_user_tmpl tmpl = { .id = { .spi = htonl(p->spi), .proto = IPPROTO_ESP },
                                   .family = (uint16_t)nl_family(p->family),
                                   .reqid = p->reqid,
                                   .mode = XFRM_MODE_TUNNEL,
                                   .aalgos = UINT32_MAX,
                                   .ealgos = UINT32_MAX,
                                   .calgos = UINT32_MAX };

    put_sel(&body->sel, &p->sel);
    body->lft = for_ever();
    body->priority = XFRM_PRIORITY;
    body->dir = (uint8_t)p->dir;
    body->action = XFRM_POLICY_ALLOW;
    put_addr(&tmpl.saddr, &p->src);
    put_addr(&tmpl.id.daddr, &p->dst);
    mnl_attr_put(&m->head, XFRMA_TMPL, sizeof(tmpl), &tmpl);
    mnl_attr_put_u32(&m->head, XFRMA_IF_ID, p->if_id);
}

void
xfrm_msg_del_policy(NlRequest *m, const XfrmSel *sel, XfrmDir dir, uint32_t if_id)
{
    struct xfrm_userpolicy_id *body = nl_begin(m, XFRM_MSG_DELPOLICY, 0, sizeof(*body));

    put_sel(&body->sel, sel);
    body->dir = (uint8_t)dir;
    mnl_attr_put_u32(&m->head, XFRMA_IF_ID, if_id);
}

void
xfrm_msg_del_policy_number(NlRequest *m, uint32_t number, uint8_t dir, uint32_t if_id)
{
    struct xfrm_userpolicy_id *body = nl_begin(m, XFRM_MSG_DELPOLICY, 0, sizeof(*body));

    body->index = number;
    body->dir = dir;
    mnl_attr_put_u32(&m->head, XFRMA_IF_ID, if_id);
}

void
xfrm_msg_all_policies(NlRequest *m)
{
    (void)nl_begin(m, XFRM_MSG_GETPOLICY, NLM_F_DUMP, 0);
}

/* ---- answers ---- */

static bool
take_addr(const xfrm_address_t *from, uint16_t family, Addr *ret)
{
    size_t len = family == AF_INET ? 4 : family == AF_INET6 ? 16 : 0;

    return addr_from_octets((Slice){ (const uint8_t *)from, len }, ret);
}

/* A ring that is longer than what it is to describe, or than we know, is none. */
static void
take_replay(const struct nlattr *attr, XfrmReplay *ret)
{
    struct xfrm_replay_state_esn esn;
    size_t len = mnl_attr_get_payload_len(attr);

    if (len < sizeof(esn))
        return;
    memcpy(&esn, mnl_attr_get_payload(attr), sizeof(esn));
    if (esn.bmp_len > XFRM_WINDOW_MAX / 32 || esn.replay_window > 32 * esn.bmp_len ||
        len - sizeof(esn) < esn.bmp_len * sizeof(uint32_t))
        return;
    *ret = (XfrmReplay){ .out = (uint64_t)esn.oseq_hi << 32 | esn.oseq,
                         .in = (uint64_t)esn.seq_hi << 32 | esn.seq,
                         .window = esn.replay_window };
    memcpy(ret->ring, (const uint8_t *)mnl_attr_get_payload(attr) + sizeof(esn),
           esn.bmp_len * sizeof(uint32_t));
}

static int
read_sa_attr(const struct nlattr *attr, void *user)
{
    XfrmSaInfo *info = user;

    if (mnl_attr_get_type(attr) == XFRMA_REPLAY_ESN_VAL)
        take_replay(attr, &info->replay);
    else if (mnl_attr_get_type(attr) == XFRMA_IF_ID && mnl_attr_validate(attr, MNL_TYPE_U32) == 0)
        info->if_id = mnl_attr_get_u32(attr);
    return MNL_CB_OK;
}

bool
xfrm_msg_read_sa(const struct nlmsghdr *msg, XfrmSaInfo *ret)
{
    struct xfrm_usersa_info body;
    XfrmSaInfo info = { 0 };

    if (msg->nlmsg_type != XFRM_MSG_NEWSA || mnl_nlmsg_get_payload_len(msg) < sizeof(body))
        return false;
    memcpy(&body, mnl_nlmsg_get_payload(msg), sizeof(body));
    if (!take_addr(&body.id.daddr, body.family, &info.dst))
        return false;
    info.spi = ntohl(body.id.spi);
    info.proto = body.id.proto;
    info.packets = body.curlft.packets;
    info.octets = body.curlft.bytes;
    info.replayed = body.stats.replay + body.stats.replay_window;
    info.forged = body.stats.integrity_failed;
    mnl_attr_parse(msg, sizeof(body), read_sa_attr, &info);
    *ret = info;
    return true;
}

static int
read_policy_attr(const struct nlattr *attr, void *user)
{
    XfrmPolicyInfo *info = user;

    if (mnl_attr_get_type(attr) == XFRMA_IF_ID && mnl_attr_validate(attr, MNL_TYPE_U32) == 0)
        info->if_id = mnl_attr_get_u32(attr);
    return MNL_CB_OK;
}

bool
xfrm_msg_read_policy(const struct nlmsghdr *msg, XfrmPolicyInfo *ret)
{
    struct xfrm_userpolicy_info body;
    XfrmPolicyInfo info;

    if (msg->nlmsg_type != XFRM_MSG_NEWPOLICY || mnl_nlmsg_get_payload_len(msg) < sizeof(body))
        return false;
    memcpy(&body, mnl_nlmsg_get_payload(msg), sizeof(body));
    info = (XfrmPolicyInfo){ .number = body.index, .dir = body.dir };
    mnl_attr_parse(msg, sizeof(body), read_policy_attr, &info);
    *ret = info;
    return true;
}

bool
xfrm_msg_read_mapping(const struct nlmsghdr *msg, XfrmMapping *ret)
{
    struct xfrm_user_mapping body;
    XfrmMapping got = { 0 };

    if (msg->nlmsg_type != XFRM_MSG_MAPPING || mnl_nlmsg_get_payload_len(msg) < sizeof(body))
        return false;
    memcpy(&body, mnl_nlmsg_get_payload(msg), sizeof(body));
    if (!take_addr(&body.new_saddr, body.id.family, &got.from.addr))
        return false;
    got.spi = ntohl(body.id.spi);
    got.from.port = ntohs(body.new_sport);
    *ret = got;
    return true;
}
