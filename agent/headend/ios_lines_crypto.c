/* Lines of a router about IKE and IPsec. */

#include "agent/crypto/suite.h"
#include "agent/headend/asa_parse_private.h"

static const AsaWord encryption[] = {
    { "3des", ENCR_3DES, 0, false, false },
    { "aes-cbc-128", ENCR_AES_CBC, 128, false, false },
    { "aes-cbc-192", ENCR_AES_CBC, 192, false, false },
    { "aes-cbc-256", ENCR_AES_CBC, 256, false, false },
    { "aes-gcm-128", ENCR_AES_GCM_16, 128, true, false },
    { "aes-gcm-256", ENCR_AES_GCM_16, 256, true, false },
    { "des", ENCR_DES, 0, false, true },
    { NULL, 0, 0, false, false },
};

static const AsaWord integrity[] = {
    { "sha1", AUTH_HMAC_SHA1_96, 0, false, false },
    { "sha256", AUTH_HMAC_SHA2_256_128, 0, false, false },
    { "sha384", AUTH_HMAC_SHA2_384_192, 0, false, false },
    { "sha512", AUTH_HMAC_SHA2_512_256, 0, false, false },
    { "md5", AUTH_HMAC_MD5_96, 0, false, true },
    { NULL, 0, 0, false, false },
};

static const AsaWord prf[] = {
    { "sha1", PRF_HMAC_SHA1, 0, false, false },
    { "sha256", PRF_HMAC_SHA2_256, 0, false, false },
    { "sha384", PRF_HMAC_SHA2_384, 0, false, false },
    { "sha512", PRF_HMAC_SHA2_512, 0, false, false },
    { "md5", PRF_HMAC_MD5, 0, false, true },
    { NULL, 0, 0, false, false },
};

/* A cipher of a transform set; its key length may be the next word. */
static const struct {
    const char *word;
    uint16_t id, bits[3]; /* the first is the default; 0: no more */
    bool aead;
} esp_ciphers[] = {
    { "esp-3des", ENCR_3DES, { 0 }, false },
    { "esp-aes", ENCR_AES_CBC, { 128, 192, 256 }, false },
    { "esp-gcm", ENCR_AES_GCM_16, { 128, 192, 256 }, true },
};

static const struct {
    const char *word;
    uint16_t id;
} esp_hmacs[] = {
    { "esp-sha-hmac", AUTH_HMAC_SHA1_96 },
    { "esp-sha256-hmac", AUTH_HMAC_SHA2_256_128 },
    { "esp-sha384-hmac", AUTH_HMAC_SHA2_384_192 },
    { "esp-sha512-hmac", AUTH_HMAC_SHA2_512_256 },
};

/* The item of @items that has this name, or a new one. Every kind of them begins with its line and
 * its name. */
typedef struct Named {
    unsigned line;
    const char *name;
} Named;

static void *
named(AsaParse *p, GPtrArray *items, size_t size, const char *name, const char *what)
{
    Named *item;

    for (guint i = 0; i < items->len; i++) {
        item = g_ptr_array_index(items, i);
        if (g_str_equal(item->name, name))
            return item;
    }
    item = asa_parse_add(p, items, size, what);
    if (item) {
        item->line = p->line.number;
        item->name = asa_parse_keep(p, name);
    }
    return item;
}

static void
on_proposal(AsaParse *p, const AsaArgs *a)
{
    p->object = named(p, p->router->proposals, sizeof(IosProposal), a->v[0], "proposals");
}

static void
on_encryption(AsaParse *p, const AsaArgs *a)
{
    IosProposal *o = p->object;

    if (o)
        asa_parse_algs(p, a, encryption, "encryption", &o->encr);
}

static void
on_integrity(AsaParse *p, const AsaArgs *a)
{
    IosProposal *o = p->object;

    if (o)
        asa_parse_algs(p, a, integrity, "integrity", &o->integ);
}

static void
on_prf(AsaParse *p, const AsaArgs *a)
{
    IosProposal *o = p->object;

    if (o)
        asa_parse_algs(p, a, prf, "prf", &o->prf);
}

