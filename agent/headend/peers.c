#include "agent/headend/peers.h"

#include <gio/gio.h>
#include <string.h>

#include "agent/crypto/x509_revoke.h"
#include "agent/headend/small_file.h"

enum { CERTREQ_MAX = 32 };

#define ANYCONNECT_ID "*$AnyConnectClient$*" /* agent/docs/WIRE.md §2.2 */

struct Peers {
    const AsaConfig *config;
    GHashTable *identities; /* const AsaTrustpoint * -> Identity * */
    X509Store *authorities; /* all of them */
    GHashTable *own;        /* const AsaTrustpoint * -> X509Store *: those of one */
    GBytes *certreq;
    char *fqdn;
    Secret ppk; /* the first one */
    const EapMethod *anyconnect[2];
    PeersFound nobody; /* the AnyConnect that has not called yet */
    const EapMethod *eap[ASA_EAP_MAX + 1];
};

static void
identity_free(gpointer p)
{
    identity_clear(p);
    g_free(p);
}

static bool
open_identity(Peers *p, const char *state, const AsaTrustpoint *t, int64_t now, GError **error)
{
    Identity *id;

    if (!t || g_hash_table_contains(p->identities, t))
        return true;
    id = g_new0(Identity, 1);
    g_hash_table_insert(p->identities, (gpointer)t, id);
    return identity_open(p->config, t, state, now, id, error);
}

static bool
open_identities(Peers *p, const char *state, int64_t now, GError **error)
{
    const AsaConfig *c = p->config;

    if (!open_identity(p, state, c->trustpoint, now, error))
        return false;
    for (guint i = 0; i < c->tunnel_groups->len; i++) {
        const AsaTunnelGroup *g = g_ptr_array_index(c->tunnel_groups, i);

        if (g->trustpoint &&
            !open_identity(p, state, asa_config_trustpoint(c, g->trustpoint), now, error))
            return false;
    }
    return true;
}

static bool
open_authority(Peers *p, const AsaTrustpoint *t, GError **error)
{
    X509Store *own = x509_store_new();
    g_auto(Secret) pem = { 0 };

    g_hash_table_insert(p->own, (gpointer)t, own);
    return small_file_read(t->ca, &pem, error) &&
           x509_store_add_pem(own, secret_view(&pem), error) &&
           x509_store_add_pem(p->authorities, secret_view(&pem), error);
}

static bool
open_authorities(Peers *p, GError **error)
{
    for (guint i = 0; i < p->config->trustpoints->len; i++) {
        const AsaTrustpoint *t = g_ptr_array_index(p->config->trustpoints, i);

        if (t->ca && !open_authority(p, t, error)) {
            g_prefix_error(error, "trustpoint %s: ", t->name);
            return false;
        }
    }
    p->certreq = x509_store_certreq(p->authorities, CERTREQ_MAX);
    return true;
}

/* Hexadecimal digits and blanks. */
static bool
parse_ppk(Slice text, Secret *ret)
{
    size_t n = 0;

    secret_alloc(ret, ASA_PPK_MAX);
    for (size_t i = 0; i < text.len; i++) {
        int digit = g_ascii_xdigit_value((char)text.p[i]);

        if (g_ascii_isspace((char)text.p[i]))
            continue;
        if (digit < 0 || n / 2 == ASA_PPK_MAX)
            return false;
        ret->p[n / 2] = (uint8_t)(ret->p[n / 2] << 4 | digit);
        n++;
    }
    ret->len = n / 2;
    return n % 2 == 0 && ret->len >= ASA_PPK_MIN;
}

static bool
open_ppk(Peers *p, GError **error)
{
    const AsaPpk *k = p->config->ppks->len ? g_ptr_array_index(p->config->ppks, 0) : NULL;
    g_auto(Secret) text = { 0 };

    if (k && !k->file)
        secret_set(&p->ppk, secret_view(&k->key));
    if (!k || !k->file)
        return true;
    if (!small_file_read(k->file, &text, error))
        return false;
    if (parse_ppk(secret_view(&text), &p->ppk))
        return true;
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                "%s: expected %d to %d octets as hexadecimal digits", k->file, ASA_PPK_MIN,
                ASA_PPK_MAX);
    return false;
}

