#include "agent/daemon/verify.h"

SigPolicy
verify_sig_policy(SuiteRank policy)
{
    return (SigPolicy){ .sha1_ok = policy > SUITE_MODERN,
                        .min_rsa = policy == SUITE_LEGACY ? 1024 : 2048 };
}

static bool
pin_among(const char *pin, char *const *pins)
{
    for (; pins && *pins; pins++)
        if (g_str_equal(pin, *pins))
            return true;
    return false;
}

/* CertificatePinList: any member of the chain may match that has a part in the leaf. */
static bool
profile_pins_hold(const X509Chain *chain, const GPtrArray *pins)
{
    for (size_t i = 0; i < x509_chain_len(chain); i++) {
        g_autoptr(X509Info) info = x509_chain_info(chain, i);

        if (info &&
            g_ptr_array_find_with_equal_func((GPtrArray *)pins, info->pin_sha512, g_str_equal,
                                             NULL) &&
            x509_chain_certifies(chain, i))
            return true;
    }
    return false;
}

static void
decide(Verify *v, VerifyVerdict verdict, const char *why)
{
    v->verdict = verdict;
    v->why = g_strdup(why);
}

void
verify_chain(const X509Chain *chain, const VerifySetup *setup, Verify *ret)
{
    SigPolicy policy = verify_sig_policy(setup->policy);
    const TrustEntry *known = trust_find(setup->trust, setup->known_as);
    bool same;

    *ret = (Verify){ .leaf = x509_chain_info(chain, 0) };
    ret->problems = x509_chain_verify(chain, setup->anchors, setup->address, &policy, setup->now);
    if (!ret->leaf || ret->problems & X509_INVALID) {
        decide(ret, VERIFY_REFUSED, x509_problem_text(X509_INVALID));
        return;
    }
    if (setup->host->pins->len && !profile_pins_hold(chain, setup->host->pins)) {
        decide(ret, VERIFY_REFUSED, "it matches no pin of the profile's CertificatePinList");
        return;
    }
    same = known && g_str_equal(known->pin, ret->leaf->pin_sha256);
    if (ret->problems == 0) {
        decide(ret, VERIFY_TRUSTED, "certificate verified");
    } else if (pin_among(ret->leaf->pin_sha256, setup->pins)) {
        decide(ret, VERIFY_TRUSTED, "pin given for this attempt");
    } else if (same && (ret->problems & ~known->problems) == 0) {
        decide(ret, VERIFY_TRUSTED,
               "remembered certificate"); /* a new defect is asked about anew */
    } else {
        ret->changed = known && !same;
        ret->old_pin = ret->changed ? g_strdup(known->pin) : NULL;
        if (setup->settings->block_untrusted)
            decide(ret, VERIFY_REFUSED,
                   "untrusted gateways are blocked by [trust] block_untrusted");
        else
            ret->verdict = VERIFY_ASK;
    }
}

void
verify_clear(Verify *v)
{
    g_free(v->old_pin);
    g_free(v->why);
    x509_info_free(v->leaf);
    *v = (Verify){ 0 };
}

GPtrArray *
verify_reasons(unsigned problems)
{
    GPtrArray *texts = g_ptr_array_new();

    for (unsigned bit = 1; bit && bit <= problems; bit <<= 1)
        if (problems & bit)
            g_ptr_array_add(texts, (gpointer)x509_problem_text((X509Problem)bit));
    return texts;
}