static void
on_group(AsaParse *p, const AsaArgs *a)
{
    IosProposal *o = p->object;

    if (o)
        asa_parse_algs(p, a, asa_words_group, "group", &o->group);
}

static void
on_policy(AsaParse *p, const AsaArgs *a)
{
    p->object = named(p, p->router->policies, sizeof(IosPolicy), a->v[0], "policies");
}

static void
on_policy_proposal(AsaParse *p, const AsaArgs *a)
{
    IosPolicy *o = p->object;

    if (!o)
        return;
    if (o->proposals.n == ASA_NAMES_MAX) {
        asa_parse_fail(p, "more than %d proposals in one policy", ASA_NAMES_MAX);
        return;
    }
    o->proposals.line = p->line.number;
    o->proposals.v[o->proposals.n++] = asa_parse_keep(p, a->v[0]);
}

/* The lines below name the peers; a keyring without any has no key for anybody. */
static void
on_keyring(AsaParse *p, const AsaArgs *a)
{
    p->object = (void *)asa_parse_keep(p, a->v[0]);
}

static void
on_peer(AsaParse *p, const AsaArgs *a)
{
    const char *ring = p->object;
    IosKey *k = asa_parse_add(p, p->router->keys, sizeof(*k), "peers");

    p->object = k;
    if (!k)
        return;
    k->line = p->line.number;
    k->ring = ring;
    k->name = asa_parse_keep(p, a->v[0]);
}

/* "ADDRESS [MASK]" */
static bool
parse_net(AsaParse *p, const AsaArgs *a, Prefix *ret)
{
    Addr addr, mask;

    if (!asa_parse_addr(p, a->v[0], ADDR_V4, &addr) ||
        (a->n > 1 && !asa_parse_addr(p, a->v[1], ADDR_V4, &mask)))
        return false;
    if (a->n == 1) {
        *ret = (Prefix){ addr, 32 };
        return true;
    }
    if (prefix_from_mask(&addr, &mask, ret))
        return true;
    asa_parse_fail(p, "\"%s\" is not a network mask", a->v[1]);
    return false;
}

static void
on_peer_address(AsaParse *p, const AsaArgs *a)
{
    IosKey *k = p->object;
    Prefix net;

    if (parse_net(p, a, &net) && k)
        k->net = net;
}

static void
on_peer_identity(AsaParse *p, const AsaArgs *a)
{
    IosKey *k = p->object;
    Addr id;

    if (asa_parse_addr(p, a->v[0], ADDR_V4, &id) && k)
        k->id = id;
}

static void
set_key(AsaParse *p, const char *word, Secret *ret)
{
    (void)!asa_parse_secret(p, word, "pre-shared key", 1, ASA_PSK_MAX, ret);
}

static void
on_key(AsaParse *p, const AsaArgs *a)
{
    IosKey *k = p->object;

    if (!k)
        return;
    set_key(p, a->v[0], &k->ours);
    set_key(p, a->v[0], &k->theirs);
}

static void
on_key_of(AsaParse *p, const AsaArgs *a)
{
    IosKey *k = p->object;

    if (k)
        set_key(p, a->v[1], g_str_equal(a->v[0], "local") ? &k->ours : &k->theirs);
}

static void
on_profile(AsaParse *p, const AsaArgs *a)
{
    IosProfile *o = named(p, p->router->profiles, sizeof(*o), a->v[0], "profiles");

    p->object = o;
    if (o && o->lifetime == 0)
        o->lifetime = IOS_LIFETIME;
}

/* 0.0.0.0 without a mask is any address, as IOS has it. */
static void
on_match(AsaParse *p, const AsaArgs *a)
{
    IosProfile *o = p->object;
    Prefix net;

    if (!parse_net(p, a, &net) || !o)
        return;
    if (addr_is_unspecified(&net.addr))
        net.len = 0;
    o->match = true;
    o->peer = net;
}

