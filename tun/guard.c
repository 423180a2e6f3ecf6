#include "tun/guard.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stddef.h>
#include <stdio.h>

#include "tun/nl.h"

enum {
    BATCH_MAX = 8192,     /* octets; a rule has about 400 */
    PRIORITY_RAW = -300,  /* before connection tracking and any DNAT */
    DADDR_V4_OFFSET = 16, /* RFC 791 §3.1 */
    DADDR_V6_OFFSET = 24, /* RFC 8200 §3 */
};

static const char chain_name[] = "prerouting";

/* Messages that the kernel follows all or none. */
typedef struct Batch {
    union {
        struct nlmsghdr first;
        uint8_t octets[BATCH_MAX];
    };
    struct nlmsghdr *last;
    unsigned n_acks;
} Batch;

/* ---- messages ---- */

static size_t
batch_len(const Batch *b)
{
    return b->last ? (size_t)((const uint8_t *)b->last - b->octets) + b->last->nlmsg_len : 0;
}

static struct nlmsghdr *
put(Batch *b, uint16_t type, uint16_t flags, uint8_t family, uint16_t subsystem)
{
    size_t at = batch_len(b);
    struct nfgenmsg *body;

    g_assert(at + BATCH_MAX / 16 <= BATCH_MAX);
    b->last = mnl_nlmsg_put_header(b->octets + at);
    b->last->nlmsg_type = type;
    b->last->nlmsg_flags = NLM_F_REQUEST | flags;
    body = mnl_nlmsg_put_extra_header(b->last, sizeof(*body));
    body->nfgen_family = family;
    body->version = NFNETLINK_V0;
    body->res_id = htons(subsystem);
    return b->last;
}

/* A message to nf_tables, which is acknowledged. */
static struct nlmsghdr *
put_change(Batch *b, uint16_t type, uint16_t flags)
{
    b->n_acks++;
    return put(b, NFNL_SUBSYS_NFTABLES << 8 | type, NLM_F_ACK | flags, NFPROTO_INET, 0);
}

