/* IKE policies, ESP proposals, maps. */

#include "agent/crypto/suite.h"
#include "agent/headend/asa_parse_private.h"
#include "agent/ike/ike_sa.h"

static const AsaWord encryption[] = {
    { "aes", ENCR_AES_CBC, 128, false, false },
    { "aes-192", ENCR_AES_CBC, 192, false, false },
    { "aes-256", ENCR_AES_CBC, 256, false, false },
    { "aes-gcm", ENCR_AES_GCM_16, 128, true, false },
    { "aes-gcm-192", ENCR_AES_GCM_16, 192, true, false },
    { "aes-gcm-256", ENCR_AES_GCM_16, 256, true, false },
    { "3des", ENCR_3DES, 0, false, false },
    { "des", ENCR_DES, 0, false, true },
    { "null", ENCR_NULL, 0, false, true },
    { NULL, 0, 0, false, false },
};

static const AsaWord ike_integrity[] = {
    { "sha", AUTH_HMAC_SHA1_96, 0, false, false },
    { "sha256", AUTH_HMAC_SHA2_256_128, 0, false, false },
    { "sha384", AUTH_HMAC_SHA2_384_192, 0, false, false },
    { "sha512", AUTH_HMAC_SHA2_512_256, 0, false, false },
    { "md5", AUTH_HMAC_MD5_96, 0, false, true },
    { "null", AUTH_NONE, 0, false, false },
    { NULL, 0, 0, false, false },
};

static const AsaWord esp_integrity[] = {
    { "sha-1", AUTH_HMAC_SHA1_96, 0, false, false },
    { "sha-256", AUTH_HMAC_SHA2_256_128, 0, false, false },
    { "sha-384", AUTH_HMAC_SHA2_384_192, 0, false, false },
    { "sha-512", AUTH_HMAC_SHA2_512_256, 0, false, false },
    { "md5", AUTH_HMAC_MD5_96, 0, false, true },
    { "null", AUTH_NONE, 0, false, false },
    { NULL, 0, 0, false, false },
};

static const AsaWord prf[] = {
    { "sha", PRF_HMAC_SHA1, 0, false, false },
    { "sha256", PRF_HMAC_SHA2_256, 0, false, false },
    { "sha384", PRF_HMAC_SHA2_384, 0, false, false },
    { "sha512", PRF_HMAC_SHA2_512, 0, false, false },
    { "md5", PRF_HMAC_MD5, 0, false, true },
    { NULL, 0, 0, false, false },
};

static void
on_ike_policy(AsaParse *p, const AsaArgs *a)
{
    AsaIkePolicy *policy;
    uint32_t number;

    if (!asa_parse_number(p, a->v[0], "policy", 1, 65535, &number))
        return;
    for (guint i = 0; i < p->config->ike_policies->len; i++) {
        policy = g_ptr_array_index(p->config->ike_policies, i);
        if (policy->number == number) {
            p->object = policy;
            return;
        }
    }
    policy = asa_parse_add(p, p->config->ike_policies, sizeof(*policy), "IKE policies");
    p->object = policy;
    if (!policy)
        return;
    policy->line = p->line.number;
    policy->number = number;
    policy->lifetime = 86400;
}

static void
on_ike_encryption(AsaParse *p, const AsaArgs *a)
{
    AsaIkePolicy *policy = p->object;

    if (policy)
        asa_parse_algs(p, a, encryption, "encryption", &policy->encr);
}

static void
on_ike_integrity(AsaParse *p, const AsaArgs *a)
{
    AsaIkePolicy *policy = p->object;

    if (policy)
        asa_parse_algs(p, a, ike_integrity, "integrity", &policy->integ);
}

static void
on_ike_prf(AsaParse *p, const AsaArgs *a)
{
    AsaIkePolicy *policy = p->object;

    if (policy)
        asa_parse_algs(p, a, prf, "prf", &policy->prf);
}

