/* gateway_private.h - what gateway*.c and session.c share. */
#pragma once

#include "agent/headend/aaa.h"
#include "agent/headend/checker.h"
#include "agent/headend/forms.h"
#include "agent/headend/gateway.h"
#include "agent/headend/host_tun.h"
#include "agent/headend/outcalls.h"
#include "agent/headend/peers.h"
#include "agent/headend/pool.h"
#include "agent/headend/revocation.h"
#include "agent/headend/session.h"
#include "agent/headend/tries.h"
#include "agent/ike/ike_listen.h"
#include "agent/link/ike_driver.h"
#include "agent/link/plane.h"
#include "agent/link/udp_sock.h"

struct Gateway {
    const AsaConfig *config; /* borrowed */
    Aaa *aaa;
    Checker *checker;
    Tries *tries;
    Peers *peers;
    Revocation *revocation;
    GPtrArray *profiles; /* of FormsProfile * */
    Addr locals[2];      /* what it listens on */
    size_t n_locals;
    IkeEnv env;
    IkeConfig ike;
    IkeLimits limits;
    IkeRedirect redirect;
    IkeListen *listen;
    Outcalls *outcalls;
    UdpDoors doors; /* ports 500 and 4500 of each; owned */
    HostTun tun;
    Plane *plane;
    GHashTable *pools;    /* const AsaPool * -> Pool * */
    GHashTable *sessions; /* IkeSa * -> Session * */
    GHashTable *spis;     /* inbound ESP SPIs in use, as pointers */
    KeyFile *keys;        /* gets every key; NULL: as it should be */
    uint32_t last_index;
    bool index_again; /* they began anew: one may be in use */
    guint init_watch[2], tick, stop_timer;
    unsigned strangers; /* ended this minute before their first IKE_AUTH */
    Usec minute;        /* since when they are counted */
    bool stopping;
    void (*on_stopped)(void *user);
    void *stopped_user;
};

/* gateway_offer - what the configuration says of IKE to every client: suites, limits, where else to
 * go. Needs the peers and the addresses; @error names the line. */
bool gateway_offer(Gateway *g, bool trace, GError **error);
/* gateway_kernel_open - an XFRM interface in ->tun, if @choice and the kernel will have it so; what
 * a dead gateway left behind is removed in any case. Needs gateway_offer().
 * @state: folder of its journal. */
bool gateway_kernel_open(Gateway *g, PlaneChoice choice, const char *state, GError **error);
/* gateway_kernel_plane - the kernel moves the packets from now on. */
Plane *gateway_kernel_plane(Gateway *g, UdpSock *natt, PumpIke on_ike, GError **error);
/* gateway_pool - the leases of a pool of the configuration, made when first asked for. */
Pool *gateway_pool(Gateway *g, const AsaPool *pool);
/* gateway_next_index - a number that no session has. */
uint32_t gateway_next_index(Gateway *g);
/* gateway_forget - the SA of a session has ended: frees both. */
void gateway_forget(Gateway *g, Session *s);
/* gateway_sessions - the established ones, oldest first; of @user, or all with NULL. Owned by the
 * caller, and its members are not. */
GPtrArray *gateway_sessions(Gateway *g, const char *user);
/* gateway_notes_stranger - a client has gone before its first IKE_AUTH; is that worth a line in the
 * log? Anybody can send IKE_SA_INITs from any address: of many a minute, only a few are. */
bool gateway_notes_stranger(Gateway *g);
/* gateway_forget_past - the client of @s says that it has no other IKE SA with us (RFC 7296 §2.4):
 * its older sessions are left over. All clients of AnyConnect have one IDi, so their unique-id is
 * the identity that counts; where nothing tells a client from another, nobody is taken for another.
 */
void gateway_forget_past(Gateway *g, const Session *s);
/* gateway_make_room - @s is of a user who may have so many sessions as its policy says: the oldest
 * of the others go. One that another follows is that other one. */
void gateway_make_room(Gateway *g, const Session *s);
/* gateway_standing - the session in whose place @s may come (RFC 7296 §2.8.3): the same user by the
 * same proof through the same tunnel group, on the same device, at the same outer address and port,
 * who has @inner. Everybody in a group may have proved the same key, so what is proved alone does
 * not tell. Another that was to come there, and was never heard, goes. NULL: there is none. */
const Session *gateway_standing(Gateway *g, const Session *s, const Addr *inner);
/* gateway_pass_on - @s has nothing left to send over: who follows it carries its packets. */
void gateway_pass_on(Gateway *g, const Session *s);
/* gateway_hand_over - the same, and @s goes. */
void gateway_hand_over(Gateway *g, Session *s);
