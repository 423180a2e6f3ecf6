/* sim.h - a client and a gateway, a bad network and a clock, all in memory.
 *
 * The client is one IkeSa, the gateway an IkeListen with as many as it makes. Every random octet
 * comes from the seed (key pairs do not), and time jumps to the next arrival or deadline. */
#pragma once

#include "agent/ike/ike_header.h"
#include "agent/ike/ike_listen.h"

typedef enum SimSide { SIM_CLIENT, SIM_GATEWAY } SimSide; /* whose, or sent by whom */

/* What the people and owners at both ends say; tests change it before or while it runs. */
typedef struct SimPlay {
    bool distrust;            /* the certificate is refused */
    bool distrust_client;     /* and the client's */
    bool stranger;            /* the gateway's owner does not know the client */
    const IkePlan *plan;      /* what he says of it otherwise, NULL: the config's */
    bool silent_peer;         /* he does not say */
    bool silent_trust;        /* nobody looks at the certificate */
    bool silent_verdict;      /* nor at the client's */
    bool silent_person;       /* nobody fills in the form */
    bool give_up;             /* the person cancels the form */
    bool decline_banner;      /* */
    const char *passwords[4]; /* typed one after the other; the last one again */
    const char *right;        /* what the gateway wants to hear */
    unsigned tries;           /* wrong passwords before it says no for good */
    const char *banner;       /* shown after the login, NULL: none */
    bool ask_certificate;     /* the gateway wants one inside EAP-AnyConnect */
    bool silent_owner;        /* the gateway's owner does not decide */
    bool silent_grant;        /* the gateway's owner does not assign */
    uint16_t refuse;          /* Notify error instead of a configuration */
    const char *address;      /* assigned; NULL: none in the reply */
    bool site;                /* everything is granted and nothing assigned */
    const char *tsi;          /* prefix granted to the client, NULL: its address */
    uint32_t dpd, keepalive;  /* seconds, in the reply; 0: not in it */
} SimPlay;

enum { SIM_MESSAGES_MAX = 64 };

/* One datagram as it went out. */
typedef struct SimMessage {
    uint8_t exchange;
    bool response;
    uint32_t id;
    size_t len;
} SimMessage;

typedef struct SimChild {
    IkeChild c; /* with its keys; ->outbound as CHILD_OUT has left it */
    const IkeSa *of;
} SimChild;

/* What one end did and was told. */
typedef struct SimPeer {
    IkeSa *sa; /* gateway: the newest */
    unsigned sent[256];
    unsigned keepalives;
    SimMessage log[SIM_MESSAGES_MAX]; /* the first so many */
    size_t n_log;
    unsigned ups, child_ups, child_downs, child_outs, closes, paths;
    unsigned certificates, questions, configs, peers;
    unsigned rekeyed, reauths, notices;
    char *notice;        /* the last */
    GPtrArray *children; /* of SimChild *: those that are up, oldest first */
    unsigned made;       /* gateway: IKE SAs that IKE_SA_INIT made */
    IkeReason reason;
    IkeRedirect to; /* with IKE_REASON_REDIRECT */
    char *why;
    Usec up_at, closed_at;
    IkeChild child;          /* of the last CHILD_UP */
    Addr address;            /* client: assigned */
    bool complete;           /* client: the complete document came with UP */
    GString *trace;          /* of all STATE, TRACE and KEYS events */
    const EapQuestion *open; /* a question that nobody has answered yet */
    IkeSa *asked;            /* gateway: by whom, or who waits for a configuration */
    char *idi, *idr;         /* gateway: with the last IKE_EV_PEER */
    bool cfg_asked;          /* gateway: there was a CFG_REQUEST */
    Addr wished;             /* gateway: the address that it asked for */
    bool initial_contact;    /* gateway: the last client said so */
} SimPeer;

typedef struct SimSetup {
    uint64_t seed;
    Usec delay, jitter;   /* one way; up to @jitter more, which reorders */
    unsigned lose, twice; /* datagrams per thousand */
    void (*tune)(IkeConfig *client, IkeConfig *gateway);
    const IkeLimits *limits; /* NULL: hardly any, and no cookies */
} SimSetup;

