#include "agent/headend/ios_show.h"

#include "agent/headend/show_private.h"
#include "agent/headend/show_words.h"

enum { CE_ID = 1000 }; /* IOS counts its connection entries from here */

static const char *
status_of(const IosShowSa *sa)
{
    if (sa->ending)
        return "DELETE";
    return sa->ike.up ? "READY" : "IN-NEG";
}

static void
two_numbers(GString *out, const char *what, uint32_t local, uint32_t remote)
{
    g_autofree char *a = g_strdup_printf("Local %s:", what);
    g_autofree char *b = g_strdup_printf("Remote %s:", what);

    g_string_append_printf(out, "      %-18s %-14u %-19s %u\n", a, local, b, remote);
}

static void
ike_detail(const IosShow *s, const IosShowSa *sa, GString *out)
{
    const IkeInfo *i = &sa->ike;

    g_string_append_printf(out, "      CE id: %u, Session-id: %u\n", CE_ID + sa->id, sa->id);
    g_string_append_printf(out, "      Status Description: %s\n",
                           i->up ? "Negotiation done" : "Negotiation in progress");
    g_string_append_printf(out,
                           "      Local spi: %016" G_GINT64_MODIFIER
                           "X       Remote spi: %016" G_GINT64_MODIFIER "X\n",
                           i->ours ? i->spi_i : i->spi_r, i->ours ? i->spi_r : i->spi_i);
    g_string_append_printf(out, "      Local id: %s\n", sa->id_local ? sa->id_local : "");
    g_string_append_printf(out, "      Remote id: %s\n", sa->id_remote ? sa->id_remote : "");
    two_numbers(out, "req msg id", i->send_id, i->recv_id);
    two_numbers(out, "next msg id", i->send_id, i->recv_id);
    two_numbers(out, "req queued", i->send_id, i->recv_id);
    two_numbers(out, "window", i->window, i->peer_window);
    g_string_append_printf(out, "      DPD configured for %u seconds, retry %u\n", s->dpd,
                           s->dpd_retry);
    g_string_append_printf(out, "      NAT-T is %s\n",
                           i->nat_there  ? "detected outside"
                           : i->nat_here ? "detected inside"
                                         : "not detected");
    g_string_append(out, "      Cisco Trust Security SGT is disabled\n");
    g_string_append_printf(out, "      Initiator of SA : %s\n", i->ours ? "Yes" : "No");
}

/* Behind a NAT it is elsewhere than where the tunnel leads. */
static const Addr *
peer_of(const IosShow *s, const IosShowSa *sa)
{
    const Addr *at = &sa->ike.path.remote.addr;

    return at->family ? at : &s->peer;
}

static void
ike_sa(const IosShow *s, const IosShowSa *sa, bool detail, GString *out)
{
    const IkeInfo *i = &sa->ike;
    char here[ADDR_TEXT_MAX], there[ADDR_TEXT_MAX], cipher[SHOW_WORD_MAX];
    g_autofree char *local =
        g_strdup_printf("%s/%u", addr_format(&s->local, here), i->path.local.port);
    g_autofree char *remote =
        g_strdup_printf("%s/%u", addr_format(peer_of(s, sa), there), i->path.remote.port);

    g_string_append(out, "Tunnel-id Local                 Remote                fvrf/ivrf"
                         "            Status\n");
    g_string_append_printf(out, "%-9u %-21s %-21s %-20s %s\n", sa->id, local, remote, "none/none",
                           status_of(sa));
    if (i->suite.encr) {
        show_cipher(&i->suite, cipher);
        g_string_append_printf(out,
                               "      Encr: %s, Hash: %s, DH Grp:%u, Auth sign: PSK, Auth verify: "
                               "PSK\n",
                               cipher, show_hash(i->suite.integ), i->suite.ke);
    }
    g_string_append_printf(out, "      Life/Active Time: %u/%u sec\n", s->life, sa->active);
    if (detail)
        ike_detail(s, sa, out);
    g_string_append_c(out, '\n');
}

