/* site_private.h - what site.c and site_sa.c share. */
#pragma once

#include "agent/headend/ios_show.h"
#include "agent/headend/site.h"
#include "agent/headend/site_host.h"
#include "agent/ike/ike_listen.h"
#include "agent/link/child_sas.h"
#include "agent/link/hold.h"
#include "agent/link/ike_driver.h"
#include "agent/link/plane.h"
#include "agent/link/udp_sock.h"

/* One IKE SA with the peer. */
typedef struct SiteSa {
    Site *site; /* borrowed */
    IkeSa *sa;  /* owned by the site's IkeListen */
    IkeDriver *driver;
    IkePlan plan; /* of one that the peer has begun */
    unsigned id;
    Usec born, up_at; /* 0: not up yet */
    Usec made;        /* the IKE SA as it is now */
    Usec silent_from; /* since when packets go out and none come in; 0: they do */
    bool ending;      /* we have asked it to go */
    const char *why;  /* our reason, static; NULL: the peer's */
    ChildSas sas;
} SiteSa;

struct Site {
    const IosConfig *config; /* borrowed */
    Addr local, peer;
    SiteHost host;
    IkeEnv env;
    IkeConfig ike;
    IkeListen *listen;
    UdpDoors doors; /* ports 500 and 4500; owned */
    Plane *plane;
    Hold *hold;
    GPtrArray *sas; /* of SiteSa *, oldest first; owned */
    KeyFile *keys;  /* gets every key; NULL: as it should be */
    unsigned last_id;
    EspStats past; /* of IKE SAs that are gone */
    Usec wanted;   /* when an SA was last asked for; 0: since there is one, not */
    Usec again;    /* not to be begun before */
    unsigned failed;
    guint init_watch, wanted_watch, tick, stop_timer;
    bool stopping;
    void (*on_stopped)(void *user);
    void *stopped_user;
};

/* site_sa_new - for an IKE SA of the site's IkeListen. */
SiteSa *site_sa_new(Site *site, IkeSa *sa);
void site_sa_free(SiteSa *s); /* and its child SAs; not the IkeSa */
/* site_sa_end - tell the peer, and carry no more packets. @why: static; for the log. */
void site_sa_end(SiteSa *s, const char *why);
/* site_sa_rekey - new keys: of the IKE SA, or of its child SAs. */
void site_sa_rekey(SiteSa *s, bool ike);
/* site_sa_tick - tell IKE what ESP has seen. */
void site_sa_tick(SiteSa *s, Usec now);
/* site_sa_show - a snapshot. @children: room for IKE_CHILDREN_MAX. @texts: strings made for it are
 * added here. */
void site_sa_show(SiteSa *s, IosShowChild *children, GPtrArray *texts, IosShowSa *ret);

/* site.c: what an IKE SA tells of. */
/* The peer has shown who it is, and says that this is its only IKE SA (RFC 7296 §2.4): what it had
 * before it does not know any more. */
void site_alone(Site *site, const SiteSa *s);
void site_up(Site *site, SiteSa *s);
/* The IKE SA has ended: frees @s. */
void site_gone(Site *site, SiteSa *s);
