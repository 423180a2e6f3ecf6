/* How clients and peers prove who they are: ipsec-attributes, EAP methods, post-quantum keys. */

#include "agent/headend/asa_mask.h"
#include "agent/headend/asa_parse_private.h"

/* "pre-shared-key K", "pre-shared-key 0 K": the key is the last word. */
static void
set_psk(AsaParse *p, const char *word, Secret *key, unsigned *line)
{
    if (asa_parse_secret(p, word, "pre-shared key", 1, ASA_PSK_MAX, key))
        *line = p->line.number;
}

static void
on_psk_peer(AsaParse *p, const AsaArgs *a)
{
    AsaTunnelGroup *g = p->object;

    if (g)
        set_psk(p, a->v[0], &g->psk_peer, &g->peer_line);
}

static void
on_psk_ours(AsaParse *p, const AsaArgs *a)
{
    AsaTunnelGroup *g = p->object;

    if (g)
        set_psk(p, a->v[0], &g->psk_ours, &g->ours_line);
}

static void
on_hex_peer(AsaParse *p, const AsaArgs *a)
{
    AsaTunnelGroup *g = p->object;

    if (g && asa_parse_hex(p, a->v[0], "pre-shared key", 1, ASA_PSK_MAX, &g->psk_peer))
        g->peer_line = p->line.number;
}

static void
on_hex_ours(AsaParse *p, const AsaArgs *a)
{
    AsaTunnelGroup *g = p->object;

    if (g && asa_parse_hex(p, a->v[0], "pre-shared key", 1, ASA_PSK_MAX, &g->psk_ours))
        g->ours_line = p->line.number;
}

static void
on_certificate_peer(AsaParse *p, const AsaArgs *a)
{
    AsaTunnelGroup *g = p->object;

    (void)a;
    if (!g)
        return;
    g->peer_cert = true;
    g->peer_line = p->line.number;
}

static void
on_eap(AsaParse *p, const AsaArgs *a)
{
    AsaTunnelGroup *g = p->object;

    (void)a;
    if (!g)
        return;
    g->peer_eap = true;
    g->peer_line = p->line.number;
}

static void
on_eap_identity(AsaParse *p, const AsaArgs *a)
{
    AsaTunnelGroup *g = p->object;

    on_eap(p, a);
    if (g)
        g->query_identity = true;
}

static void
on_certificate_ours(AsaParse *p, const AsaArgs *a)
{
    AsaTunnelGroup *g = p->object;

    if (!g)
        return;
    g->trustpoint = asa_parse_keep(p, a->v[0]);
    g->ours_line = p->line.number;
}

static void
on_peer_id(AsaParse *p, const AsaArgs *a)
{
    AsaTunnelGroup *g = p->object;

    if (g)
        g->peer_id = g_str_equal(a->v[0], "req")    ? ASA_PEER_ID_REQ
                     : g_str_equal(a->v[0], "cert") ? ASA_PEER_ID_CERT
                                                    : ASA_PEER_ID_NOCHECK;
}

static void
on_keepalive(AsaParse *p, const AsaArgs *a)
{
    AsaTunnelGroup *g = p->object;
    uint32_t threshold, retry = 2;

    if (!asa_parse_number(p, a->v[0], "threshold", 10, 3600, &threshold) ||
        (a->n == 2 && !asa_parse_number(p, a->v[1], "retry", 2, 10, &retry)) || !g)
        return;
    g->keepalive = threshold;
    g->retry = retry;
    g->no_keepalive = false;
}

static void
on_no_keepalive(AsaParse *p, const AsaArgs *a)
{
    AsaTunnelGroup *g = p->object;

    (void)a;
    if (g)
        g->no_keepalive = true;
}

static void
on_authentication(AsaParse *p, const AsaArgs *a)
{
    AsaTunnelGroup *g = p->object;
    bool aaa = false, certificate = false;

    for (size_t i = a->rest; i < p->line.n; i++) {
        aaa = aaa || g_str_equal(p->line.word[i], "aaa");
        certificate = certificate || g_str_equal(p->line.word[i], "certificate");
        if (!g_str_equal(p->line.word[i], "aaa") && !g_str_equal(p->line.word[i], "certificate")) {
            asa_parse_fail(p,
                           "\"%s\" is not supported: expected: authentication aaa, certificate "
                           "or aaa certificate",
                           p->line.word[i]);
            return;
        }
    }
    if (!g)
        return;
    g->no_aaa = !aaa;
    g->certificate = certificate;
}

static void
on_default_group(AsaParse *p, const AsaArgs *a)
{
    p->config->default_group = asa_parse_keep(p, a->v[0]);
    p->config->default_group_line = p->line.number;
}

static void
on_identity(AsaParse *p, const AsaArgs *a)
{
    p->config->id_address = g_str_equal(a->v[0], "address");
    p->config->id_hostname = g_str_equal(a->v[0], "hostname");
    p->config->id_key = NULL;
}

static void
on_identity_key(AsaParse *p, const AsaArgs *a)
{
    p->config->id_address = p->config->id_hostname = false;
    p->config->id_key = asa_parse_keep(p, a->v[0]);
}