static void
show_ike(const IosShow *s, bool detail, GString *out)
{
    if (s->n_sas == 0) { /* IOS says nothing at all, which looks like a broken command */
        g_string_append(out, "There are no IKEv2 SAs\n");
        return;
    }
    g_string_append(out, " IPv4 Crypto IKEv2  SA\n\n");
    for (size_t i = 0; i < s->n_sas; i++)
        ike_sa(s, &s->sas[i], detail, out);
}

static void
counters(const IosShow *s, GString *out)
{
    guint64 o = s->stats.packets_out, i = s->stats.packets_in;

    g_string_append_printf(out,
                           "    #pkts encaps: %" G_GUINT64_FORMAT
                           ", #pkts encrypt: %" G_GUINT64_FORMAT
                           ", #pkts digest: %" G_GUINT64_FORMAT "\n",
                           o, o, o);
    g_string_append_printf(out,
                           "    #pkts decaps: %" G_GUINT64_FORMAT
                           ", #pkts decrypt: %" G_GUINT64_FORMAT
                           ", #pkts verify: %" G_GUINT64_FORMAT "\n",
                           i, i, i);
    g_string_append(out, "    #pkts compressed: 0, #pkts decompressed: 0\n"
                         "    #pkts not compressed: 0, #pkts compr. failed: 0\n"
                         "    #pkts not decompressed: 0, #pkts decompress failed: 0\n");
    g_string_append_printf(
        out, "    #send errors %" G_GUINT64_FORMAT ", #recv errors %" G_GUINT64_FORMAT "\n\n",
        (guint64)s->stats.drops[ESP_SPENT], (guint64)show_dropped_in(&s->stats));
}

static void
esp_sa(const IosShow *s, const IosShowChild *c, unsigned number, bool in, GString *out)
{
    uint32_t spi = in ? c->spi_in : c->spi_out;
    unsigned id = 2 * number - !in;
    char transform[SHOW_WORD_MAX];

    show_transform(&c->suite, transform);
    g_string_append_printf(out, "      spi: 0x%08X(%u)\n", spi, spi);
    g_string_append_printf(out, "        transform: %s ,\n", transform);
    g_string_append(out, "        in use settings ={Tunnel UDP-Encaps, }\n");
    g_string_append_printf(
        out, "        conn id: %u, flow_id: SW:%u, sibling_flags 80000040, crypto map: %s-head-0\n",
        id, id, s->tunnel);
    if (c->seconds || c->kilobytes)
        g_string_append_printf(out, "        sa timing: remaining key lifetime (k/sec): (%u/%u)\n",
                               c->kilobytes, c->seconds);
    g_string_append_printf(out, "        IV size: %zu bytes\n", suite_iv_len(&c->suite));
    g_string_append(out, "        replay detection support: Y\n"
                         "        Status: ACTIVE(ACTIVE)\n");
}

static void
esp_sas(const IosShow *s, bool in, GString *out)
{
    const char *way = in ? "inbound" : "outbound";
    unsigned n = 0;

    g_string_append_printf(out, "     %s esp sas:\n", way);
    for (size_t i = 0; i < s->n_sas; i++)
        for (size_t k = 0; k < s->sas[i].n_children; k++)
            esp_sa(s, &s->sas[i].children[k], ++n, in, out);
    g_string_append_printf(out, "\n     %s ah sas:\n\n     %s pcp sas:\n\n", way, way);
}

/* The child that packets go out over: the newest that may. */
static const IosShowChild *
current(const IosShow *s)
{
    const IosShowChild *ret = NULL;

    for (size_t i = 0; i < s->n_sas; i++)
        for (size_t k = 0; k < s->sas[i].n_children; k++)
            if (s->sas[i].children[k].outbound)
                ret = &s->sas[i].children[k];
    return ret;
}