static void
on_ike_group(AsaParse *p, const AsaArgs *a)
{
    AsaIkePolicy *policy = p->object;

    if (policy)
        asa_parse_algs(p, a, asa_words_group, "group", &policy->group);
}

static void
on_ike_lifetime(AsaParse *p, const AsaArgs *a)
{
    AsaIkePolicy *policy = p->object;
    uint32_t seconds = 0;

    if (!g_str_equal(a->v[0], "none") &&
        !asa_parse_number(p, a->v[0], "lifetime", 120, INT32_MAX, &seconds))
        return;
    if (policy)
        policy->lifetime = seconds;
}

static void
on_proposal(AsaParse *p, const AsaArgs *a)
{
    AsaIpsecProposal *prop = (AsaIpsecProposal *)asa_config_proposal(p->config, a->v[0]);

    if (!prop) {
        prop = asa_parse_add(p, p->config->proposals, sizeof(*prop), "proposals");
        if (prop) {
            prop->line = p->line.number;
            prop->name = asa_parse_keep(p, a->v[0]);
        }
    }
    p->object = prop;
}

static void
on_esp_encryption(AsaParse *p, const AsaArgs *a)
{
    AsaIpsecProposal *prop = p->object;

    if (prop)
        asa_parse_algs(p, a, encryption, "encryption", &prop->encr);
}

static void
on_esp_integrity(AsaParse *p, const AsaArgs *a)
{
    AsaIpsecProposal *prop = p->object;

    if (prop)
        asa_parse_algs(p, a, esp_integrity, "integrity", &prop->integ);
}

static AsaDynamicMap *
dynamic_of(AsaParse *p, const AsaArgs *a)
{
    AsaDynamicMap *map;
    uint32_t seq;

    if (!asa_parse_number(p, a->v[1], "sequence number", 1, 65535, &seq))
        return NULL;
    for (guint i = 0; i < p->config->dynamic_maps->len; i++) {
        map = g_ptr_array_index(p->config->dynamic_maps, i);
        if (g_str_equal(map->name, a->v[0]) && map->seq == seq)
            return map;
    }
    map = asa_parse_add(p, p->config->dynamic_maps, sizeof(*map), "dynamic maps");
    if (!map)
        return NULL;
    map->line = p->line.number;
    map->name = asa_parse_keep(p, a->v[0]);
    map->seq = seq;
    return map;
}

static void
on_dynamic_proposals(AsaParse *p, const AsaArgs *a)
{
    AsaDynamicMap *map = dynamic_of(p, a);

    if (map)
        (void)!asa_parse_names(p, a, &map->proposals);
}

static void
on_dynamic_pfs(AsaParse *p, const AsaArgs *a)
{
    AsaDynamicMap *map = dynamic_of(p, a);
    AsaAlg pfs;

    if (asa_parse_group(p, a->n == 3 ? a->v[2] : "group14", &pfs) && map)
        map->pfs = pfs;
}

static void
on_dynamic_lifetime(AsaParse *p, const AsaArgs *a)
{
    AsaDynamicMap *map = dynamic_of(p, a);
    bool seconds = g_str_equal(a->v[2], "seconds");
    uint32_t v;

    if (asa_parse_number(p, a->v[3], a->v[2], seconds ? 120 : 10, INT32_MAX, &v) && map)
        *(seconds ? &map->seconds : &map->kilobytes) = v;
}

static void
on_sa_lifetime(AsaParse *p, const AsaArgs *a)
{
    bool seconds = g_str_equal(a->v[0], "seconds");
    uint32_t v;

    if (asa_parse_number(p, a->v[1], a->v[0], seconds ? 120 : 10, INT32_MAX, &v))
        *(seconds ? &p->config->sa_seconds : &p->config->sa_kilobytes) = v;
}

