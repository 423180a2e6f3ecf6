/* ike_listen.h - the responder's front door: finds the IKE SA of a datagram, or makes one. */
#pragma once

#include "agent/ike/ike_sa.h"

typedef struct IkeListen IkeListen;
/* @max_half_open: IKE SAs without a finished IKE_AUTH at one time; more IKE_SA_INITs are dropped.
 */
IkeListen *ike_listen_new(const IkeConfig *config, const IkeEnv *env, size_t max_half_open);
void ike_listen_free(IkeListen *l); /* frees the SAs that are still in it */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(IkeListen, ike_listen_free)

/* ike_listen_recv - hand one datagram to the SA it belongs to.
 * A repeated IKE_SA_INIT finds the SA it made (RFC 7296 §2.1); one that is malformed makes none.
 * @ret_new: set when the SA was made by this datagram. One that was refused in the same breath (no
 * proposal in common, IKE_REASON_NO_PROPOSAL; another KE group wanted, IKE_REASON_NONE) comes back
 * closed: pull its datagram and its events, then remove it; it never counts as half open.
 * Returns the SA that took it, owned by @l, or NULL when it was dropped. */
IkeSa *ike_listen_recv(IkeListen *l, const IkePath *path, Slice octets, Usec now, bool *ret_new);
/* ike_listen_pull - a datagram of the door's own (INVALID_MAJOR_VERSION, INVALID_IKE_SPI are rate
 * limited); until false. */
bool ike_listen_pull(IkeListen *l, IkeDatagram *ret);
/* ike_listen_remove - after IKE_EV_CLOSED and the last datagram: frees @sa. Its last answer is kept
 * for a while and repeated to a peer that asks the same again. */
void ike_listen_remove(IkeListen *l, IkeSa *sa);
size_t ike_listen_count(const IkeListen *l);
size_t ike_listen_half_open(const IkeListen *l);