static void
on_eap_method(AsaParse *p, const AsaArgs *a)
{
    static const char *const names[] = { "mschapv2", "gtc", "md5", "tls", NULL };
    AsaConfig *c = p->config;
    AsaEap eap[ASA_EAP_MAX];
    size_t n = 0;

    for (size_t i = a->rest; i < p->line.n; i++) {
        unsigned m = 0;

        while (m < ASA_EAP_MAX && !g_str_equal(p->line.word[i], names[m]))
            m++;
        if (m == ASA_EAP_MAX || n == ASA_EAP_MAX) {
            asa_parse_fail(p, "expected: !acheadend eap-method mschapv2|gtc|md5|tls ..., best "
                              "first");
            return;
        }
        eap[n++] = (AsaEap)m;
    }
    memcpy(c->eap, eap, sizeof(eap[0]) * n);
    c->n_eap = n;
}

static void
on_sha1(AsaParse *p, const AsaArgs *a)
{
    (void)a;
    p->config->sha1 = true;
    asa_parse_warn(p, "signatures with SHA-1 can be forged: for clients that know no other");
}

static void
on_tls_max(AsaParse *p, const AsaArgs *a)
{
    p->config->eap_tls_12 = g_str_equal(a->v[0], "1.2");
}

/* "ppk ID 0123..." is the key itself, "ppk ID /etc/ppk" the file that has it. */
static void
on_ppk(AsaParse *p, const AsaArgs *a)
{
    g_auto(Secret) key = { 0 };
    bool file = a->v[1][0] == '/';
    AsaPpk *k;

    if (p->config->ppks->len) {
        asa_parse_fail(p, "one post-quantum key is all we can have");
        return;
    }
    if (!file && !asa_parse_hex(p, a->v[1], "post-quantum key", ASA_PPK_MIN, ASA_PPK_MAX, &key))
        return;
    k = asa_parse_add(p, p->config->ppks, sizeof(*k), "post-quantum keys");
    if (!k)
        return;
    k->line = p->line.number;
    k->id = asa_parse_keep(p, a->v[0]);
    k->file = file ? asa_parse_keep(p, a->v[1]) : NULL;
    k->required = p->line.n == 5;
    secret_move(&k->key, &key);
}

#define IN   ASA_IN_TUNNEL_IPSEC
#define IN_W ASA_IN_TUNNEL_WEBVPN

const AsaRule asa_lines_peer[] = {
    { IN, "ikev2 remote-authentication pre-shared-key #", on_psk_peer, 0, NULL },
    { IN, "ikev2 remote-authentication hex #", on_hex_peer, 0, NULL },
    { IN, "ikev2 remote-authentication certificate", on_certificate_peer, 0, NULL },
    { IN, "ikev2 remote-authentication eap", on_eap, 0, NULL },
    { IN, "ikev2 remote-authentication eap query-identity", on_eap_identity, 0, NULL },
    { IN, "ikev2 remote-authentication *", NULL, 0,
      "expected: ikev2 remote-authentication pre-shared-key KEY, hex DIGITS, certificate or eap "
      "[query-identity]" },
    { IN, "ikev2 local-authentication pre-shared-key #", on_psk_ours, 0, NULL },
    { IN, "ikev2 local-authentication hex #", on_hex_ours, 0, NULL },
    { IN, "ikev2 local-authentication certificate #", on_certificate_ours, 0, NULL },
    { IN, "ikev2 local-authentication *", NULL, 0,
      "expected: ikev2 local-authentication pre-shared-key KEY, hex DIGITS or certificate "
      "TRUSTPOINT" },
    { IN, "peer-id-validate req|cert|nocheck", on_peer_id, 0, NULL },
    { IN, "chain", NULL, 0, NULL },
    { IN, "trust-point #", NULL, 0, NULL },
    { IN, "ikev1 *", NULL, ASA_IN_HARMLESS, NULL },
    { IN, "isakmp keepalive threshold infinite", on_no_keepalive, 0, NULL },
    { IN, "isakmp keepalive threshold #", on_keepalive, 0, NULL },
    { IN, "isakmp keepalive threshold # retry #", on_keepalive, 0, NULL },
    { IN, "isakmp keepalive disable", on_no_keepalive, 0, NULL },
    { IN, "no *", NULL, 0, NULL },
    { IN_W, "authentication *", on_authentication, 0, NULL },
    { ASA_TOP, "tunnel-group-map default-group #", on_default_group, 0, NULL },
    { ASA_TOP, "tunnel-group-map enable ike-id|peer-ip", NULL, 0, NULL },
    { ASA_TOP, "crypto isakmp identity address|hostname|auto", on_identity, 0, NULL },
    { ASA_TOP, "crypto isakmp identity key-id #", on_identity_key, 0, NULL },
    { ASA_OWN, "eap-method *", on_eap_method, 0, NULL },
    { ASA_OWN, "signature sha1", on_sha1, 0, NULL },
    { ASA_OWN, "signature *", NULL, 0, "expected: !acheadend signature sha1" },
    { ASA_OWN, "eap-tls version-max 1.2|1.3", on_tls_max, 0, NULL },
    { ASA_OWN, "eap-tls *", NULL, 0, "expected: !acheadend eap-tls version-max 1.2|1.3" },
    { ASA_OWN, "ppk # #", on_ppk, 0, NULL },
    { ASA_OWN, "ppk # # required", on_ppk, 0, NULL },
    { ASA_OWN, "ppk *", NULL, 0, "expected: !acheadend ppk ID FILE|HEXADECIMAL [required]" },
    { 0 },
};