static void
on_ike_enable(AsaParse *p, const AsaArgs *a)
{
    uint32_t port = 0;

    if (p->config->ike_if) {
        asa_parse_fail(p, "IKEv2 is enabled on %s already; one interface is all we can have",
                       p->config->ike_if);
        return;
    }
    if (a->n == 2 && !asa_parse_number(p, a->v[1], "port", 1, 65535, &port))
        return;
    p->config->ike_if = asa_parse_keep(p, a->v[0]);
    p->config->ike_line = p->line.number;
    p->config->csport = (uint16_t)port;
}

static void
on_ike_trustpoint(AsaParse *p, const AsaArgs *a)
{
    p->config->trustpoint_name = asa_parse_keep(p, a->v[0]);
    p->config->trustpoint_line = p->line.number;
}

static void
on_ssl_trustpoint(AsaParse *p, const AsaArgs *a)
{
    p->config->ssl_trustpoint = asa_parse_keep(p, a->v[0]);
    p->config->ssl_line = p->line.number;
}

static void
on_nat_keepalive(AsaParse *p, const AsaArgs *a)
{
    uint32_t v;

    if (asa_parse_number(p, a->v[0], "nat-traversal", 10, 3600, &v))
        p->config->nat_keepalive = v;
}

/* What a line does not say keeps its default, as on the ASA. */
static void
set_fragmentation(AsaParse *p, const char *mtu, const char *method)
{
    uint32_t v = 0;

    if (mtu && !asa_parse_number(p, mtu, "mtu", 68, 1500, &v))
        return;
    if (mtu && v < IKE_PATH_LEAST)
        asa_parse_warn(p, "an mtu of %u leaves no room for contents; %d is used", v,
                       IKE_PATH_LEAST);
    p->config->fragmentation = true;
    p->config->fragment_mtu = (uint16_t)v;
    p->config->fragment_cisco = method && g_str_equal(method, "cisco");
}

static void
on_fragmentation(AsaParse *p, const AsaArgs *a)
{
    (void)a;
    set_fragmentation(p, NULL, NULL);
}

static void
on_fragment_mtu(AsaParse *p, const AsaArgs *a)
{
    set_fragmentation(p, a->v[0], a->n > 1 ? a->v[1] : NULL);
}

static void
on_fragment_method(AsaParse *p, const AsaArgs *a)
{
    set_fragmentation(p, NULL, a->v[0]);
}

static void
on_no_fragmentation(AsaParse *p, const AsaArgs *a)
{
    (void)a;
    p->config->fragmentation = false;
}

static void
on_cookie(AsaParse *p, const AsaArgs *a)
{
    uint32_t v;

    if (asa_parse_number(p, a->v[0], "cookie-challenge", 0, 100, &v))
        p->config->cookie_percent = v;
}

static void
on_cookie_word(AsaParse *p, const AsaArgs *a)
{
    p->config->cookie_percent = g_str_equal(a->v[0], "always") ? 0 : ASA_COOKIE_NEVER;
}

static void
on_redirect(AsaParse *p, const AsaArgs *a)
{
    p->config->redirect_init = g_str_equal(a->v[0], "during-init");
}

static void
on_redirect_to(AsaParse *p, const AsaArgs *a)
{
    IkeRedirect to;

    if (ike_redirect_parse(a->v[0], &to))
        p->config->redirect_to = asa_parse_keep(p, a->v[0]);
    else
        asa_parse_fail(p, "%s is no address and no name of a gateway", a->v[0]);
}

static void
on_limit(AsaParse *p, const AsaArgs *a)
{
    uint32_t v;

    if (!asa_parse_number(p, a->v[1], a->v[0], 1, ASA_SAS_MAX, &v))
        return;
    if (g_str_equal(a->v[0], "max-sa"))
        p->config->max_sa = v;
    else
        p->config->max_negotiating = v;
}