static void
batch_begin(Batch *b)
{
    (void)put(b, NFNL_MSG_BATCH_BEGIN, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
}

static bool
batch_send(Nl *nl, Batch *b, GError **error)
{
    (void)put(b, NFNL_MSG_BATCH_END, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
    return nl_batch(nl, &b->first, batch_len(b), b->n_acks, error);
}

/* ---- the words of a rule; every number in network order ---- */

static void
put_number(struct nlmsghdr *h, uint16_t attr, uint32_t n)
{
    mnl_attr_put_u32(h, attr, htonl(n));
}

typedef struct Word {
    struct nlattr *outer, *inner;
} Word;

static Word
word_begin(struct nlmsghdr *h, const char *name)
{
    Word w;

    w.outer = mnl_attr_nest_start(h, NFTA_LIST_ELEM);
    mnl_attr_put_strz(h, NFTA_EXPR_NAME, name);
    w.inner = mnl_attr_nest_start(h, NFTA_EXPR_DATA);
    return w;
}

static void
word_end(struct nlmsghdr *h, Word w)
{
    mnl_attr_nest_end(h, w.inner);
    mnl_attr_nest_end(h, w.outer);
}

static void
put_meta(struct nlmsghdr *h, uint32_t key)
{
    Word w = word_begin(h, "meta");

    put_number(h, NFTA_META_KEY, key);
    put_number(h, NFTA_META_DREG, NFT_REG_1);
    word_end(h, w);
}

static void
put_daddr(struct nlmsghdr *h, uint32_t offset, uint32_t len)
{
    Word w = word_begin(h, "payload");

    put_number(h, NFTA_PAYLOAD_DREG, NFT_REG_1);
    put_number(h, NFTA_PAYLOAD_BASE, NFT_PAYLOAD_NETWORK_HEADER);
    put_number(h, NFTA_PAYLOAD_OFFSET, offset);
    put_number(h, NFTA_PAYLOAD_LEN, len);
    word_end(h, w);
}

/* Go on only when what was read last is, or is not, @value. */
static void
put_cmp(struct nlmsghdr *h, uint32_t op, const void *value, size_t len)
{
    Word w = word_begin(h, "cmp");
    struct nlattr *data;

    put_number(h, NFTA_CMP_SREG, NFT_REG_1);
    put_number(h, NFTA_CMP_OP, op);
    data = mnl_attr_nest_start(h, NFTA_CMP_DATA);
    mnl_attr_put(h, NFTA_DATA_VALUE, len, value);
    mnl_attr_nest_end(h, data);
    word_end(h, w);
}

static void
put_not_by(struct nlmsghdr *h, const char *ifname)
{
    char name[IFNAMSIZ] = "";

    g_strlcpy(name, ifname, sizeof(name));
    put_meta(h, NFT_META_IIFNAME);
    put_cmp(h, NFT_CMP_NEQ, name, sizeof(name));
}

static void
put_counted_drop(struct nlmsghdr *h)
{
    struct nlattr *data, *verdict;
    Word w = word_begin(h, "counter");

    word_end(h, w);
    w = word_begin(h, "immediate");
    put_number(h, NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
    data = mnl_attr_nest_start(h, NFTA_IMMEDIATE_DATA);
    verdict = mnl_attr_nest_start(h, NFTA_DATA_VERDICT);
    put_number(h, NFTA_VERDICT_CODE, NF_DROP);
    mnl_attr_nest_end(h, verdict);
    mnl_attr_nest_end(h, data);
    word_end(h, w);
}

/* ---- table, chain, rules ---- */

const char *
guard_table(const char *ifname, char buf[static GUARD_TABLE_MAX])
{
    (void)snprintf(buf, GUARD_TABLE_MAX, "acclient_%s", ifname);
    return buf;
}

static void
put_table(Batch *b, uint16_t type, const char *table)
{
    struct nlmsghdr *h = put_change(b, type, type == NFT_MSG_NEWTABLE ? NLM_F_CREATE : 0);

    mnl_attr_put_strz(h, NFTA_TABLE_NAME, table);
}

static void
put_chain(Batch *b, const char *table)
{
    struct nlmsghdr *h = put_change(b, NFT_MSG_NEWCHAIN, NLM_F_CREATE);
    struct nlattr *hook;

    mnl_attr_put_strz(h, NFTA_CHAIN_TABLE, table);
    mnl_attr_put_strz(h, NFTA_CHAIN_NAME, chain_name);
    hook = mnl_attr_nest_start(h, NFTA_CHAIN_HOOK);
    put_number(h, NFTA_HOOK_HOOKNUM, NF_INET_PRE_ROUTING);
    put_number(h, NFTA_HOOK_PRIORITY, (uint32_t)PRIORITY_RAW);
    mnl_attr_nest_end(h, hook);
    mnl_attr_put_strz(h, NFTA_CHAIN_TYPE, "filter");
}

/* iifname != "acc0" iifname != "lo" ip daddr @addr counter drop; the host talks to itself by lo. */
static void
put_rule(Batch *b, const char *table, const char *ifname, const Addr *addr)
{
    struct nlmsghdr *h = put_change(b, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND);
    bool v6 = addr->family == ADDR_V6;
    uint8_t family = v6 ? NFPROTO_IPV6 : NFPROTO_IPV4;
    struct nlattr *words;

    mnl_attr_put_strz(h, NFTA_RULE_TABLE, table);
    mnl_attr_put_strz(h, NFTA_RULE_CHAIN, chain_name);
    words = mnl_attr_nest_start(h, NFTA_RULE_EXPRESSIONS);
    put_not_by(h, ifname);
    put_not_by(h, "lo");
    put_meta(h, NFT_META_NFPROTO);
    put_cmp(h, NFT_CMP_EQ, &family, sizeof(family));
    put_daddr(h, v6 ? DADDR_V6_OFFSET : DADDR_V4_OFFSET, (uint32_t)addr_len(addr));
    put_cmp(h, NFT_CMP_EQ, addr->b, addr_len(addr));
    put_counted_drop(h);
    mnl_attr_nest_end(h, words);
}

/* What a kernel answers that was built without nftables or without netfilter at all. */
static bool
lacks_nftables(const GError *error)
{
    return error->code == EOPNOTSUPP || error->code == EPROTONOSUPPORT;
}

static void
hand_on(GError *failure, GError **error)
{
    if (lacks_nftables(failure))
        failure->code = ENOENT;
    g_propagate_error(error, failure);
}

Nl *
guard_open(GError **error)
{
    GError *failure = NULL;
    Nl *nl = nl_open_on(NETLINK_NETFILTER, &failure);

    if (!nl)
        hand_on(failure, error);
    return nl;
}

bool
guard_set(Nl *nl, const char *ifname, const Addr *addrs, size_t n, GError **error)
{
    char table[GUARD_TABLE_MAX];
    Batch b = { 0 };

    g_assert(n <= GUARD_ADDRS_MAX);
    (void)guard_table(ifname, table);
    batch_begin(&b);
    put_table(&b, NFT_MSG_NEWTABLE, table); /* so that there is one to delete */
    put_table(&b, NFT_MSG_DELTABLE, table);
    put_table(&b, NFT_MSG_NEWTABLE, table);
    put_chain(&b, table);
    for (size_t i = 0; i < n; i++)
        put_rule(&b, table, ifname, &addrs[i]);
    return batch_send(nl, &b, error);
}

bool
guard_remove(Nl *nl, const char *ifname, GError **error)
{
    char table[GUARD_TABLE_MAX];
    GError *failure = NULL;
    Batch b = { 0 };

    batch_begin(&b);
    put_table(&b, NFT_MSG_DELTABLE, guard_table(ifname, table));
    if (batch_send(nl, &b, &failure))
        return true;
    hand_on(failure, error);
    return false;
}
