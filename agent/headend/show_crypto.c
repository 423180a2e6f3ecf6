#include "agent/headend/show_private.h"
#include "agent/headend/show_words.h"

static void
ike_detail(const ShowSession *s, GString *out)
{
    char ip[ADDR_TEXT_MAX];

    g_string_append_printf(out, "      Session-id: %u\n", s->index);
    g_string_append(out, "      Status Description: Negotiation done\n");
    g_string_append_printf(out,
                           "      Local spi: %016" G_GINT64_MODIFIER
                           "X       Remote spi: %016" G_GINT64_MODIFIER "X\n",
                           s->ike.spi_r, s->ike.spi_i);
    g_string_append_printf(out, "      Local id: %s\n", s->id_local);
    g_string_append_printf(out, "      Remote id: %s\n", s->id_remote);
    /* One request of ours at a time: it is either being answered or done, none is queued. */
    g_string_append_printf(out, "      Local req mess id: %-13u Remote req mess id: %u\n",
                           s->ike.send_id, s->ike.recv_id);
    g_string_append_printf(out, "      Local next mess id: %-12u Remote next mess id: %u\n",
                           s->ike.send_id, s->ike.recv_id);
    g_string_append_printf(out, "      Local req queued: %-14u Remote req queued: %u\n",
                           s->ike.send_id, s->ike.recv_id);
    g_string_append_printf(out, "      Local window: %-18u Remote window: %u\n", s->ike.window,
                           s->ike.peer_window);
    if (s->ike.ppk)
        g_string_append(out, "      Quantum Resistance Enabled\n");
    if (s->dpd)
        g_string_append_printf(out, "      DPD configured for %u seconds, retry 2\n", s->dpd);
    g_string_append_printf(out, "      NAT-T is %s\n",
                           s->ike.nat_there  ? "detected outside"
                           : s->ike.nat_here ? "detected inside"
                                             : "not detected");
    if (s->ip4.family)
        g_string_append_printf(out, "      Assigned host addr: %s\n", addr_format(&s->ip4, ip));
    if (s->ip6.family)
        g_string_append_printf(out, "      Assigned host addr: %s\n", addr_format(&s->ip6, ip));
}

static void
ike_child(const ShowSession *s, bool detail, GString *out)
{
    char cipher[SHOW_WORD_MAX];

    for (size_t i = 0; i < s->ike.local.n; i++) {
        g_autofree char *text = selector_format(&s->ike.local.s[i]);

        g_string_append_printf(out, "%s local selector  %s\n", i ? "         " : "Child sa:", text);
    }
    for (size_t i = 0; i < s->ike.remote.n; i++) {
        g_autofree char *text = selector_format(&s->ike.remote.s[i]);

        g_string_append_printf(out, "          remote selector %s\n", text);
    }
    g_string_append_printf(out, "          ESP spi in/out: 0x%08x/0x%08x\n", s->spi_in, s->spi_out);
    if (!detail)
        return;
    show_cipher(&s->child, cipher);
    g_string_append(out, "          AH spi in/out: 0x0/0x0\n"
                         "          CPI in/out: 0x0/0x0\n");
    g_string_append_printf(out, "          Encr: %s, esp_hmac: %s\n", cipher,
                           show_hash(s->child.integ));
    g_string_append(out, "          ah_hmac: None, comp: IPCOMP_NONE, mode tunnel\n");
}

static void
ike_sa(const ShowSession *s, bool detail, GString *out)
{
    char local[ADDR_TEXT_MAX], remote[ADDR_TEXT_MAX], cipher[SHOW_WORD_MAX];
    g_autofree char *here = g_strdup_printf("%s/%u", addr_format(&s->ike.path.local.addr, local),
                                            s->ike.path.local.port);
    g_autofree char *there = g_strdup_printf("%s/%u", addr_format(&s->ike.path.remote.addr, remote),
                                             s->ike.path.remote.port);

    show_cipher(&s->ike.suite, cipher);
    g_string_append_printf(out,
                           "\nSession-id:%u, Status:UP-ACTIVE, IKE count:1, CHILD count:%zu\n\n",
                           s->index, s->n_children);
    g_string_append_printf(out, "%-11s %22s %22s %10s %12s\n", "Tunnel-id", "Local", "Remote",
                           "Status", "Role");
    g_string_append_printf(out, "%-11u %22s %22s %10s %12s\n",
                           (unsigned)(s->ike.spi_r & 0x7fffffff), here, there, s->ike.state,
                           s->ike.role == IKE_RESPONDER ? "RESPONDER" : "INITIATOR");
    g_string_append_printf(out,
                           "      Encr: %s, Hash: %s, DH Grp:%u, Auth sign: %s, "
                           "Auth verify: %s\n",
                           cipher, show_hash(s->ike.suite.integ), s->ike.suite.ke, s->auth_sign,
                           show_verify(s->auth_verify));
    g_string_append_printf(out, "      Life/Active Time: %u/%u sec\n", s->ike_life, s->ike_age);
    if (detail)
        ike_detail(s, out);
    if (s->spi_in)
        ike_child(s, detail, out);
}

