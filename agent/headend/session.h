/* session.h - one client of the gateway, from its first datagram to its last. */
#pragma once

#include "agent/headend/checker.h"
#include "agent/headend/forms.h"
#include "agent/headend/gateway.h"
#include "agent/headend/peers.h"
#include "agent/headend/pool.h"
#include "agent/headend/revocation.h"
#include "agent/headend/show.h"
#include "agent/ike/ike_sa.h"
#include "agent/link/child_sas.h"
#include "agent/link/ike_driver.h"

/* An address out of a pool; given back with it. */
typedef struct Lease {
    Pool *pool; /* NULL: none */
    const AsaPool *from;
    Addr addr;
} Lease;

typedef struct Session Session;
/* What becomes of a certificate. @why: a static clause; NULL: it is believed. */
typedef void (*SessionCertDone)(Session *s, const char *why);

struct Session {
    Gateway *gateway; /* borrowed */
    IkeSa *sa;        /* owned by the gateway's IkeListen */
    IkeDriver *driver;
    uint32_t index; /* 0 until the login is right */

    PeersFound peers; /* who it is, as it says; its plan is in use */
    const char *way;  /* how it logs in, for people; static, NULL until that is known */
    Forms *forms;     /* AnyConnect; NULL: it speaks something else, or nothing yet */
    const EapQuestion *question;
    char *owner; /* AnyConnect: common name of the certificate it has proved; NULL: none */
    FormsLogin logins[FORMS_LOGINS_MAX]; /* being checked */
    size_t n_logins, n_checked;
    const AsaUser *right[FORMS_LOGINS_MAX];
    CheckerJob *job;                 /* NULL: nothing is being checked */
    RevocationJob *asked;            /* about a certificate; NULL: nothing is asked */
    const AsaTrustpoint *trustpoint; /* that has issued it, and wants to know; NULL: none */
    SessionCertDone cert_done;

    /* set when the login is right */
    bool initial_contact; /* the client says that it has no other IKE SA with us */
    char *user;           /* a user of ours, or what the owner of a key calls himself, escaped */
    const AsaTunnelGroup *group;
    const AsaGroupPolicy *policy;
    const AsaCryptoMap *site; /* site-to-site: its entry; else NULL */

    Secret post_auth; /* attribute 28727 */
    Lease ip4, ip6;
    uint32_t follows; /* index of the session of the same client whose place it takes; 0: none */
    uint32_t in_hand; /* spi_in of its child SA while that of ->follows carries packets; 0: none */
    bool up;
    bool ending;     /* we have asked it to go */
    const char *why; /* our reason, static; NULL: the peer's */
    Usec up_at;
    int64_t login_time; /* seconds since 1970 */
    ChildSas sas;
    ChildSas late;   /* of the session it has followed, for packets that were on their way */
    Usec late_until; /* and until when */
    EspStats stats;  /* as last read */
    char peer[ENDPOINT_TEXT_MAX];
};

/* session_new - for an SA that a datagram of @peer's has just made, or that is to call @peer. */
Session *session_new(Gateway *g, IkeSa *sa, const Endpoint *peer);
void session_free(Session *s); /* gives back what it has; not the SA */
/* session_end - tell the client, and give back addresses and data path at once.
 * @why: static; for the log. */
void session_end(Session *s, const char *why);
/* session_redirect - send the client to another gateway; false when it cannot be sent. */
bool session_redirect(Session *s, const IkeRedirect *to);
/* session_rekey - give it new keys: of the IKE SA, or of its child SAs. */
void session_rekey(Session *s, bool ike);
/* session_carries - do packets to the client go over its own child SA? Those of a session that
 * follows another do once the client has sent some over it. */
bool session_carries(Session *s);
/* session_carry - packets to the client go out over it, if they do not yet. */
void session_carry(Session *s);
/* session_take_over - @past, which it follows, goes; its child SAs still receive for a moment. */
void session_take_over(Session *s, Session *past);
/* session_tick - look at the clock: idle and session limits; tell IKE what ESP has seen. */
void session_tick(Session *s, Usec now);
/* session_show - a snapshot; what it points to lives until the main loop runs again.
 * @texts: strings made for it are added here. */
void session_show(Session *s, GPtrArray *texts, ShowSession *ret);