typedef struct Sim Sim;
/* Who draws: the two ends may be given nonces of their own choice. */
typedef struct SimDice {
    Sim *sim;
    uint8_t nonces[4]; /* first octet of the next nonces (draws of 32 octets) */
    unsigned n_nonces, drawn;
} SimDice;
/* Called for each datagram as it goes out; may change @octets, or empty it to lose it. */
typedef void (*SimTap)(Sim *sim, SimSide from, GByteArray *octets, void *user);

struct Sim {
    Usec now;
    SimSetup setup;
    SimPlay play;
    IkeConfig config[2]; /* by SimSide */
    IkeEnv env;          /* the gateway's */
    IkeEnv env_client;
    SimDice dice[2]; /* by SimSide */
    uint64_t random;
    uint32_t next_esp_spi;
    SimPeer client, gateway;
    IkeSa *past; /* the client's, after sim_again() */
    bool past_closed;
    IkeListen *listen;
    GPtrArray *sas;   /* gateway's, borrowed from @listen */
    GPtrArray *wire;  /* of datagrams on their way */
    GPtrArray *held;  /* of those that wait for sim_release() */
    unsigned lose[2]; /* by sender: so many more are lost */
    bool cut;         /* nothing arrives */
    uint16_t moved;   /* added to the client's port as a NAT would, once it is not 0 */
    const char *client_at,
        *gateway_at;       /* where they are now; what is sent from elsewhere is lost */
    const char *hidden_at; /* the gateway's own idea of its address, behind a NAT; NULL: the same */
    SimTap tap;
    void *tap_user; /* owned, g_free */
    uint64_t serial;
    unsigned typed, wrong;
    const char *until; /* sim_reach() */
    SimSide until_side;
};

Sim *sim_new(const SimSetup *setup);
void sim_free(Sim *sim);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Sim, sim_free)

void sim_start(Sim *sim);
typedef bool (*SimDone)(const Sim *sim);
/* sim_run - until @done, for at most @span; returns whether @done came true. */
bool sim_run(Sim *sim, SimDone done, Usec span);
void sim_connect(Sim *sim); /* start and run until both are up, or abort the test */
/* sim_again - a second IKE SA of the client's begins, which is to take the place of the first, over
 * the second door; it is the client's ->sa from now on, and the first one ->past. Once only. */
void sim_again(Sim *sim);
bool sim_both_up(const Sim *sim);
bool sim_client_closed(const Sim *sim);
bool sim_both_closed(const Sim *sim);
bool sim_never(const Sim *sim);
/* sim_reach - start and run until @side is in @state, with the people silent in whose hands that
 * state is; aborts the test if it never comes. sim_wake() lets them answer. */
void sim_reach(Sim *sim, SimSide side, const char *state);
void sim_wake(Sim *sim);
const char *sim_state(const Sim *sim, SimSide side); /* "" while there is no SA */
void sim_drain(Sim *sim); /* after calls on an SA: carry its datagrams and events */

/* By hand, without the clock: how many datagrams of @from are on their way; the oldest of them
 * arrives, or is lost. */
unsigned sim_waiting(const Sim *sim, SimSide from);
void sim_pass(Sim *sim, SimSide from);
void sim_lose(Sim *sim, SimSide from);
void sim_pass_all(Sim *sim); /* until nothing is on its way */
/* sim_hold - the oldest datagram of @from is overtaken by all that follow, until sim_release(). */
void sim_hold(Sim *sim, SimSide from);
void sim_release(Sim *sim);
/* sim_nonces - the first octets of the next @n nonces that @side draws after its login. */
void sim_nonces(Sim *sim, SimSide side, const uint8_t *first, unsigned n);
/* sim_pairs - how many child SAs are up at both ends, with keys and SPIs that fit each other. */
unsigned sim_pairs(const Sim *sim);

/* sim_inject - hand octets to one end as if they had come from the other; drains.
 * @natt: over UDP 4500. */
void sim_inject(Sim *sim, SimSide to, bool natt, Slice octets);
/* The gateway as a client sees it now. */
IkePath sim_path(const Sim *sim, SimSide at, bool natt);
