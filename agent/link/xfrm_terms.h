/* xfrm_terms.h - what has been negotiated, in the terms of the kernel's XFRM; no kernel. */
#pragma once

#include "agent/esp/esp_sa.h"
#include "tun/xfrm_msg.h"

/* An ESP suite by the kernel's names: @aead, or the other two. */
typedef struct XfrmAlgs {
    const char *aead, *crypt, *auth;
} XfrmAlgs;
/* xfrm_terms_algs - false when the kernel has no name for @suite. */
bool xfrm_terms_algs(const Suite *suite, XfrmAlgs *ret) G_GNUC_WARN_UNUSED_RESULT;

/* xfrm_terms_sels - what goes out over an SA of these selectors, as policies can say it.
 * Returns an array of XfrmSel, with ->src inside here and ->dst behind the peer; NULL when policies
 * cannot say it: ranges of ports, types of ICMP, or more than 64 policies. */
GArray *xfrm_terms_sels(const Selector *local, size_t n_local, const Selector *remote,
                        size_t n_remote);
/* xfrm_terms_back - the same seen from the other end: what comes in. */
XfrmSel xfrm_terms_back(const XfrmSel *sel);

/* xfrm_terms_window - of an SA that receives; false when the kernel cannot have @rules with
 * @esn. */
bool xfrm_terms_window(const EspRules *rules, bool esn, uint32_t *ret) G_GNUC_WARN_UNUSED_RESULT;
/* xfrm_terms_newest - EspStats.replay_bits of @r. */
uint64_t xfrm_terms_newest(const XfrmReplay *r);
