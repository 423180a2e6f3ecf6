#include "tun/link_addr.h"

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

static void
begin(NlRequest *m, uint16_t type, uint16_t flags, unsigned index, const Prefix *p)
{
    struct ifaddrmsg *body = nl_begin(m, type, flags, sizeof(*body));

    body->ifa_family = (uint8_t)nl_family(p->addr.family);
    body->ifa_prefixlen = p->len;
    body->ifa_index = index;
    nl_put_addr(m, IFA_LOCAL, &p->addr);
    nl_put_addr(m, IFA_ADDRESS, &p->addr);
}

bool
link_addr_add(Nl *nl, unsigned index, const Prefix *p, GError **error)
{
    uint32_t flags = IFA_F_NOPREFIXROUTE;
    NlRequest m;

    if (p->addr.family == ADDR_V6)
        flags |= IFA_F_NODAD;
    begin(&m, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, index, p);
    mnl_attr_put_u32(&m.head, IFA_FLAGS, flags);
    return nl_request(nl, &m, NULL, NULL, error);
}

bool
link_addr_del(Nl *nl, unsigned index, const Prefix *p, GError **error)
{
    NlRequest m;

    begin(&m, RTM_DELADDR, 0, index, p);
    return nl_request(nl, &m, NULL, NULL, error);
}