void
peers_free(Peers *p)
{
    if (!p)
        return;
    g_hash_table_unref(p->identities);
    x509_store_free(p->authorities);
    g_hash_table_unref(p->own);
    g_clear_pointer(&p->certreq, g_bytes_unref);
    secret_clear(&p->ppk);
    g_free(p->fqdn);
    g_free(p);
}

const Identity *
peers_identity(const Peers *p, const AsaTrustpoint *t)
{
    return t ? g_hash_table_lookup(p->identities, t) : NULL;
}

Slice
peers_certreq(const Peers *p)
{
    Slice ret = { 0 };

    ret.p = g_bytes_get_data(p->certreq, &ret.len);
    return ret;
}

static bool
is_text(Slice s, const char *text)
{
    return s.len == strlen(text) && memcmp(s.p, text, s.len) == 0;
}

static bool
id_addr(const IkeId *id, Addr *ret)
{
    *ret = (Addr){ .family = id->type == IKE_ID_IPV4_ADDR   ? ADDR_V4
                             : id->type == IKE_ID_IPV6_ADDR ? ADDR_V6
                                                            : ADDR_NONE };
    if (ret->family == ADDR_NONE || id->data.len != addr_len(ret))
        return false;
    memcpy(ret->b, id->data.p, id->data.len);
    return true;
}

/* The site-to-site group of @peer. */
static const AsaTunnelGroup *
site_of(const Peers *p, const Addr *peer)
{
    for (guint i = 0; i < p->config->tunnel_groups->len; i++) {
        const AsaTunnelGroup *g = g_ptr_array_index(p->config->tunnel_groups, i);
        Addr name;

        if (!g->remote_access && g->peer_line && addr_parse(g->name, &name) &&
            addr_equal(&name, peer))
            return g;
    }
    return NULL;
}

/* The group that an identity of letters names; as mail, by what stands before the @ too. */
static const AsaTunnelGroup *
named_group(const Peers *p, const IkeId *id)
{
    g_autofree char *text = NULL;
    const AsaTunnelGroup *g;

    if ((id->type != IKE_ID_FQDN && id->type != IKE_ID_RFC822_ADDR && id->type != IKE_ID_KEY_ID &&
         id->type != IKE_ID_GROUP) ||
        id->data.len == 0 || memchr(id->data.p, 0, id->data.len))
        return NULL;
    text = g_strndup((const char *)id->data.p, id->data.len);
    g = asa_config_group_of(p->config, text);
    return g && g->peer_line ? g : NULL;
}

static const AsaTunnelGroup *
default_group(const Peers *p)
{
    const char *name = p->config->default_group ? p->config->default_group : "DefaultRAGroup";
    const AsaTunnelGroup *g = asa_config_tunnel_group(p->config, name);

    return g && g->peer_line ? g : NULL;
}

static bool
is_anyconnect(const IkeId *id)
{
    return id->type == IKE_ID_GROUP ||
           (id->type == IKE_ID_KEY_ID && is_text(id->data, ANYCONNECT_ID));
}

static const AsaTunnelGroup *
find_group(const Peers *p, const PeersCall *call)
{
    const AsaTunnelGroup *g = NULL;
    Addr said;

    /* who wants EAP is a person: Windows calls itself by its address */
    if (call->method && id_addr(&call->idi, &said))
        g = site_of(p, &said);
    if (!g && call->method)
        g = site_of(p, &call->from);
    if (!g)
        g = named_group(p, &call->idi);
    return g ? g : default_group(p);
}

/* What the peer must prove: of the ways that the group has, the one he has begun. */
static bool
choose_way(const AsaTunnelGroup *g, uint8_t method, IkeWay *ret)
{
    if (g->certificate && !g->no_aaa)
        *ret = IKE_WAY_CERT_EAP;
    else if (method == 0)
        *ret = IKE_WAY_EAP;
    else
        *ret = method == IKE_AUTH_SHARED_KEY ? IKE_WAY_PSK : IKE_WAY_CERT;
    switch (*ret) {
    case IKE_WAY_EAP:
        return g->peer_eap;
    case IKE_WAY_PSK:
        return g->psk_peer.len > 0;
    case IKE_WAY_CERT:
        return g->peer_cert;
    case IKE_WAY_CERT_EAP:
        return g->peer_cert && g->peer_eap && method && method != IKE_AUTH_SHARED_KEY;
    }
    return false;
}

