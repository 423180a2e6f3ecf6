/* gateway_private.h - what gateway.c and session.c share. */
#pragma once

#include "agent/headend/aaa.h"
#include "agent/headend/checker.h"
#include "agent/headend/forms.h"
#include "agent/headend/gateway.h"
#include "agent/headend/host_tun.h"
#include "agent/headend/peers.h"
#include "agent/headend/pool.h"
#include "agent/headend/session.h"
#include "agent/headend/tries.h"
#include "agent/ike/ike_listen.h"
#include "agent/link/ike_driver.h"
#include "agent/link/pump.h"
#include "agent/link/udp_sock.h"

struct Gateway {
    const AsaConfig *config; /* borrowed */
    Aaa *aaa;
    Checker *checker;
    Tries *tries;
    Peers *peers;
    GPtrArray *profiles; /* of FormsProfile * */
    Addr locals[2];      /* what it listens on */
    size_t n_locals;
    IkeEnv env;
    IkeConfig ike;
    IkeLimits limits;
    IkeRedirect redirect;
    IkeListen *listen;
    UdpDoors doors; /* ports 500 and 4500 of each; owned */
    HostTun tun;
    Pump *pump;
    GHashTable *pools;    /* const AsaPool * -> Pool * */
    GHashTable *sessions; /* IkeSa * -> Session * */
    GHashTable *spis;     /* inbound ESP SPIs in use, as pointers */
    KeyFile *keys;        /* gets every key; NULL: as it should be */
    uint32_t last_index;
    guint init_watch[2], tick, stop_timer;
    unsigned strangers; /* ended this minute before their first IKE_AUTH */
    Usec minute;        /* since when they are counted */
    bool stopping;
    void (*on_stopped)(void *user);
    void *stopped_user;
};

/* gateway_pool - the leases of a pool of the configuration, made when first asked for. */
Pool *gateway_pool(Gateway *g, const AsaPool *pool);
/* gateway_next_index - a number that no session has. */
uint32_t gateway_next_index(Gateway *g);
/* gateway_forget - the SA of a session has ended: frees both. */
void gateway_forget(Gateway *g, Session *s);
/* gateway_notes_stranger - a client has gone before its first IKE_AUTH; is that worth a line in the
 * log? Anybody can send IKE_SA_INITs from any address: of many a minute, only a few are. */
bool gateway_notes_stranger(Gateway *g);
/* gateway_forget_past - the client of @s says that it has no other IKE SA with us (RFC 7296 §2.4):
 * sessions of the same user from the same device are left over. All clients of AnyConnect have one
 * IDi, so this is the identity that counts; without a unique-id nobody is taken for another. */
void gateway_forget_past(Gateway *g, const Session *s);
/* gateway_make_room - a user logs in who may have @logins sessions: the oldest of the others go. */
void gateway_make_room(Gateway *g, const char *user, unsigned logins);