static void
on_identity(AsaParse *p, const AsaArgs *a)
{
    IosProfile *o = p->object;
    Addr addr;

    if (asa_parse_addr(p, a->v[0], ADDR_V4, &addr) && o)
        o->id = addr;
}

static void
on_authentication(AsaParse *p, const AsaArgs *a)
{
    IosProfile *o = p->object;

    if (o)
        *(g_str_equal(a->v[0], "local") ? &o->psk_ours : &o->psk_theirs) = true;
}

static void
on_profile_ring(AsaParse *p, const AsaArgs *a)
{
    IosProfile *o = p->object;

    if (!o)
        return;
    o->ring = asa_parse_keep(p, a->v[0]);
    o->ring_line = p->line.number;
}

static void
on_lifetime(AsaParse *p, const AsaArgs *a)
{
    IosProfile *o = p->object;
    uint32_t v;

    if (asa_parse_number(p, a->v[0], "lifetime", 120, 86400, &v) && o)
        o->lifetime = v;
}

static void
parse_dpd(AsaParse *p, const AsaArgs *a, uint32_t *ret_interval, uint32_t *ret_retry)
{
    uint32_t interval, retry;

    if (!asa_parse_number(p, a->v[0], "dpd interval", 10, 3600, &interval) ||
        !asa_parse_number(p, a->v[1], "dpd retry interval", 2, 60, &retry))
        return;
    asa_parse_warn(p, "the retry interval is not obeyed: a question is repeated like any other");
    *ret_interval = interval;
    *ret_retry = retry;
}

static void
on_profile_dpd(AsaParse *p, const AsaArgs *a)
{
    IosProfile *o = p->object;

    if (o)
        parse_dpd(p, a, &o->dpd, &o->dpd_retry);
}

static void
on_dpd(AsaParse *p, const AsaArgs *a)
{
    parse_dpd(p, a, &p->router->dpd, &p->router->dpd_retry);
}

static void
on_window(AsaParse *p, const AsaArgs *a)
{
    (void)!asa_parse_number(p, a->v[0], "window", 1, IOS_WINDOW_MAX, &p->router->window);
}

static void
on_nat_keepalive(AsaParse *p, const AsaArgs *a)
{
    (void)!asa_parse_number(p, a->v[0], "nat keepalive", 5, 3600, &p->router->nat_keepalive);
}

static void
on_fragmentation(AsaParse *p, const AsaArgs *a)
{
    uint32_t v;

    p->router->fragmentation = true;
    if (a->n && asa_parse_number(p, a->v[0], "mtu", 96, 1500, &v))
        p->router->fragment_mtu = (uint16_t)v;
}

/* The cipher at word @i; moves on over it and its key length. */
static bool
take_cipher(AsaParse *p, size_t *i, AsaAlg *ret)
{
    const AsaLine *l = &p->line;
    size_t k = 0;
    uint32_t bits;

    while (k < G_N_ELEMENTS(esp_ciphers) && !g_str_equal(l->word[*i], esp_ciphers[k].word))
        k++;
    if (k == G_N_ELEMENTS(esp_ciphers))
        return false;
    *ret = (AsaAlg){ esp_ciphers[k].id, esp_ciphers[k].bits[0], esp_ciphers[k].aead };
    ++*i;
    if (*i == l->n || !g_ascii_isdigit(l->word[*i][0]) || ret->bits == 0)
        return true;
    if (asa_parse_number(p, l->word[*i], "key length", 1, 65535, &bits)) {
        ret->bits = 0;
        for (size_t b = 0; b < G_N_ELEMENTS(esp_ciphers[k].bits); b++)
            if (esp_ciphers[k].bits[b] == bits)
                ret->bits = (uint16_t)bits;
        if (ret->bits == 0)
            asa_parse_fail(p, "%s has no keys of %u bits", esp_ciphers[k].word, bits);
    }
    ++*i;
    return true;
}

