#include "agent/base/log.h"
#include "agent/headend/gateway_private.h"
#include "agent/link/xfrm_plane.h"

static bool
may_have_esn(const IkeProposal *p)
{
    for (size_t i = 0; i < p->n; i++)
        if (p->t[i].type == TRANSFORM_ESN && p->t[i].id == ESN_YES)
            return true;
    return false;
}

static void
add_suites(GArray *suites, const IkeProposal *p, const IkeTransform *encr)
{
    const SuiteAlg *alg = suite_find(TRANSFORM_ENCR, encr->id);
    Suite suite = { .encr = encr->id,
                    .key_bits = encr->key_bits ? encr->key_bits : alg->key_bits[0],
                    .esn = may_have_esn(p) ? ESN_YES : ESN_NO };

    if (alg->aead)
        g_array_append_val(suites, suite);
    for (size_t i = 0; !alg->aead && i < p->n; i++) {
        suite.integ = p->t[i].id;
        if (p->t[i].type == TRANSFORM_INTEG)
            g_array_append_val(suites, suite);
    }
}

/* Every suite that a child SA may come to have. */
static GArray *
suites_of(const IkeOffer *esp)
{
    GArray *suites = g_array_new(FALSE, FALSE, sizeof(Suite));

    for (size_t i = 0; i < esp->n; i++)
        for (size_t k = 0; k < esp->p[i].n; k++)
            if (esp->p[i].t[k].type == TRANSFORM_ENCR)
                add_suites(suites, &esp->p[i], &esp->p[i].t[k]);
    return suites;
}

bool
gateway_kernel_open(Gateway *g, PlaneChoice choice, const char *state, GError **error)
{
    g_autofree char *journal = g_build_filename(state, "xfrm.journal", NULL);
    g_autoptr(GArray) suites = suites_of(&g->ike.esp);
    GError *why = NULL;
    size_t n;

    if (!xfrm_dev_recover(journal, &n, error))
        return false;
    if (n)
        log_at(LOG_MESSAGE, NULL, "removed %zu things that an earlier run left in the kernel", n);
    if (!plane_choice_kernel(choice, (const Suite *)(const void *)suites->data, suites->len,
                             &g->config->esp, &why)) {
        if (!why)
            return true;
        g_propagate_error(error, why);
        return false;
    }
    g->tun.xfrm = xfrm_dev_open("achead", XFRM_DEV_HEADEND, journal, &why);
    return g->tun.xfrm || plane_choice_fall_back(choice, why, error);
}

Plane *
gateway_kernel_plane(Gateway *g, UdpSock *natt, PumpIke on_ike, GError **error)
{
    return plane_of_kernel(&(XfrmPlaneSetup){ .if_id = xfrm_dev_if_id(g->tun.xfrm),
                                              .rules = g->config->esp,
                                              .on_ike = on_ike,
                                              .user = g },
                           natt, error);
}
