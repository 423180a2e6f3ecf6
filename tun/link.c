#include "tun/link.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "tun/tun_error.h"

/* What comes while the reader has no processor waits here: the driver holds no sender back. Its own
 * 500 packets are 1 ms of what one program sends; a pause is two or three ticks of a scheduler that
 * has others to serve, 4 ms each. In any other case the queue is empty, for the reader is faster
 * than the network behind it. */
enum { QUEUE_LEN = 8192 };

static const char no_discipline[] = "noqueue";

static void
begin(NlRequest *m, uint16_t type, unsigned index)
{
    struct ifinfomsg *body = nl_begin(m, type, 0, sizeof(*body));

    body->ifi_index = (int)index;
}

struct Info {
    Link *link;
    bool is_xfrm;
};

static int
read_number(const struct nlattr *attr, void *user)
{
    Link *link = user;

    if (mnl_attr_get_type(attr) == IFLA_XFRM_IF_ID && mnl_attr_validate(attr, MNL_TYPE_U32) == 0)
        link->if_id = mnl_attr_get_u32(attr);
    return MNL_CB_OK;
}

static bool
is_kind(const struct nlattr *attr, const char *kind)
{
    return mnl_attr_validate(attr, MNL_TYPE_STRING) == 0 &&
           strncmp(mnl_attr_get_str(attr), kind, mnl_attr_get_payload_len(attr)) == 0;
}

/* The kind, and behind it what is of the kind. */
static int
read_kind(const struct nlattr *attr, void *user)
{
    struct Info *info = user;

    if (mnl_attr_get_type(attr) == IFLA_INFO_KIND) {
        info->link->is_tun = is_kind(attr, "tun");
        info->is_xfrm = is_kind(attr, "xfrm");
    } else if (mnl_attr_get_type(attr) == IFLA_INFO_DATA && info->is_xfrm) {
        mnl_attr_parse_nested(attr, read_number, info->link);
    }
    return MNL_CB_OK;
}

static int
read_attr(const struct nlattr *attr, void *user)
{
    Link *link = user;

    switch (mnl_attr_get_type(attr)) {
    case IFLA_IFNAME:
        if (mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) == 0)
            g_strlcpy(link->name, mnl_attr_get_str(attr), sizeof(link->name));
        break;
    case IFLA_MTU:
        if (mnl_attr_validate(attr, MNL_TYPE_U32) == 0)
            link->mtu = mnl_attr_get_u32(attr);
        break;
    case IFLA_TXQLEN:
        if (mnl_attr_validate(attr, MNL_TYPE_U32) == 0)
            link->queue = mnl_attr_get_u32(attr);
        break;
    case IFLA_QDISC:
        if (mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) == 0)
            link->direct = g_str_equal(mnl_attr_get_str(attr), no_discipline);
        break;
    case IFLA_LINKINFO:
        mnl_attr_parse_nested(attr, read_kind, &(struct Info){ .link = link });
        break;
    default:
        break;
    }
    return MNL_CB_OK;
}

static void
read_link(const struct nlmsghdr *msg, void *user)
{
    const struct ifinfomsg *body = mnl_nlmsg_get_payload(msg);
    Link *link = user;

    if (msg->nlmsg_type != RTM_NEWLINK || mnl_nlmsg_get_payload_len(msg) < sizeof(*body))
        return;
    link->index = (unsigned)body->ifi_index;
    mnl_attr_parse(msg, sizeof(*body), read_attr, link);
}

bool
link_get(Nl *nl, unsigned index, Link *ret, GError **error)
{
    Link link = { 0 };
    NlRequest m;

    begin(&m, RTM_GETLINK, index);
    if (!nl_request(nl, &m, read_link, &link, error))
        return false;
    if (link.index != index) {
        tun_error_set(error, ENODEV, "interface %u", index);
        return false;
    }
    *ret = link;
    return true;
}

static void
begin_set(NlRequest *m, unsigned index, uint32_t mtu, unsigned flags)
{
    struct ifinfomsg *body;

    begin(m, RTM_NEWLINK, index);
    body = mnl_nlmsg_get_payload(&m->head);
    body->ifi_change = IFF_UP;
    body->ifi_flags = flags;
    mnl_attr_put_u32(&m->head, IFLA_MTU, mtu);
}

static bool
without_own_address(Nl *nl, unsigned index, GError **error)
{
    struct nlattr *all, *v6;
    NlRequest m;

    begin(&m, RTM_NEWLINK, index);
    all = mnl_attr_nest_start(&m.head, IFLA_AF_SPEC);
    v6 = mnl_attr_nest_start(&m.head, AF_INET6);
    mnl_attr_put_u8(&m.head, IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE);
    mnl_attr_nest_end(&m.head, v6);
    mnl_attr_nest_end(&m.head, all);
    return nl_request(nl, &m, NULL, NULL, error);
}

/* A queue in front of the driver's: as that one never holds anything back, nothing ever waits here,
 * and every packet pays for it. */
static bool
without_discipline(Nl *nl, unsigned index, GError **error)
{
    NlRequest m;
    struct tcmsg *body =
        nl_begin(&m, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_REPLACE, sizeof(struct tcmsg));

    body->tcm_family = AF_UNSPEC;
    body->tcm_ifindex = (int)index;
    body->tcm_parent = TC_H_ROOT;
    mnl_attr_put_strz(&m.head, TCA_KIND, no_discipline);
    return nl_request(nl, &m, NULL, NULL, error);
}

/* Of an interface that is up it would stop all packets for milliseconds, and in one request the
 * kernel brings it up first. */
static bool
set_queue(Nl *nl, unsigned index, GError **error)
{
    NlRequest m;

    begin(&m, RTM_NEWLINK, index);
    mnl_attr_put_u32(&m.head, IFLA_TXQLEN, QUEUE_LEN);
    return nl_request(nl, &m, NULL, NULL, error);
}

bool
link_up(Nl *nl, unsigned index, uint32_t mtu, GError **error)
{
    NlRequest m;

    (void)without_own_address(nl, index, NULL); /* a host without IPv6 has nothing to switch off */
    (void)without_discipline(nl, index, NULL);  /* the kernel's own choice works as well */
    if (!set_queue(nl, index, error))
        return false;
    begin_set(&m, index, mtu, IFF_UP);
    return nl_request(nl, &m, NULL, NULL, error);
}

bool
link_down(Nl *nl, unsigned index, uint32_t mtu, GError **error)
{
    NlRequest m;

    begin_set(&m, index, mtu, 0);
    return nl_request(nl, &m, NULL, NULL, error);
}

bool
link_delete(Nl *nl, unsigned index, GError **error)
{
    NlRequest m;

    begin(&m, RTM_DELLINK, index);
    return nl_request(nl, &m, NULL, NULL, error);
}