const AsaRule asa_lines_crypto[] = {
    { ASA_TOP, "crypto ikev2 policy #", on_ike_policy, ASA_IN_IKE_POLICY, NULL },
    { ASA_IN_IKE_POLICY, "encryption *", on_ike_encryption, 0, NULL },
    { ASA_IN_IKE_POLICY, "integrity *", on_ike_integrity, 0, NULL },
    { ASA_IN_IKE_POLICY, "group *", on_ike_group, 0, NULL },
    { ASA_IN_IKE_POLICY, "prf *", on_ike_prf, 0, NULL },
    { ASA_IN_IKE_POLICY, "lifetime seconds #", on_ike_lifetime, 0, NULL },
    { ASA_TOP, "crypto ipsec ikev2 ipsec-proposal #", on_proposal, ASA_IN_PROPOSAL, NULL },
    { ASA_IN_PROPOSAL, "protocol esp encryption *", on_esp_encryption, 0, NULL },
    { ASA_IN_PROPOSAL, "protocol esp integrity *", on_esp_integrity, 0, NULL },
    { ASA_TOP, "crypto ipsec security-association lifetime seconds|kilobytes #", on_sa_lifetime, 0,
      NULL },
    { ASA_TOP, "crypto ipsec security-association pmtu-aging *", NULL, 0, NULL },
    { ASA_TOP, "crypto dynamic-map # # set ikev2 ipsec-proposal *", on_dynamic_proposals, 0, NULL },
    { ASA_TOP, "crypto dynamic-map # # set pfs", on_dynamic_pfs, 0, NULL },
    { ASA_TOP, "crypto dynamic-map # # set pfs #", on_dynamic_pfs, 0, NULL },
    { ASA_TOP, "crypto dynamic-map # # set security-association lifetime seconds|kilobytes #",
      on_dynamic_lifetime, 0, NULL },
    { ASA_TOP, "crypto dynamic-map # # set reverse-route", NULL, 0, NULL },
    { ASA_TOP, "crypto ikev2 enable #", on_ike_enable, 0, NULL },
    { ASA_TOP, "crypto ikev2 enable # client-services port #", on_ike_enable, 0, NULL },
    { ASA_TOP, "crypto ikev2 enable *", NULL, 0,
      "expected: crypto ikev2 enable INTERFACE [client-services port PORT]" },
    { ASA_TOP, "crypto ikev2 remote-access trustpoint #", on_ike_trustpoint, 0, NULL },
    { ASA_TOP, "crypto ikev2 fragmentation", on_fragmentation, 0, NULL },
    { ASA_TOP, "crypto ikev2 fragmentation mtu #", on_fragment_mtu, 0, NULL },
    { ASA_TOP, "crypto ikev2 fragmentation preferred-method ietf|cisco", on_fragment_method, 0,
      NULL },
    { ASA_TOP, "crypto ikev2 fragmentation mtu # preferred-method ietf|cisco", on_fragment_mtu, 0,
      NULL },
    { ASA_TOP, "no crypto ikev2 fragmentation", on_no_fragmentation, 0, NULL },
    { ASA_TOP, "crypto ikev2 redirect during-auth|during-init", on_redirect, 0, NULL },
    { ASA_OWN, "redirect #", on_redirect_to, 0, NULL },
    { ASA_TOP, "crypto ikev2 cookie-challenge always|never", on_cookie_word, 0, NULL },
    { ASA_TOP, "crypto ikev2 cookie-challenge #", on_cookie, 0, NULL },
    { ASA_TOP, "crypto ikev2 limit max-sa|max-in-negotiation-sa #", on_limit, 0, NULL },
    { ASA_TOP, "crypto isakmp nat-traversal #", on_nat_keepalive, 0, NULL },
    { ASA_TOP, "ssl trust-point #", on_ssl_trustpoint, 0, NULL },
    { ASA_TOP, "ssl trust-point # #", on_ssl_trustpoint, 0, NULL },
    { 0 },
};