void
show_crypto_ikev2_sa(const GArray *sessions, bool detail, GString *out)
{
    if (sessions->len == 0) {
        g_string_append(out, "There are no IKEv2 SAs\n");
        return;
    }
    g_string_append(out, "IKEv2 SAs:\n");
    for (guint i = 0; i < sessions->len; i++)
        ike_sa(show_at(sessions, i), detail, out);
}

static void
ipsec_counters(const EspStats *s, GString *out)
{
    uint64_t errors = show_dropped_in(s);

#define N(v) ((guint64)(v))
#define U    "%" G_GUINT64_FORMAT
    g_string_append_printf(out,
                           "      #pkts encaps: " U ", #pkts encrypt: " U ", #pkts digest: " U "\n"
                           "      #pkts decaps: " U ", #pkts decrypt: " U ", #pkts verify: " U "\n",
                           N(s->packets_out), N(s->packets_out), N(s->packets_out),
                           N(s->packets_in + errors), N(s->packets_in), N(s->packets_in));
    g_string_append(
        out, "      #pkts compressed: 0, #pkts decompressed: 0\n"
             "      #pkts not compressed: 0, #pkts comp failed: 0, #pkts decomp failed: 0\n"
             "      #pre-frag successes: 0, #pre-frag failures: 0, #fragments created: 0\n"
             "      #PMTUs sent: 0, #PMTUs rcvd: 0, #decapsulated frgs needing reassembly: 0\n");
    g_string_append_printf(out, "      #send errors: " U ", #recv errors: " U "\n",
                           N(s->drops[ESP_SPENT]), N(errors));
#undef N
#undef U
}

static uint64_t
left(uint64_t whole, uint64_t used)
{
    return whole > used ? whole - used : 0;
}

static void
key_lifetime(const ShowSession *s, GString *out)
{
    uint64_t sec = left(s->child_life, s->child_age),
             kb = left(s->child_kilobytes, s->child_carried);

    if (s->kind == SHOW_L2L && s->child_life && s->child_kilobytes)
        g_string_append_printf(out,
                               "         sa timing: remaining key lifetime (kB/sec): "
                               "(%" G_GUINT64_FORMAT "/%" G_GUINT64_FORMAT ")\n",
                               kb, sec);
    else if (s->child_life)
        g_string_append_printf(
            out, "         sa timing: remaining key lifetime (sec): %" G_GUINT64_FORMAT "\n", sec);
}

static void
ipsec_sa(const ShowGateway *g, const ShowSession *s, bool inbound, GString *out)
{
    uint32_t spi = inbound ? s->spi_in : s->spi_out;
    uint64_t bits = inbound ? s->stats.replay_bits : 1;
    char transform[SHOW_WORD_MAX];

    show_transform(&s->child, transform);
    g_string_append_printf(out, "    %sbound esp sas:\n", inbound ? "in" : "out");
    g_string_append_printf(out, "      spi: 0x%08X (%u)\n", spi, spi);
    g_string_append_printf(out, "         transform: %s no compression\n", transform);
    g_string_append(out, "         in use settings ={RA, Tunnel, NAT-T-Encaps, ");
    if (s->child.ke != KE_NONE)
        g_string_append_printf(out, "PFS Group %u, ", s->child.ke);
    g_string_append(out, "}\n");
    g_string_append_printf(out, "         slot: 0, conn_id: %u, crypto-map: %s\n", s->index * 4096,
                           g->map);
    key_lifetime(s, out);
    g_string_append_printf(out, "         IV size: %zu bytes\n", suite_iv_len(&s->child));
    g_string_append_printf(out,
                           "         replay detection support: %c\n"
                           "         Anti replay bitmap:\n"
                           "          0x%08X 0x%08X\n",
                           g->replay_off ? 'N' : 'Y', (unsigned)(bits >> 32), (unsigned)bits);
}

/* Octets that ESP in UDP puts around an inner packet at most: IPv4 and UDP headers, SPI and
 * sequence number, IV, one block of padding, pad length and next header, ICV. */
static unsigned
overhead(const ShowSession *s)
{
    unsigned ip = s->ike.path.remote.addr.family == ADDR_V6 ? 40 : 20;

    return (unsigned)(ip + 8 + 8 + suite_iv_len(&s->child) + suite_block_len(&s->child) + 2 +
                      suite_icv_len(&s->child));
}

