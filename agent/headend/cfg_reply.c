#include "agent/headend/cfg_reply.h"

#include <string.h>

static void
put(Writer *out, uint16_t type, Slice value)
{
    ike_cp_encode(&(IkeCpAttr){ type, value }, out);
}

static void
put_u8(Writer *out, uint16_t type, uint8_t v)
{
    put(out, type, (Slice){ &v, 1 });
}

static void
put_u16(Writer *out, uint16_t type, uint16_t v)
{
    uint8_t b[2] = { (uint8_t)(v >> 8), (uint8_t)v };

    put(out, type, (Slice){ b, sizeof(b) });
}

static void
put_u32(Writer *out, uint16_t type, uint32_t v)
{
    uint8_t b[4] = { (uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v };

    put(out, type, (Slice){ b, sizeof(b) });
}

static void
put_text(Writer *out, uint16_t type, const char *text)
{
    if (text)
        put(out, type, slice_of(text));
}

static void
put_addrs(Writer *out, uint16_t type, AddrFamily family, const Addr *v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (v[i].family == family)
            put(out, type, addr_view(&v[i]));
}

static const GArray *
split_nets(const CfgReply *r, AsaSplit when)
{
    const AsaGroupPolicy *p = r->policy;

    if (p->split != when || !p->split_list)
        return NULL;
    return asa_config_acl(r->config, p->split_list)->nets;
}

/* Networks that go through the tunnel: address and mask (RFC 7296 §3.15.1), or with IPv6 address
 * and prefix length. */
static void
put_includes(Writer *out, const CfgReply *r, AddrFamily family)
{
    const GArray *nets = split_nets(r, ASA_TUNNEL_SPECIFIED);

    for (guint i = 0; nets && i < nets->len; i++) {
        Prefix p = g_array_index(nets, Prefix, i);
        Addr mask = prefix_mask(&p);
        uint8_t buf[17];
        Writer w = { .base = buf, .cap = sizeof(buf) };

        if (p.addr.family != family)
            continue;
        writer_slice(&w, addr_view(&p.addr));
        if (family == ADDR_V4)
            writer_slice(&w, addr_view(&mask));
        else
            writer_u8(&w, p.len);
        put(out, family == ADDR_V4 ? IKE_CP_IP4_SUBNET : IKE_CP_IP6_SUBNET, writer_view(&w));
    }
}

/* Networks that stay outside: address, mask, six zero octets each (agent/docs/WIRE.md §7.2). */
static void
put_excludes(Writer *out, const CfgReply *r)
{
    const GArray *nets = split_nets(r, ASA_EXCLUDE_SPECIFIED);
    uint8_t buf[14 * ASA_SPLIT_MAX];
    Writer w = { .base = buf, .cap = sizeof(buf) };

    for (guint i = 0; nets && i < nets->len; i++) {
        Prefix p = g_array_index(nets, Prefix, i);
        Addr mask = prefix_mask(&p);

        if (p.addr.family != ADDR_V4)
            continue;
        writer_slice(&w, addr_view(&p.addr));
        writer_slice(&w, addr_view(&mask));
        writer_zeros(&w, 6);
    }
    if (w.len)
        put(out, IKE_CP_SPLIT_EXCLUDE, writer_view(&w));
}

static void
put_addresses(Writer *out, const CfgReply *r)
{
    const AsaGroupPolicy *p = r->policy;
    const uint8_t no_mask[4] = { 0 };
    Slice mask = addr_view(&r->ip4_mask);

    if (r->ip4.family == ADDR_V4) {
        put(out, IKE_CP_IP4_ADDRESS, addr_view(&r->ip4));
        put(out, IKE_CP_IP4_NETMASK, mask.len ? mask : (Slice){ no_mask, sizeof(no_mask) });
    }
    put_addrs(out, IKE_CP_IP4_DNS, ADDR_V4, p->dns, p->n_dns);
    put_addrs(out, IKE_CP_IP4_NBNS, ADDR_V4, p->wins, p->n_wins);
    put_u32(out, IKE_CP_ADDRESS_EXPIRY, 0);
}

static void
put_addresses6(Writer *out, const CfgReply *r)
{
    const AsaGroupPolicy *p = r->policy;
    uint8_t buf[17];
    Writer w = { .base = buf, .cap = sizeof(buf) };

    if (r->ip6.family == ADDR_V6) {
        writer_slice(&w, addr_view(&r->ip6));
        writer_u8(&w, r->ip6_len);
        put(out, IKE_CP_IP6_ADDRESS, writer_view(&w));
    }
    put_addrs(out, IKE_CP_IP6_DNS, ADDR_V6, p->dns, p->n_dns);
}

/* The smaller of ours and what the client proposes; a proposal that is no tunnel is not obeyed. */
static uint16_t
tunnel_mtu(const CfgReply *r, const IkeCp *request)
{
    Slice hint;
    uint16_t mtu = r->policy->mtu;

    if (ike_cp_find(request, IKE_CP_MTU, &hint) && hint.len == 2) {
        uint16_t theirs = (uint16_t)(hint.p[0] << 8 | hint.p[1]);

        if (theirs >= 576)
            mtu = MIN(mtu, theirs);
    }
    return mtu;
}

/* RFC 7296 §3.15.1: an answer to what was asked. A mask is of no use where there is none. */
static void
keep_asked(const IkeCp *request, Slice all, Writer *out)
{
    Reader in = reader_init(all);
    IkeCpAttr a;
    Slice unused;

    while (ike_cp_next(&in, &a)) {
        bool no_mask = a.type == IKE_CP_IP4_NETMASK && a.value.p[0] == 0;

        if (ike_cp_find(request, a.type, &unused) && !no_mask)
            ike_cp_encode(&a, out);
    }
}

static void
write_all(const CfgReply *r, const IkeCp *request, Writer *out)
{
    const AsaGroupPolicy *p = r->policy;
    g_autofree char *version = g_strconcat("ASA ", r->config->version, NULL);
    /* One short attribute of the old form, number 11: value 1 (agent/docs/WIRE.md §7.2). */
    static const uint8_t proxy[] = { 0x80, 0x0b, 0x00, 0x01 };

    put_addresses(out, r);
    put(out, IKE_CP_APPLICATION_VERSION, (Slice){ (uint8_t *)version, strlen(version) + 1 });
    put_addresses6(out, r);
    put_includes(out, r, ADDR_V4);
    put_includes(out, r, ADDR_V6);
    put_u32(out, IKE_CP_SESSION_TIMEOUT, p->session);
    put_u32(out, IKE_CP_IDLE_TIMEOUT, p->idle);
    put_u32(out, IKE_CP_DISCONNECTED_TIMEOUT, p->idle);
    put_u8(out, IKE_CP_KEEP_INSTALLED, p->keep);
    if (p->all_dns)
        put_u8(out, IKE_CP_TUNNEL_ALL_DNS, 1);
    put_u32(out, IKE_CP_DPD_INTERVAL, p->dpd_client);
    put_u32(out, IKE_CP_KEEPALIVE, r->config->nat_keepalive);
    put_text(out, IKE_CP_BANNER, p->banner);
    put_u8(out, IKE_CP_SMARTCARD_REMOVAL, p->smartcard);
    put_u16(out, IKE_CP_MTU, tunnel_mtu(r, request));
    put_text(out, IKE_CP_DEFAULT_DOMAIN, p->domain);
    put_text(out, IKE_CP_SPLIT_DNS, p->split_dns);
    put_excludes(out, r);
    put_u8(out, IKE_CP_PFS, 0);
    put(out, IKE_CP_PROXY, (Slice){ proxy, sizeof(proxy) });
    put_u8(out, IKE_CP_QUARANTINE, 0);
    put_u8(out, IKE_CP_DISABLE_ALWAYS_ON, p->no_always_on);
    if (r->post_auth.len)
        put(out, IKE_CP_POST_AUTH_XML, r->post_auth);
    put_u8(out, IKE_CP_CLIENT_BYPASS, p->bypass);
}

void
cfg_reply_write(const CfgReply *r, const IkeCp *request, Writer *out)
{
    g_autofree uint8_t *buf = NULL;
    Writer all;

    if (!r->only_asked) {
        write_all(r, request, out);
        return;
    }
    buf = g_malloc(out->cap);
    all = (Writer){ .base = buf, .cap = out->cap };
    write_all(r, request, &all);
    keep_asked(request, writer_view(&all), out);
}