static bool
take_hmac(const AsaParse *p, size_t *i, AsaAlg *ret)
{
    for (size_t k = 0; k < G_N_ELEMENTS(esp_hmacs); k++)
        if (g_str_equal(p->line.word[*i], esp_hmacs[k].word)) {
            *ret = (AsaAlg){ esp_hmacs[k].id, 0, false };
            ++*i;
            return true;
        }
    return false;
}

static void
on_transform(AsaParse *p, const AsaArgs *a)
{
    IosTransform *o = named(p, p->router->transforms, sizeof(*o), a->v[0], "transform sets");
    AsaAlg encr = { 0 }, integ = { 0 };

    p->object = o;
    for (size_t i = a->rest; i < p->line.n;)
        if (!take_cipher(p, &i, &encr) && !take_hmac(p, &i, &integ)) {
            asa_parse_fail(p, "transform \"%s\" is not supported", p->line.word[i]);
            return;
        }
    if (encr.id == 0)
        asa_parse_fail(p, "the transform set encrypts nothing");
    else if (encr.aead != (integ.id == 0))
        asa_parse_fail(p, encr.aead ? "esp-gcm takes no hmac" : "the transform set has no hmac");
    if (!o)
        return;
    o->encr = encr;
    o->integ = integ;
}

static void
on_protection(AsaParse *p, const AsaArgs *a)
{
    p->object = named(p, p->router->protections, sizeof(IosProtection), a->v[0], "IPsec profiles");
}

static void
on_set_transform(AsaParse *p, const AsaArgs *a)
{
    IosProtection *o = p->object;

    if (o)
        (void)!asa_parse_names(p, a, &o->transforms);
}

static void
on_set_profile(AsaParse *p, const AsaArgs *a)
{
    IosProtection *o = p->object;

    if (!o)
        return;
    o->profile = asa_parse_keep(p, a->v[0]);
    o->profile_line = p->line.number;
}

static void
on_set_pfs(AsaParse *p, const AsaArgs *a)
{
    IosProtection *o = p->object;
    AsaAlg pfs;

    if (asa_parse_group(p, a->v[0], &pfs) && o)
        o->pfs = pfs;
}

static bool
parse_sa_life(AsaParse *p, const AsaArgs *a, uint32_t *seconds, uint32_t *kilobytes)
{
    return g_str_equal(a->v[0], "seconds")
               ? asa_parse_number(p, a->v[1], "lifetime", 120, 2592000, seconds)
               : asa_parse_number(p, a->v[1], "lifetime", 2560, UINT32_MAX, kilobytes);
}

static void
on_set_life(AsaParse *p, const AsaArgs *a)
{
    IosProtection *o = p->object;

    if (o)
        (void)parse_sa_life(p, a, &o->seconds, &o->kilobytes);
}

static void
on_life(AsaParse *p, const AsaArgs *a)
{
    (void)parse_sa_life(p, a, &p->router->sa_seconds, &p->router->sa_kilobytes);
}

#define ONLY_PSK     "only pre-shared keys are supported between routers"
#define ONLY_ADDRESS "only addresses are supported as identities of routers"