static Slice
bytes_view(GBytes *bytes)
{
    Slice ret;

    ret.p = g_bytes_get_data(bytes, &ret.len);
    return ret;
}

/* He asks for one of our own names: that is who we are. Else as "crypto isakmp identity" says. */
static IkeId
our_id(const Peers *p, const PeersCall *call, const Identity *cert, const Addr *local)
{
    const AsaConfig *c = p->config;
    uint8_t addr_type = local->family == ADDR_V6 ? IKE_ID_IPV6_ADDR : IKE_ID_IPV4_ADDR;
    const IkeId address = { addr_type, addr_view(local) };
    const IkeId host = { IKE_ID_FQDN, slice_of(p->fqdn) };

    if (call->idr.type == IKE_ID_FQDN && call->idr.data.len == host.data.len &&
        g_ascii_strncasecmp((const char *)call->idr.data.p, p->fqdn, host.data.len) == 0)
        return (IkeId){ IKE_ID_FQDN, host.data };
    if (call->idr.type == addr_type && slice_equal(call->idr.data, address.data))
        return address;
    if (c->id_key)
        return (IkeId){ IKE_ID_KEY_ID, slice_of(c->id_key) };
    if (c->id_hostname)
        return host;
    if (c->id_address || !cert)
        return address;
    return (IkeId){ IKE_ID_DER_ASN1_DN, bytes_view(cert->subject) };
}

static void
make_plan(const Peers *p, const PeersCall *call, const Identity *cert, PeersFound *f)
{
    f->local = call->local;
    f->plan.eap_setup = (EapSetup){ .ac = { .version = p->config->version },
                                    .key = cert ? cert->key : NULL,
                                    .chain = cert ? cert->chain : NULL,
                                    .tls_12 = p->config->eap_tls_12,
                                    .sig = { .min_rsa = 2048 } };
    f->plan.id = our_id(p, call, cert, &f->local);
    if (cert) {
        f->plan.key = cert->key;
        f->plan.chain = cert->chain;
        f->plan.cert_twice = cert->self_signed;
    }
    if (p->config->ppks->len) {
        const AsaPpk *k = g_ptr_array_index(p->config->ppks, 0);

        f->plan.ppk_id = slice_of(k->id);
        f->plan.ppk = secret_view(&p->ppk);
        f->plan.ppk_required = k->required;
    }
}

static const char *
plan_anyconnect(const Peers *p, const PeersCall *call, PeersFound *ret)
{
    const Identity *cert = peers_identity(p, p->config->trustpoint);

    if (!cert)
        return "there is no line crypto ikev2 remote-access trustpoint for an AnyConnect";
    ret->plan = (IkePlan){ .ours = IKE_WAY_CERT, .theirs = IKE_WAY_EAP, .eap = p->anyconnect };
    make_plan(p, call, cert, ret);
    ret->plan.ppk_required = false; /* no AnyConnect of the field knows of it */
    return NULL;
}

static const EapMethod *
method_of(AsaEap m)
{
    switch (m) {
    case ASA_EAP_MSCHAPV2:
        return &eap_mschapv2;
    case ASA_EAP_GTC:
        return &eap_gtc;
    case ASA_EAP_MD5:
        return &eap_md5;
    case ASA_EAP_TLS:
        return &eap_tls;
    }
    return NULL;
}

Peers *
peers_new(const AsaConfig *config, const char *state, int64_t now, GError **error)
{
    g_autoptr(Peers) p = g_new0(Peers, 1);

    p->config = config;
    p->identities = g_hash_table_new_full(NULL, NULL, NULL, identity_free);
    p->authorities = x509_store_new();
    p->own = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)x509_store_free);
    p->fqdn = asa_config_fqdn(config);
    p->anyconnect[0] = &eap_anyconnect;
    for (size_t i = 0; i < config->n_eap; i++)
        p->eap[i] = method_of(config->eap[i]);
    if (!open_identities(p, state, now, error) || !open_authorities(p, error) ||
        !open_ppk(p, error))
        return NULL;
    if (config->trustpoint)
        (void)plan_anyconnect(p, &(PeersCall){ .local.family = ADDR_V4 }, &p->nobody);
    return g_steal_pointer(&p);
}

const IkePlan *
peers_anyconnect(const Peers *p)
{
    return &p->nobody.plan;
}

