/* xfrm_dev.h - an XFRM interface: what is routed into it the kernel itself encrypts. One owner of
 * the interface and of every SA and policy that has its number, with a journal. */
#pragma once

#include <net/if.h>

#include "tun/nl.h"

/* What the numbers of our interfaces begin with: the agent's, the headend's. */
enum { XFRM_DEV_AGENT = 0xacc1000, XFRM_DEV_HEADEND = 0xacc2000 };

typedef struct XfrmDev XfrmDev;
/* xfrm_dev_open - the first of acc0, acc1 ... that nobody has, with @first, @first + 1 ... as its
 * number. What a dead process left in @journal is undone before.
 * @stem: "acc". @journal: written before the interface is made, removed with it.
 * Returns NULL with @error where the kernel has no such interfaces. */
XfrmDev *xfrm_dev_open(const char *stem, uint32_t first, const char *journal, GError **error);
/* xfrm_dev_free - its SAs, policies, the interface and the journal go. */
void xfrm_dev_free(XfrmDev *d);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(XfrmDev, xfrm_dev_free)

const char *xfrm_dev_name(const XfrmDev *d);
uint32_t xfrm_dev_if_id(const XfrmDev *d);

/* xfrm_dev_recover - undo what a dead process left, as its journal says; no journal: nothing to do.
 * @ret_n: interfaces, SAs and policies removed. On failure the journal stays. */
bool xfrm_dev_recover(const char *journal, size_t *ret_n, GError **error) G_GNUC_WARN_UNUSED_RESULT;
