#include "agent/headend/ios_check.h"

#include <net/if.h>
#include <string.h>

static bool
is_tunnel(const IosInterface *i)
{
    return i->protection || i->source || i->destination.family || i->ipsec;
}

/* Our data plane has one TUN: the file has one tunnel. */
static void
find_tunnel(IosConfig *c, AsaNotes *notes)
{
    for (guint i = 0; i < c->interfaces->len; i++) {
        const IosInterface *t = g_ptr_array_index(c->interfaces, i);

        if (!is_tunnel(t) || t->shutdown)
            continue;
        if (c->tunnel)
            asa_note(notes, true, t->line, "a second tunnel interface is not supported");
        else
            c->tunnel = t;
    }
    if (!c->tunnel)
        asa_note(notes, true, 0, "there is no tunnel interface");
}

/* Its address is to be ours, so that it can talk through the tunnel; the host has the other
 * interfaces. */
static void
find_loopback(IosConfig *c, AsaNotes *notes)
{
    for (guint i = 0; i < c->interfaces->len; i++) {
        const IosInterface *l = g_ptr_array_index(c->interfaces, i);

        if (!g_str_has_prefix(l->name, "Loopback") || l->shutdown || !l->addr.family)
            continue;
        if (c->loopback)
            asa_note(notes, true, l->line, "a second loopback interface is not supported");
        else
            c->loopback = l;
    }
}

static void
check_name(const IosInterface *i, AsaNotes *notes)
{
    if (i && (strlen(i->name) >= IF_NAMESIZE || strpbrk(i->name, "/: ")))
        asa_note(notes, true, i->line, "%s cannot be the name of an interface on this host",
                 i->name);
}

static void
find_source(IosConfig *c, AsaNotes *notes)
{
    const IosInterface *t = c->tunnel, *i;

    if (!t->source) {
        asa_note(notes, true, t->line, "%s has no tunnel source", t->name);
        return;
    }
    if (addr_parse(t->source, &c->source) && c->source.family == ADDR_V4)
        return;
    i = ios_config_interface(c, t->source);
    if (!i || !i->addr.family) {
        asa_note(notes, true, t->line, "the source of %s, %s, is no interface with an address",
                 t->name, t->source);
        return;
    }
    c->source = i->addr;
    c->source_if = i->name;
}

static void
check_tunnel(IosConfig *c, AsaNotes *notes)
{
    const IosInterface *t = c->tunnel;

    check_name(t, notes);
    check_name(c->loopback, notes);
    find_source(c, notes);
    if (!t->destination.family)
        asa_note(notes, true, t->line, "%s has no tunnel destination", t->name);
    else if (addr_equal(&t->destination, &c->source))
        asa_note(notes, true, t->line, "%s leads to its own source", t->name);
    if (!t->addr.family)
        asa_note(notes, true, t->line, "%s has no address", t->name);
    if (!t->ipsec)
        asa_note(notes, true, t->line,
                 "%s has no line tunnel mode ipsec ipv4: GRE is not supported", t->name);
    if (!t->protection) {
        asa_note(notes, true, t->line, "%s has no tunnel protection", t->name);
        return;
    }
    c->protection = ios_config_protection(c, t->protection);
    if (!c->protection)
        asa_note(notes, true, t->protection_line, "there is no crypto ipsec profile %s",
                 t->protection);
}

static void
check_protection(IosConfig *c, AsaNotes *notes)
{
    const IosProtection *p = c->protection;

    if (p->transforms.n == 0)
        asa_note(notes, true, p->line, "IPsec profile %s has no transform set", p->name);
    for (size_t i = 0; i < p->transforms.n; i++)
        if (!ios_config_transform(c, p->transforms.v[i]))
            asa_note(notes, true, p->transforms.line, "there is no transform set %s",
                     p->transforms.v[i]);
    if (!p->profile) {
        asa_note(notes, true, p->line,
                 "IPsec profile %s has no ikev2-profile: IKEv1 is not supported", p->name);
        return;
    }
    c->profile = ios_config_profile(c, p->profile);
    if (!c->profile)
        asa_note(notes, true, p->profile_line, "there is no crypto ikev2 profile %s", p->profile);
}

static void
check_key(IosConfig *c, AsaNotes *notes)
{
    const Addr *to = &c->tunnel->destination;
    const IosProfile *p = c->profile;
    char text[ADDR_TEXT_MAX];

    if (!p->ring) {
        asa_note(notes, true, p->line, "IKEv2 profile %s has no keyring", p->name);
        return;
    }
    c->key = ios_config_key(c, p->ring, to);
    if (!c->key)
        asa_note(notes, true, p->ring_line, "keyring %s has no peer with the address %s", p->ring,
                 addr_format(to, text));
    else if (!c->key->ours.len || !c->key->theirs.len)
        asa_note(notes, true, c->key->line, "peer %s has no pre-shared key for both directions",
                 c->key->name);
}