const char *
peers_find(const Peers *p, const PeersCall *call, PeersFound *ret)
{
    const AsaTunnelGroup *g;
    const Identity *cert = NULL;
    IkeWay way;

    *ret = (PeersFound){ 0 };
    if (is_anyconnect(&call->idi) && !call->standard)
        return plan_anyconnect(p, call, ret);
    g = find_group(p, call);
    if (!g && call->idi.type == IKE_ID_KEY_ID && !call->method)
        return plan_anyconnect(p, call, ret); /* an old one, with a group's alias as its name */
    if (!g)
        return "no tunnel group is for it";
    if (!choose_way(g, call->method, &way))
        return "its tunnel group does not take this way to log in";
    if (g->trustpoint)
        cert = peers_identity(p, asa_config_trustpoint(p->config, g->trustpoint));
    ret->group = g;
    ret->plan = (IkePlan){ .ours = (way == IKE_WAY_PSK && g->psk_ours.len) || !cert ? IKE_WAY_PSK
                                                                                    : IKE_WAY_CERT,
                           .theirs = way,
                           .psk_ours = secret_view(&g->psk_ours),
                           .psk_theirs = secret_view(&g->psk_peer),
                           .eap = p->eap };
    make_plan(p, call, ret->plan.ours == IKE_WAY_CERT ? cert : NULL, ret);
    ret->plan.eap_setup.ask_identity = g->query_identity;
    return NULL;
}

bool
peers_is_group(const Peers *p, const IkeId *id)
{
    return named_group(p, id) != NULL;
}

/* RFC 7296 §3.5: a name that the certificate does not carry is anybody's. */
static bool
is_owner(const X509Chain *chain, const IkeId *idi)
{
    switch (idi->type) {
    case IKE_ID_DER_ASN1_DN:
        return x509_chain_is_named(chain, X509_NAME_DN, idi->data);
    case IKE_ID_FQDN:
        return x509_chain_is_named(chain, X509_NAME_DNS, idi->data);
    case IKE_ID_RFC822_ADDR:
        return x509_chain_is_named(chain, X509_NAME_MAIL, idi->data);
    case IKE_ID_IPV4_ADDR:
    case IKE_ID_IPV6_ADDR:
        return x509_chain_is_named(chain, X509_NAME_ADDR, idi->data);
    default:
        return false;
    }
}

const char *
peers_distrust(const Peers *p, const AsaTunnelGroup *group, const X509Chain *chain,
               const IkeId *idi, const SigPolicy *policy, int64_t now)
{
    X509Purpose purpose = group && !group->remote_access ? X509_FOR_SITE : X509_FOR_CLIENT;
    unsigned problems = x509_chain_verify_peer(chain, p->authorities, purpose, policy, now);

    if (problems & X509_INVALID)
        return "its certificate or the chain of it is broken";
    if (problems & X509_UNTRUSTED)
        return "none of our authorities has issued its certificate";
    if (problems & X509_EXPIRED)
        return "its certificate has expired";
    if (problems & X509_NOT_YET_VALID)
        return "its certificate is not valid yet";
    if (problems & X509_WRONG_PURPOSE)
        return "its certificate is not meant for this";
    if (problems)
        return "its certificate is weaker than we allow";
    if (idi && group && group->peer_id != ASA_PEER_ID_NOCHECK && !is_owner(chain, idi))
        return "its certificate is not made out to the name it gives";
    return NULL;
}

X509Store *
peers_authorities(const Peers *p, const AsaTrustpoint *t)
{
    return g_hash_table_lookup(p->own, t);
}

const AsaTrustpoint *
peers_wants_to_know(const Peers *p, const X509Chain *chain, int64_t now)
{
    for (guint i = 0; i < p->config->trustpoints->len; i++) {
        const AsaTrustpoint *t = g_ptr_array_index(p->config->trustpoints, i);

        if (t->ca && t->revocation.n > 0 && x509_chain_ends(chain, peers_authorities(p, t), now))
            return t;
    }
    return NULL;
}

const char *
peers_way(const IkePlan *plan)
{
    switch (plan->theirs) {
    case IKE_WAY_PSK:
        return "PSK";
    case IKE_WAY_CERT:
        return "certificate";
    case IKE_WAY_CERT_EAP:
        return "certificate and EAP";
    case IKE_WAY_EAP:
        break;
    }
    return "EAP";
}
