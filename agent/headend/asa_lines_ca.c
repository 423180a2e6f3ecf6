/* Trustpoints: our certificates, and whether those of peers have been revoked. */

#include <string.h>

#include "agent/crypto/x509_revoke.h"
#include "agent/headend/asa_parse_private.h"

static void
on_trustpoint(AsaParse *p, const AsaArgs *a)
{
    AsaTrustpoint *t = (AsaTrustpoint *)asa_config_trustpoint(p->config, a->v[0]);

    /* The name becomes a file name in the state folder. */
    if (strspn(a->v[0], "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._-") !=
            strlen(a->v[0]) ||
        a->v[0][0] == '.' || strlen(a->v[0]) > 128) {
        asa_parse_fail(p, "trustpoint \"%s\": use letters, digits, dot, dash and underscore",
                       a->v[0]);
        return;
    }
    if (!t) {
        t = asa_parse_add(p, p->config->trustpoints, sizeof(*t), "trustpoints");
        if (t) {
            t->line = p->line.number;
            t->name = asa_parse_keep(p, a->v[0]);
            t->revocation.points = true;
            t->revocation.cache_s = 3600;
        }
    }
    p->object = t;
}

static void
on_enroll_self(AsaParse *p, const AsaArgs *a)
{
    AsaTrustpoint *t = p->object;

    (void)a;
    if (t)
        t->self = true;
}

static void
on_subject(AsaParse *p, const AsaArgs *a)
{
    AsaTrustpoint *t = p->object;

    if (t)
        t->subject = asa_parse_keep(p, a->v[0]);
}

/* One word of a revocation-check line; false when it cannot stand there. */
static bool
add_method(AsaRevocation *r, const char *word)
{
    AsaRevocationMethod m = g_str_equal(word, "ocsp") ? ASA_REVOCATION_OCSP : ASA_REVOCATION_CRL;

    if (r->soft)
        return false;
    if (g_str_equal(word, "none")) {
        r->soft = true;
        return true;
    }
    if (r->n == ASA_REVOCATION_MAX || (r->n > 0 && r->methods[0] == m) ||
        (m == ASA_REVOCATION_CRL && !g_str_equal(word, "crl")))
        return false;
    r->methods[r->n++] = m;
    return true;
}

static void
on_revocation(AsaParse *p, const AsaArgs *a)
{
    AsaTrustpoint *t = p->object;
    AsaRevocation said = { 0 };

    for (size_t i = a->rest; i < p->line.n; i++)
        if (!add_method(&said, p->line.word[i])) {
            asa_parse_fail(p, "expected: revocation-check, and crl, ocsp, none in the order in "
                              "which they count, none last");
            return;
        }
    if (!t)
        return;
    t->revocation.line = p->line.number;
    t->revocation.n = said.n;
    memcpy(t->revocation.methods, said.methods, sizeof(said.methods));
    t->revocation.soft = said.soft;
}

static void
on_no_revocation(AsaParse *p, const AsaArgs *a)
{
    AsaTrustpoint *t = p->object;

    (void)a;
    if (t)
        t->revocation.n = 0;
}

/* The words of the first ASAs. */
static void
on_crl(AsaParse *p, const AsaArgs *a)
{
    AsaTrustpoint *t = p->object;

    if (!t)
        return;
    t->revocation.line = p->line.number;
    t->revocation.methods[0] = ASA_REVOCATION_CRL;
    t->revocation.n = !g_str_equal(a->v[0], "nocheck");
    t->revocation.soft = g_str_equal(a->v[0], "optional");
}

static void
on_crl_policy(AsaParse *p, const AsaArgs *a)
{
    AsaTrustpoint *t = p->object;

    if (!t)
        return;
    t->revocation.points = !g_str_equal(a->v[0], "static");
    t->revocation.own = !g_str_equal(a->v[0], "cdp");
    t->revocation.policy_line = p->line.number;
}

/* An address of @p's line as a string of the configuration; NULL with an error. */
static const char *
keep_url(AsaParse *p, const char *url)
{
    if (x509_url_ok(url))
        return asa_parse_keep(p, url);
    asa_parse_fail(p, "expected an address that begins with http://, of at most %d octets",
                   X509_URL_MAX);
    return NULL;
}

static void
on_crl_url(AsaParse *p, const AsaArgs *a)
{
    AsaTrustpoint *t = p->object;
    const char *url = keep_url(p, a->v[1]);
    uint32_t at;

    if (url && asa_parse_number(p, a->v[0], "url", 1, ASA_CRL_URLS_MAX, &at) && t)
        t->revocation.urls[at - 1] = url;
}

static void
on_crl_cache(AsaParse *p, const AsaArgs *a)
{
    AsaTrustpoint *t = p->object;
    uint32_t minutes;

    if (asa_parse_number(p, a->v[0], "cache-time", 1, 1440, &minutes) && t)
        t->revocation.cache_s = minutes * 60;
}