static void
check_profile(IosConfig *c, AsaNotes *notes)
{
    const IosProfile *p = c->profile;

    if (!p->match)
        asa_note(notes, true, p->line, "IKEv2 profile %s has no line match identity remote address",
                 p->name);
    else if (!prefix_contains(&p->peer, &c->tunnel->destination))
        asa_note(
            notes, false, p->line,
            "IKEv2 profile %s does not match the address of the peer of %s: the peer must call "
            "itself otherwise, as one behind a NAT does",
            p->name, c->tunnel->name);
    if (!p->psk_ours || !p->psk_theirs)
        asa_note(notes, true, p->line, "IKEv2 profile %s lacks authentication %s pre-share",
                 p->name, p->psk_ours ? "remote" : "local");
    check_key(c, notes);
}

static bool
is_named(const IosConfig *c, const char *proposal)
{
    for (guint i = 0; i < c->policies->len; i++) {
        const IosPolicy *p = g_ptr_array_index(c->policies, i);

        for (size_t k = 0; k < p->proposals.n; k++)
            if (g_str_equal(p->proposals.v[k], proposal))
                return true;
    }
    return false;
}

static void
check_policies(const IosConfig *c, AsaNotes *notes)
{
    for (guint i = 0; i < c->policies->len; i++) {
        const IosPolicy *p = g_ptr_array_index(c->policies, i);

        if (p->proposals.n == 0)
            asa_note(notes, true, p->line, "IKEv2 policy %s has no proposal", p->name);
        for (size_t k = 0; k < p->proposals.n; k++)
            if (!ios_config_proposal(c, p->proposals.v[k]))
                asa_note(notes, true, p->proposals.line, "there is no crypto ikev2 proposal %s",
                         p->proposals.v[k]);
    }
}

static bool
has_plain_cipher(const AsaAlgs *algs)
{
    for (size_t i = 0; i < algs->n; i++)
        if (!algs->v[i].aead)
            return true;
    return false;
}

static void
check_proposals(const IosConfig *c, AsaNotes *notes)
{
    for (guint i = 0; i < c->proposals->len; i++) {
        const IosProposal *p = g_ptr_array_index(c->proposals, i);

        if (!is_named(c, p->name)) {
            asa_note(notes, false, p->line, "proposal %s is in no policy and not used; %s", p->name,
                     c->policies->len ? "those of the policies are"
                                      : "the default proposal is, as on IOS");
            continue;
        }
        if (!p->encr.n || !p->group.n)
            asa_note(notes, true, p->line, "proposal %s has no %s", p->name,
                     p->encr.n ? "group" : "encryption");
        if (!p->integ.n && has_plain_cipher(&p->encr))
            asa_note(notes, true, p->line, "proposal %s has no integrity", p->name);
        if (!p->integ.n && !p->prf.n)
            asa_note(notes, true, p->line, "proposal %s has no prf", p->name);
    }
}

/* Only what leads into the tunnel is ours to do: without the process it would lead nowhere. */
static void
check_routes(const IosConfig *c, AsaNotes *notes)
{
    char text[PREFIX_TEXT_MAX];

    for (guint i = 0; i < c->routes->len; i++) {
        const IosRoute *r = g_ptr_array_index(c->routes, i);

        prefix_format(&r->to, text);
        if (r->via && !ios_config_interface(c, r->via))
            asa_note(notes, true, r->line, "there is no interface %s", r->via);
        else if (!r->via || !g_str_equal(r->via, c->tunnel->name))
            asa_note(notes, false, r->line,
                     "the route to %s does not lead into %s: it is left to this host", text,
                     c->tunnel->name);
        else if (prefix_contains(&r->to, &c->tunnel->destination))
            asa_note(notes, true, r->line, "the route to %s leads the tunnel's own packets into it",
                     text);
    }
}

void
ios_check(IosConfig *c, AsaNotes *notes)
{
    find_tunnel(c, notes);
    find_loopback(c, notes);
    check_policies(c, notes);
    check_proposals(c, notes);
    if (!c->tunnel)
        return;
    check_tunnel(c, notes);
    check_routes(c, notes);
    if (c->protection)
        check_protection(c, notes);
    if (c->profile)
        check_profile(c, notes);
}