static void
show_ipsec(const IosShow *s, GString *out)
{
    const IosShowChild *c = current(s);
    uint32_t spi = c ? c->spi_out : 0;
    char local[ADDR_TEXT_MAX], peer[ADDR_TEXT_MAX];

    addr_format(&s->local, local);
    addr_format(&s->peer, peer);
    g_string_append_printf(out, "interface: %s\n    Crypto map tag: %s-head-0, local addr %s\n\n",
                           s->tunnel, s->tunnel, local);
    g_string_append(out, "   protected vrf: (none)\n"
                         "   local  ident (addr/mask/prot/port): (0.0.0.0/0.0.0.0/256/0)\n"
                         "   remote ident (addr/mask/prot/port): (0.0.0.0/0.0.0.0/256/0)\n");
    g_string_append_printf(out, "   current_peer %s port %u\n     PERMIT, flags={origin_is_acl,}\n",
                           peer, s->port ? s->port : 500);
    counters(s, out);
    g_string_append_printf(out, "     local crypto endpt.: %s, remote crypto endpt.: %s\n", local,
                           peer);
    g_string_append_printf(out, "     path mtu 1500, ip mtu %u", s->mtu);
    if (s->source_if)
        g_string_append_printf(out, ", ip mtu idb %s", s->source_if);
    g_string_append_printf(out, "\n     current outbound spi: 0x%X(%u)\n", spi, spi);
    if (c && c->suite.ke)
        g_string_append_printf(out, "     PFS (Y/N): Y, DH group: group%u\n\n", c->suite.ke);
    else
        g_string_append(out, "     PFS (Y/N): N, DH group: none\n\n");
    esp_sas(s, true, out);
    esp_sas(s, false, out);
}

static const char *
session_status(const IosShow *s)
{
    bool up = false;

    if (current(s))
        return "UP-ACTIVE";
    for (size_t i = 0; i < s->n_sas; i++)
        up |= s->sas[i].ike.up;
    if (up)
        return "UP-IDLE";
    return s->n_sas ? "DOWN-NEGOTIATING" : "DOWN";
}

static void
show_session(const IosShow *s, GString *out)
{
    char local[ADDR_TEXT_MAX], peer[ADDR_TEXT_MAX];
    size_t n = 0;

    addr_format(&s->local, local);
    addr_format(&s->peer, peer);
    g_string_append_printf(out,
                           "Crypto session current status\n\nInterface: %s\nSession status: %s\n"
                           "Peer: %s port %u \n",
                           s->tunnel, session_status(s), peer, s->port ? s->port : 500);
    for (size_t i = 0; i < s->n_sas; i++) {
        const IkeInfo *ike = &s->sas[i].ike;

        n += 2 * s->sas[i].n_children;
        addr_format(peer_of(s, &s->sas[i]), peer);
        g_string_append_printf(out, "  IKEv2 SA: local %s/%u remote %s/%u %s \n", local,
                               ike->path.local.port, peer, ike->path.remote.port,
                               ike->up ? "Active" : "Inactive");
    }
    g_string_append_printf(out,
                           "  IPSEC FLOW: permit ip 0.0.0.0/0.0.0.0 0.0.0.0/0.0.0.0 \n"
                           "        Active SAs: %zu, origin: crypto map\n\n",
                           n);
}

char *
ios_show_command(const char *words, const IosShow *s)
{
    g_autoptr(GString) out = g_string_new(NULL);

    if (g_str_equal(words, "crypto ikev2 sa"))
        show_ike(s, false, out);
    else if (g_str_equal(words, "crypto ikev2 sa detail") ||
             g_str_equal(words, "crypto ikev2 sa detailed"))
        show_ike(s, true, out);
    else if (g_str_equal(words, "crypto ipsec sa"))
        show_ipsec(s, out);
    else if (g_str_equal(words, "crypto ipsec stats"))
        show_ipsec_stats(s->ipsec, out);
    else if (g_str_equal(words, "crypto session"))
        show_session(s, out);
    else if (g_str_equal(words, "running-config"))
        g_string_append(out, s->running);
    else
        g_string_append(out, "ERROR: expected one of: show crypto ikev2 sa [detail], show crypto "
                             "ipsec sa, show crypto ipsec stats, show crypto session, show "
                             "running-config\n");
    return g_string_free(g_steal_pointer(&out), FALSE);
}