static void
on_crl_open_ended(AsaParse *p, const AsaArgs *a)
{
    (void)a;
    asa_parse_warn(p, "a list without nextUpdate is never believed");
}

static void
on_crl_protocol(AsaParse *p, const AsaArgs *a)
{
    (void)a;
    asa_parse_warn(p, "lists are fetched by http alone");
}

static void
on_ocsp_url(AsaParse *p, const AsaArgs *a)
{
    AsaTrustpoint *t = p->object;
    const char *url = keep_url(p, a->v[0]);

    if (url && t)
        t->revocation.responder = url;
}

static void
on_ocsp_no_nonce(AsaParse *p, const AsaArgs *a)
{
    AsaTrustpoint *t = p->object;

    (void)a;
    if (t)
        t->revocation.no_nonce = true;
}

static void
on_trustpoint_files(AsaParse *p, const AsaArgs *a)
{
    AsaTrustpoint *t = (AsaTrustpoint *)asa_config_trustpoint(p->config, a->v[0]);

    if (!t) {
        asa_parse_fail(p, "no line above is: crypto ca trustpoint %s", a->v[0]);
        return;
    }
    t->certificate = asa_parse_keep(p, a->v[1]);
    t->key = asa_parse_keep(p, a->v[2]);
    t->chain = a->n == 4 ? asa_parse_keep(p, a->v[3]) : NULL;
}

static void
on_trustpoint_ca(AsaParse *p, const AsaArgs *a)
{
    AsaTrustpoint *t = (AsaTrustpoint *)asa_config_trustpoint(p->config, a->v[0]);

    if (t)
        t->ca = asa_parse_keep(p, a->v[1]);
    else
        asa_parse_fail(p, "no line above is: crypto ca trustpoint %s", a->v[0]);
}

const AsaRule asa_lines_ca[] = {
    { ASA_TOP, "crypto ca trustpoint #", on_trustpoint, ASA_IN_TRUSTPOINT, NULL },
    { ASA_IN_TRUSTPOINT, "enrollment self", on_enroll_self, 0, NULL },
    { ASA_IN_TRUSTPOINT, "enrollment terminal|manual", NULL, 0, NULL },
    { ASA_IN_TRUSTPOINT, "subject-name *", on_subject, 0, NULL },
    { ASA_IN_TRUSTPOINT, "keypair #", NULL, 0, NULL },
    { ASA_IN_TRUSTPOINT, "revocation-check *", on_revocation, 0, NULL },
    { ASA_IN_TRUSTPOINT, "no revocation-check", on_no_revocation, 0, NULL },
    { ASA_IN_TRUSTPOINT, "crl required|optional|nocheck", on_crl, 0, NULL },
    { ASA_IN_TRUSTPOINT, "crl configure", NULL, ASA_IN_CRL, NULL },
    { ASA_IN_CRL, "policy cdp|static|both", on_crl_policy, 0, NULL },
    { ASA_IN_CRL, "policy *", NULL, 0, "expected: policy cdp, static or both" },
    { ASA_IN_CRL, "url # #", on_crl_url, 0, NULL },
    { ASA_IN_CRL, "cache-time #", on_crl_cache, 0, NULL },
    { ASA_IN_CRL, "enforcenextupdate", NULL, 0, NULL },
    { ASA_IN_CRL, "no enforcenextupdate", on_crl_open_ended, 0, NULL },
    { ASA_IN_CRL, "protocol http", NULL, 0, NULL },
    { ASA_IN_CRL, "no protocol ldap|scep", NULL, 0, NULL },
    { ASA_IN_CRL, "no protocol http", NULL, 0, "lists are fetched by http alone" },
    { ASA_IN_CRL, "protocol|ldap-defaults|ldap-dn *", on_crl_protocol, 0, NULL },
    { ASA_IN_TRUSTPOINT, "ocsp url #", on_ocsp_url, 0, NULL },
    { ASA_IN_TRUSTPOINT, "ocsp disable-nonce", on_ocsp_no_nonce, 0, NULL },
    { ASA_IN_TRUSTPOINT, "match certificate # override *", NULL, 0,
      "whom to ask cannot depend on the certificate: use ocsp url, or crl configure and url" },
    { ASA_IN_TRUSTPOINT, "validation-usage *", NULL, 0, NULL },
    { ASA_IN_TRUSTPOINT, "no *", NULL, 0, NULL },
    { ASA_OWN, "trustpoint # certificate # key #", on_trustpoint_files, 0, NULL },
    { ASA_OWN, "trustpoint # certificate # key # chain #", on_trustpoint_files, 0, NULL },
    { ASA_OWN, "trustpoint # ca #", on_trustpoint_ca, 0, NULL },
    { 0 },
};