static void
ipsec_session(const ShowGateway *g, const ShowSession *s, GString *out)
{
    char local[ADDR_TEXT_MAX], peer[ADDR_TEXT_MAX], ip[ADDR_TEXT_MAX];
    g_autofree char *local_ident = show_ident(&s->ike.local.s[0]);
    g_autofree char *remote_ident = show_ident(&s->ike.remote.s[0]);

    addr_format(s->ike.path.local.addr.family ? &s->ike.path.local.addr : &g->local, local);
    addr_format(&s->ike.esp_path.remote.addr, peer);
    g_string_append_printf(out, "    Crypto map tag: %s, seq num: %u, local addr: %s\n\n", g->map,
                           g->map_seq, local);
    g_string_append_printf(out, "      local ident (addr/mask/prot/port): (%s)\n", local_ident);
    g_string_append_printf(out, "      remote ident (addr/mask/prot/port): (%s)\n", remote_ident);
    g_string_append_printf(out, "      current_peer: %s, username: %s\n", peer, s->user);
    g_string_append_printf(out, "      dynamic allocated peer ip: %s\n\n",
                           addr_format(s->ip4.family ? &s->ip4 : &s->ip6, ip));
    ipsec_counters(&s->stats, out);
    g_string_append_printf(out, "\n      local crypto endpt.: %s/%u, remote crypto endpt.: %s/%u\n",
                           local, s->ike.esp_path.local.port, peer, s->ike.esp_path.remote.port);
    g_string_append_printf(out, "      path mtu 1500, ipsec overhead %u, media mtu 1500\n",
                           overhead(s));
    g_string_append_printf(out, "      current outbound spi: %08X\n", s->spi_out);
    g_string_append_printf(out, "      current inbound spi : %08X\n\n", s->spi_in);
    ipsec_sa(g, s, true, out);
    ipsec_sa(g, s, false, out);
    g_string_append_c(out, '\n');
}

void
show_crypto_ipsec_sa(const ShowGateway *g, const GArray *sessions, GString *out)
{
    bool any = false;

    for (guint i = 0; i < sessions->len; i++) {
        if (!show_at(sessions, i)->spi_in)
            continue;
        if (!any)
            g_string_append_printf(out, "interface: %s\n", g->nameif);
        any = true;
        ipsec_session(g, show_at(sessions, i), out);
    }
    if (!any)
        g_string_append(out, "There are no ipsec sas\n");
}

static void
stat_line(GString *out, const char *name, uint64_t v)
{
    g_autofree char *head = g_strconcat(name, ":", NULL);

    if (v == SIZE_MAX)
        g_string_append_printf(out, "  %-36s No Limit\n", head);
    else
        g_string_append_printf(out, "  %-36s %8" G_GUINT64_FORMAT "\n", head, (guint64)v);
}

void
show_crypto_ikev2_stats(const ShowGateway *g, GString *out)
{
    const IkeListenCount *d = &g->door;

    g_string_append(out, "IKEV2 Call Admission Statistics\n");
    stat_line(out, "Max Active SAs", g->limits->all);
    stat_line(out, "Max In-Negotiation SAs", g->limits->half_open);
    stat_line(out, "Max In-Negotiation SAs of an Address", g->limits->half_open_address);
    stat_line(out, "Cookie Challenge Threshold", g->limits->cookie_from);
    stat_line(out, "Active SAs", g->all - g->half_open);
    stat_line(out, "In-Negotiation SAs", g->half_open);
    stat_line(out, "Incoming Requests Rejected", d->refused);
    stat_line(out, "In-Negotiation SAs Dropped for Newer", d->given_way);
    stat_line(out, "Incoming Requests Redirected", d->redirected);
    stat_line(out, "Cookie Challenges", d->cookies_asked);
    stat_line(out, "Cookie Challenges Passed", d->cookies_good);
    stat_line(out, "Cookie Challenges Failed", d->cookies_bad);
}

void
show_list_free(ShowList *l)
{
    if (!l)
        return;
    g_free(l->issuer);
    g_free(l->url);
    g_free(l->trustpoint);
    g_free(l);
}

static void
list_time(const char *what, int64_t t, GString *out)
{
    g_autoptr(GDateTime) when = g_date_time_new_from_unix_utc(t);
    g_autofree char *clock = when ? g_date_time_format(when, "%H:%M:%S UTC ") : NULL;
    static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };

    if (when)
        g_string_append_printf(out, "    %s: %s%s %d %d\n", what, clock,
                               months[g_date_time_get_month(when) - 1],
                               g_date_time_get_day_of_month(when), g_date_time_get_year(when));
}

void
show_crypto_ca_crls(const ShowGateway *g, GString *out)
{
    for (guint i = 0; i < g->lists->len; i++) {
        const ShowList *l = g_ptr_array_index(g->lists, i);

        g_string_append_printf(out, "CRL Issuer Name:\n    %s\n", l->issuer);
        list_time("LastUpdate", l->from, out);
        list_time("NextUpdate", l->until, out);
        g_string_append_printf(out, "    Retrieved from CRL Distribution Point:\n      %s\n",
                               l->url);
        g_string_append_printf(out, "    Size (bytes): %zu\n", l->octets);
        g_string_append_printf(out, "    Associated Trustpoints: %s\n\n", l->trustpoint);
    }
}