const AsaRule ios_lines_crypto[] = {
    { ASA_TOP, "crypto ikev2 proposal #", on_proposal, IOS_IN_PROPOSAL, NULL },
    { IOS_IN_PROPOSAL, "encryption *", on_encryption, 0, NULL },
    { IOS_IN_PROPOSAL, "integrity *", on_integrity, 0, NULL },
    { IOS_IN_PROPOSAL, "prf *", on_prf, 0, NULL },
    { IOS_IN_PROPOSAL, "group *", on_group, 0, NULL },
    { ASA_TOP, "crypto ikev2 policy #", on_policy, IOS_IN_POLICY, NULL },
    { IOS_IN_POLICY, "proposal #", on_policy_proposal, 0, NULL },
    { IOS_IN_POLICY, "match fvrf any", NULL, 0, NULL },
    { IOS_IN_POLICY, "match *", NULL, 0, "a policy for some peers only is not supported" },
    { ASA_TOP, "crypto ikev2 keyring #", on_keyring, IOS_IN_KEYRING, NULL },
    { IOS_IN_KEYRING, "peer #", on_peer, IOS_IN_PEER, NULL },
    { IOS_IN_PEER, "address #", on_peer_address, 0, NULL },
    { IOS_IN_PEER, "address # #", on_peer_address, 0, NULL },
    { IOS_IN_PEER, "identity address #", on_peer_identity, 0, NULL },
    { IOS_IN_PEER, "identity *", NULL, 0, "only addresses are matched: identity address A" },
    { IOS_IN_PEER, "hostname|description *", NULL, 0, NULL },
    { IOS_IN_PEER, "identity *", NULL, 0, ONLY_ADDRESS },
    { IOS_IN_PEER, "pre-shared-key 0 #", on_key, 0, NULL },
    { IOS_IN_PEER, "pre-shared-key local|remote #", on_key_of, 0, NULL },
    { IOS_IN_PEER, "pre-shared-key #", on_key, 0, NULL },
    { IOS_IN_PEER, "pre-shared-key *", NULL, 0, "a key in this form is not supported" },
    { ASA_TOP, "crypto ikev2 profile #", on_profile, IOS_IN_PROFILE, NULL },
    { IOS_IN_PROFILE, "match identity remote address #", on_match, 0, NULL },
    { IOS_IN_PROFILE, "match identity remote address # #", on_match, 0, NULL },
    { IOS_IN_PROFILE, "match fvrf any", NULL, 0, NULL },
    { IOS_IN_PROFILE, "match *", NULL, 0, ONLY_ADDRESS },
    { IOS_IN_PROFILE, "identity local address #", on_identity, 0, NULL },
    { IOS_IN_PROFILE, "identity *", NULL, 0, ONLY_ADDRESS },
    { IOS_IN_PROFILE, "authentication local|remote pre-share", on_authentication, 0, NULL },
    { IOS_IN_PROFILE, "authentication *", NULL, 0, ONLY_PSK },
    { IOS_IN_PROFILE, "keyring #", on_profile_ring, 0, NULL },
    { IOS_IN_PROFILE, "keyring local #", on_profile_ring, 0, NULL },
    { IOS_IN_PROFILE, "keyring *", NULL, 0, ONLY_PSK },
    { IOS_IN_PROFILE, "lifetime #", on_lifetime, 0, NULL },
    { IOS_IN_PROFILE, "dpd # # on-demand|periodic", on_profile_dpd, 0, NULL },
    { IOS_IN_PROFILE, "description *", NULL, 0, NULL },
    { ASA_TOP, "crypto ikev2 dpd # # on-demand|periodic", on_dpd, 0, NULL },
    { ASA_TOP, "crypto ikev2 window #", on_window, 0, NULL },
    { ASA_TOP, "crypto ikev2 nat keepalive #", on_nat_keepalive, 0, NULL },
    { ASA_TOP, "crypto ikev2 fragmentation", on_fragmentation, 0, NULL },
    { ASA_TOP, "crypto ikev2 fragmentation mtu #", on_fragmentation, 0, NULL },
    { ASA_TOP, "crypto ipsec transform-set # *", on_transform, IOS_IN_TRANSFORM, NULL },
    { IOS_IN_TRANSFORM, "mode tunnel", NULL, 0, NULL },
    { IOS_IN_TRANSFORM, "mode *", NULL, 0, "only tunnel mode is supported" },
    { ASA_TOP, "crypto ipsec profile #", on_protection, IOS_IN_PROTECTION, NULL },
    { IOS_IN_PROTECTION, "set transform-set *", on_set_transform, 0, NULL },
    { IOS_IN_PROTECTION, "set ikev2-profile #", on_set_profile, 0, NULL },
    { IOS_IN_PROTECTION, "set pfs #", on_set_pfs, 0, NULL },
    { IOS_IN_PROTECTION, "set security-association lifetime seconds|kilobytes #", on_set_life, 0,
      NULL },
    { ASA_TOP, "crypto ipsec security-association lifetime seconds|kilobytes #", on_life, 0, NULL },
    { 0 },
};
