/* ike_listen.h - the responder's front door: finds the IKE SA of a datagram, or makes one. */
#pragma once

#include "agent/ike/ike_sa.h"

typedef struct IkeListen IkeListen;

/* What many clients, or one that pretends to be many, may take (RFC 8019 §4). Where a limit on
 * half-open IKE SAs is met, the oldest whose initiator has shown nothing but an IKE_SA_INIT gives
 * way to the newest. */
typedef struct IkeLimits {
    size_t half_open;         /* IKE SAs without a finished IKE_AUTH at one time */
    size_t half_open_address; /* of one IPv4 address, or of one IPv6 /64 */
    size_t all;               /* IKE SAs at one time */
    size_t cookie_from;       /* so many half-open ones, and who asks must bring a COOKIE, as must
                                 who is at @half_open_address; 0: always */
} IkeLimits;
#define IKE_COOKIE_NEVER SIZE_MAX
#define IKE_LIMITS_DEFAULT                                                                         \
    ((IkeLimits){ .half_open = 256, .half_open_address = 64, .all = SIZE_MAX, .cookie_from = 128 })

/* What the door has done, since it was made. */
typedef struct IkeListenCount {
    uint64_t cookies_asked, cookies_good, cookies_bad;
    uint64_t given_way;  /* half-open IKE SAs that were dropped for newer ones */
    uint64_t redirected; /* IKE_SA_INITs that were answered with REDIRECT */
    uint64_t refused;    /* IKE_SA_INITs for which there was no room even so */
} IkeListenCount;

/* @limits: copied. */
IkeListen *ike_listen_new(const IkeConfig *config, const IkeEnv *env, const IkeLimits *limits);
void ike_listen_free(IkeListen *l); /* frees the SAs that are still in it */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(IkeListen, ike_listen_free)

/* ike_listen_recv - hand one datagram to the SA it belongs to.
 * A repeated IKE_SA_INIT finds the SA it made (RFC 7296 §2.1); one that is malformed makes none.
 * @ret_new: set when the SA was made by this datagram. One that was refused in the same breath (no
 * proposal in common, IKE_REASON_NO_PROPOSAL; another KE group wanted, IKE_REASON_NONE) comes back
 * closed: pull its datagram and its events, then remove it; it never counts as half open.
 * Returns the SA that took it, owned by @l, or NULL when it was dropped. */
IkeSa *ike_listen_recv(IkeListen *l, const IkePath *path, Slice octets, Usec now, bool *ret_new);
/* ike_listen_begin - an IKE SA that we begin, for ike_sa_start(). From now on its datagrams find it
 * here too. Owned by @l. @config: borrowed for its life. */
IkeSa *ike_listen_begin(IkeListen *l, const IkeConfig *config);
/* ike_listen_pull - a datagram of the door's own (INVALID_MAJOR_VERSION, INVALID_IKE_SPI are rate
 * limited); until false. */
bool ike_listen_pull(IkeListen *l, IkeDatagram *ret);
/* ike_listen_ended - an IKE SA that had to give way: closed, and to be pulled and removed as any;
 * NULL when there is none. Ask after each ike_listen_recv(), until NULL. */
IkeSa *ike_listen_ended(IkeListen *l);
/* ike_listen_remove - after IKE_EV_CLOSED and the last datagram: frees @sa. Its last answer is kept
 * for a while and repeated to a peer that asks the same again. */
void ike_listen_remove(IkeListen *l, IkeSa *sa);
size_t ike_listen_count(const IkeListen *l);
size_t ike_listen_half_open(const IkeListen *l);
IkeListenCount ike_listen_counted(const IkeListen *l);
