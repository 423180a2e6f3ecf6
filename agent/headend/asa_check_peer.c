#include "agent/headend/asa_check_private.h"

/* Somebody who can certify clients. */
static bool
has_authority(const AsaConfig *c)
{
    for (guint i = 0; i < c->trustpoints->len; i++)
        if (((const AsaTrustpoint *)g_ptr_array_index(c->trustpoints, i))->ca)
            return true;
    return false;
}

static void
say_no_authority(AsaNotes *notes, const AsaTunnelGroup *g, unsigned line)
{
    asa_note(notes, true, line,
             "nobody certifies the peers of tunnel group %s: no trustpoint has a line "
             "!acheadend trustpoint NAME ca FILE",
             g->name);
}

static void
check_ours(const AsaConfig *c, AsaNotes *notes, const AsaTunnelGroup *g)
{
    const AsaTrustpoint *t;

    if (!g->ours_line) {
        asa_note(notes, true, g->peer_line,
                 "tunnel group %s has no line ikev2 local-authentication", g->name);
        return;
    }
    if (!g->trustpoint)
        return;
    t = asa_config_trustpoint(c, g->trustpoint);
    if (t)
        (void)asa_check_has_certificate(notes, t);
    else
        asa_note(notes, true, g->ours_line, "there is no trustpoint %s", g->trustpoint);
}

static void
check_site_group(const AsaConfig *c, AsaNotes *notes, const AsaTunnelGroup *g)
{
    Addr peer;

    if (!g->peer_line && !g->ours_line) {
        asa_note(notes, false, g->line,
                 "tunnel group %s has no ikev2 lines in its ipsec-attributes: nobody gets in",
                 g->name);
        return;
    }
    if (g->peer_eap)
        asa_note(notes, true, g->peer_line, "EAP is for clients, not for sites");
    if (addr_parse(g->name, &peer) && !asa_config_map_to(c, &peer))
        asa_note(notes, false, g->line,
                 "no crypto map has a line set peer %s: nothing goes through the tunnel", g->name);
}

/* RFC 7296 §2.16: a gateway that asks for EAP shows a certificate, or a password would be given to
 * anybody who knows the shared key. */
static void
check_eap_group(AsaNotes *notes, const AsaTunnelGroup *g)
{
    if (g->ours_line && !g->trustpoint)
        asa_note(notes, true, g->ours_line,
                 "clients log in with EAP only where the gateway has a certificate: expected: "
                 "ikev2 local-authentication certificate TRUSTPOINT");
}

void
asa_check_peer(const AsaConfig *c, AsaNotes *notes, const AsaTunnelGroup *g)
{
    if (!g->remote_access)
        check_site_group(c, notes, g);
    if (g->ours_line && !g->peer_line)
        asa_note(notes, true, g->ours_line,
                 "tunnel group %s has no line ikev2 remote-authentication", g->name);
    if (g->certificate && !g->peer_line && !has_authority(c))
        say_no_authority(notes, g, g->line);
    if (g->certificate && g->peer_line && !g->peer_cert)
        asa_note(notes, true, g->line,
                 "tunnel group %s wants certificates but has no line ikev2 remote-authentication "
                 "certificate",
                 g->name);
    if (g->certificate && g->peer_line && !g->no_aaa && !g->peer_eap)
        asa_note(notes, true, g->line,
                 "tunnel group %s wants a password beside the certificate but has no line ikev2 "
                 "remote-authentication eap",
                 g->name);
    if (!g->peer_line)
        return;
    check_ours(c, notes, g);
    if (g->peer_eap)
        check_eap_group(notes, g);
    if (g->peer_cert && !has_authority(c))
        say_no_authority(notes, g, g->peer_line);
}

bool
asa_check_wants_users(const AsaConfig *c)
{
    for (guint i = 0; i < c->tunnel_groups->len; i++) {
        const AsaTunnelGroup *g = g_ptr_array_index(c->tunnel_groups, i);

        if (g->remote_access && (!g->peer_line || g->peer_eap))
            return true;
    }
    return false;
}

static const char *
eap_name(AsaEap m)
{
    switch (m) {
    case ASA_EAP_MSCHAPV2:
        return "EAP-MSCHAPv2";
    case ASA_EAP_GTC:
        return "EAP-GTC";
    case ASA_EAP_MD5:
        return "EAP-MD5";
    case ASA_EAP_TLS:
        return "EAP-TLS";
    }
    return "EAP";
}

bool
asa_eap_serves(AsaEap m, AsaUserForm form)
{
    switch (m) {
    case ASA_EAP_MSCHAPV2:
        return form == ASA_USER_PLAIN || form == ASA_USER_NT;
    case ASA_EAP_MD5:
        return form == ASA_USER_PLAIN;
    case ASA_EAP_GTC:
    case ASA_EAP_TLS:
        return true;
    }
    return false;
}

void
asa_check_eap(const AsaConfig *c, AsaNotes *notes)
{
    bool spoken = false;

    if (c->default_group) {
        const AsaTunnelGroup *g = asa_config_tunnel_group(c, c->default_group);

        if (!g || !g->remote_access)
            asa_note(notes, true, c->default_group_line, "there is no remote-access group %s",
                     c->default_group);
    }
    for (guint i = 0; i < c->tunnel_groups->len; i++)
        spoken = spoken || ((AsaTunnelGroup *)g_ptr_array_index(c->tunnel_groups, i))->peer_eap;
    for (guint i = 0; spoken && i < c->users->len; i++) {
        const AsaUser *u = g_ptr_array_index(c->users, i);

        for (size_t k = 0; k < c->n_eap; k++)
            if (!asa_eap_serves(c->eap[k], u->form))
                asa_note(notes, false, u->line,
                         "user %s cannot log in with %s: it needs the password, not a one-way hash",
                         u->name, eap_name(c->eap[k]));
    }
}
