/* ike_sa.h - one IKE SA, either role; no socket, no clock, no thread.
 *
 * Feed it datagrams, answers and the time; pull datagrams, events and the next deadline out.
 * It never calls back but for the two functions of IkeEnv, so it can be freed between any two
 * calls. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "agent/base/addr.h"
#include "agent/base/usec.h"
#include "agent/crypto/sig.h"
#include "agent/crypto/x509.h"
#include "agent/eap/eap_peer.h"
#include "agent/ike/ike_choose.h"
#include "agent/ike/ike_const.h"
#include "agent/ike/ike_cp.h"
#include "agent/ike/ike_id.h"
#include "agent/ike/ike_mobike.h"
#include "agent/ike/ike_redirect.h"
#include "agent/ike/ike_ts.h"

typedef enum IkeRole { IKE_INITIATOR, IKE_RESPONDER } IkeRole;
typedef struct IkeSa IkeSa;

/* Where a datagram goes or came from. The non-ESP marker (RFC 3948 §2.2) is the shell's: it stands
 * in front on the wire when @natt is set, and never in ->octets. */
typedef struct IkePath {
    Endpoint local, remote;
    bool natt; /* UDP 4500 */
} IkePath;

typedef struct IkeDatagram {
    IkePath path;
    Slice octets;   /* borrowed until the next call on the SA */
    bool keepalive; /* one octet 0xFF, sent without marker (RFC 3948 §2.3) */
} IkeDatagram;

enum { IKE_PATH_LEAST = 256 }; /* below it there is hardly room for more than the heads */

/* What is injected. Borrowed for the life of the SA. */
typedef struct IkeEnv {
    void (*random)(void *user, uint8_t *ret, size_t len);
    uint32_t (*esp_spi)(void *user); /* an inbound ESP SPI that nobody uses, >= 256 */
    int64_t (*wall)(void *user);     /* seconds since 1970, by which certificates are valid */
    void *user;
} IkeEnv;

/* How an end proves who it is (RFC 7296 §2.15, §2.16). */
typedef enum IkeWay {
    IKE_WAY_EAP, /* a client under the gateway's certificate */
    IKE_WAY_CERT,
    IKE_WAY_PSK,
    IKE_WAY_CERT_EAP, /* a client: certificate, then EAP (RFC 4739) */
} IkeWay;

/* What the two ends prove themselves with. Everything in it is borrowed for the life of the SA. */
typedef struct IkePlan {
    IkeWay ours, theirs;
    IkeId id;                    /* IDi or IDr, ours */
    IkeId want;                  /* initiator: the IDr to ask for and to demand; type 0: any */
    const SigKey *key;           /* signs our AUTH */
    const X509Chain *chain;      /* our CERT payloads */
    bool cert_twice;             /* a self-signed leaf is sent as leaf and issuer, as an ASA does
                                    (agent/docs/WIRE.md §2.4) */
    Slice psk_ours, psk_theirs;  /* what we prove, and what the peer has to */
    const EapMethod *const *eap; /* NULL-terminated, best first; a responder begins with it */
    EapSetup eap_setup;          /* what the methods are told; its second group is ike's */
    Slice ppk_id, ppk;           /* RFC 8784, its identity of type FIXED; empty: none */
    bool ppk_required;           /* without it no IKE SA */
} IkePlan;

/* When an SA is replaced, and when it ends if it could not be; 0: never by this measure. */
typedef struct IkeLife {
    Usec time;
    uint64_t octets, packets; /* of one direction; child SAs only */
} IkeLife;

/* Everything a role is told beforehand. Borrowed for the life of the SA; a responder's is shared by
 * all its SAs. */
typedef struct IkeConfig {
    IkeOffer ike, esp; /* what we offer (initiator) or accept (responder) */
    SigPolicy sig;
    bool trace;       /* make IKE_EV_TRACE of every message and transition */
    bool export_keys; /* make IKE_EV_KEYS of every IKE and child SA: for debugging, root only */

    Usec retransmit_first;     /* wait before the second try; doubles each time. 0: 500 ms */
    unsigned retransmit_tries; /* datagrams sent before giving up. 0: 6 */
    unsigned window;           /* requests of the peer's that may be under way, announced when more
                                  than one (RFC 7296 §2.3), at most 16; our own go one at a time */
    Usec dpd_interval;         /* silence after which the peer is asked; 0: as a CFG_REPLY says, or
                                  never */
    Usec dpd_default; /* the same where @dpd_interval is 0, until a CFG_REPLY says another; 0: never
                       */
    Usec keepalive;   /* NAT keepalive interval until a CFG_REPLY says another; 0: none */
    Usec auth_limit;  /* responder: wait for the next IKE_AUTH message. 0: 30 s */
    Usec user_limit;  /* either: wait while a person types. 0: 120 s */

    bool classic_only; /* as the field's 3.0 client: no SIGNATURE_HASH_ALGORITHMS (RFC 7427), no RFC
                          7383, and nonces of 20 octets whatever PRFs are offered */
    bool fragmentation;   /* announce, take and, where a message is too large, make fragments: RFC
                             7383 (but @classic_only) and Cisco's (agent/docs/WIRE.md §8) */
    bool prefer_cisco;    /* make Cisco's even when the peer knows RFC 7383 */
    uint16_t path_octets; /* the largest IP packet to make of an IKE message, at least
                             IKE_PATH_LEAST. 0: 576 over IPv4, 1280 over IPv6 (RFC 7383 §2.5.1) */

    IkePlan plan;

    IkeLife ike_life, child_life; /* rekeyed before, with jitter (RFC 7296 §2.8) */
    Usec drain;   /* from the rekeying of a child SA to our Delete of the old one: a peer that has
                     obeyed has no key for what is still on its way */
    Usec reauth;  /* initiator: IKE_EV_REAUTH before this age; 0: never */
    bool mobike;  /* RFC 4555: announce and do it */
    bool no_nats; /* initiator, with it: no NAT may stand in between (§3.9) */
    const Addr *addrs; /* with it: ours; the peer learns those it does not talk to */
    size_t n_addrs;
    bool redirect; /* initiator: willing to be sent elsewhere (RFC 5685) */
    bool router;   /* speak as the field's routers do between sites: their Vendor IDs, and nothing
                      of RFC 7427, as it is pre-shared keys that both prove */

    /* initiator */
    uint16_t ke_group; /* group of the first KE payload; 0: the first one offered */
    const char *app_version, *hostname; /* hints in CFG_REQUEST */
    uint16_t mtu;                       /* hint in CFG_REQUEST */
    bool inner_ipv6;                    /* ask for IPv6 as well */
    Addr ip4, ip6;                      /* inner addresses to ask for; family ADDR_NONE: any */
    bool follows; /* an IKE SA of ours with this gateway stands, and this one is to take its place:
                     no INITIAL_CONTACT (RFC 7296 §2.4, §2.8.3) */
    const IkeRedirect *redirected_from; /* the gateway that sent us here, NULL: none did */
    bool no_cp;     /* no CFG_REQUEST, and none is missed in the answer: between two sites */
    IkeTs tsi, tsr; /* offered to the gateway; n 0: everything */

    /* either: SHA-1 hashes for CERTREQ, n x 20 octets. Empty: 20 zero octets where the peer has to
     * show a certificate, else no CERTREQ. A responder asks in IKE_SA_INIT, before it knows whom */
    Slice certreq;

    struct IkeImpair *impair; /* builds with AC_IMPAIR: how we misbehave; else it does nothing */

    /* responder: where clients that can be are sent (RFC 5685); NULL: nowhere */
    const IkeRedirect *redirect_init; /* in IKE_SA_INIT */
    const IkeRedirect *redirect_auth; /* in the first IKE_AUTH, when we have proved who we are */
    bool ask_plan;                    /* IKE_EV_PEER for every client, instead of ->plan for all */
    bool ppk; /* with @ask_plan: there are clients with a PPK, so say USE_PPK to who says it */
} IkeConfig;

/* Why an SA ended; the CLI's exit codes and the headend's accounting are made of it. */
typedef enum IkeReason {
    IKE_REASON_NONE,
    IKE_REASON_LOCAL,   /* ike_sa_close() */
    IKE_REASON_PEER,    /* the peer deleted it */
    IKE_REASON_TIMEOUT, /* no answer to a request, or a request that should have come did not */
    IKE_REASON_USER_TIMEOUT, /* nobody answered the form in time */
    IKE_REASON_NO_PROPOSAL,  /* nothing in common: @text names what the peer has */
    IKE_REASON_PROTOCOL,     /* the peer broke the protocol */
    IKE_REASON_SERVER_AUTH,  /* the gateway's AUTH does not verify */
    IKE_REASON_CERT_REFUSED, /* ike_sa_answer_certificate(false) */
    IKE_REASON_LOGIN,        /* EAP failed or AUTHENTICATION_FAILED */
    IKE_REASON_DECLINED,     /* the person gave up or declined the banner */
    IKE_REASON_CONFIG,       /* no usable address, or the child SA was refused */
    IKE_REASON_REDIRECT,     /* the gateway names another (RFC 5685): IkeEvent.redirect */
    IKE_REASON_OUR_KEY,      /* our own private key does not sign */
    IKE_REASON_LIFETIME,     /* too old, and could not be replaced in time */
    IKE_REASON_NAT,          /* a NAT stands where IkeConfig.no_nats allows none */
} IkeReason;
const char *ike_reason_name(IkeReason r); /* stable token: "no_proposal" */

/* Keys and selectors of a child SA, as seen from this end. Whoever pulls the event may take
 * them with ike_child_move(), or wipe them when they have served. */
typedef struct IkeChild {
    uint32_t spi_in, spi_out;
    uint32_t replaces; /* spi_in of the one it was rekeyed from, 0: none (RFC 7296 §1.3.3) */
    bool outbound;     /* packets may go out over it now; until then they go over the old one, and
                          IKE_EV_CHILD_OUT says when (§2.8: a responder of a rekeying waits) */
    Suite suite;
    Secret key_in, integ_in, key_out, integ_out;
    Selectors local, remote; /* borrowed from the IkeSa, and the same for all its child SAs */
} IkeChild;
/* ike_child_move - all of @from to @ret, which is wiped first. Only the secrets leave @from: an SA
 * must still know its child when the peer deletes it. */
void ike_child_move(IkeChild *ret, IkeChild *from);
void ike_child_wipe(IkeChild *c); /* the secrets; the rest stays */

typedef enum IkeEventKind {
    IKE_EV_STATE, /* @text: "CurState: AUTH_SENT -> EAP: responder wants EAP (RFC 7296 §2.16)" */
    IKE_EV_TRACE, /* @text: a message sent or received, many lines, masked */
    IKE_EV_PEER,  /* responder, IkeConfig.ask_plan: a client that calls itself @idi and asks for
                     @idr (type 0: for nobody) is there: ike_sa_answer_peer() */
    IKE_EV_CERTIFICATE, /* the peer's AUTH verified with the leaf of @chain; is the leaf trusted,
                           for
                           @idr (initiator) or @idi (responder)? */
    IKE_EV_QUESTION,    /* @question: EAP wants an answer */
    IKE_EV_CONFIG,   /* responder: the login is right and AUTH verified; @cp is the CFG_REQUEST, its
                        type 0 when there was none: grant or refuse */
    IKE_EV_UP,       /* both AUTHs verified and the first child made; initiator: @reply */
    IKE_EV_CHILD_UP, /* @child; the first before IKE_EV_UP */
    IKE_EV_CHILD_OUT,  /* @child: only the SPIs are set */
    IKE_EV_CHILD_DOWN, /* @child: only the SPIs are set; @reason LIFETIME: its life is over, and it
                          could not be replaced in time */
    IKE_EV_REKEYED,    /* the IKE SA has new SPIs and keys: ike_sa_info(); its children stay */
    IKE_EV_REAUTH, /* initiator: IkeConfig.reauth or the peer's AUTH_LIFETIME is about to pass */
    IKE_EV_NOTICE, /* @text: a sentence for the administrator: what is wrong, and what would help */
    IKE_EV_PATH,   /* responder: ESP goes over IkeInfo.esp_path from now on (RFC 4555, RFC 7296
                      §2.23); initiator: the peer has answered to where ike_sa_move() led */
    IKE_EV_KEYS,   /* IkeConfig.export_keys: @text is a row as of ike_keyrow.h */
    IKE_EV_CLOSED, /* the end, of its child as well; @reason, @text. The last event; free the SA */
} IkeEventKind;

/* Everything in it belongs to the SA and lives until the next call on it; datagrams may be pulled
 * meanwhile. */
typedef struct IkeEvent {
    IkeEventKind kind;
    const char *text;
    const X509Chain *chain;
    IkeId idi, idr;
    uint8_t auth_method; /* IKE_EV_PEER: of its AUTH (RFC 7296 §3.8); 0: none, it wants EAP */
    const EapQuestion *question;
    IkeCp cp;
    const IkeCpReply *reply;
    const AcDoc *complete; /* with IKE_EV_UP: the `complete` document, may be NULL */
    IkeChild *child;
    IkeReason reason;
    bool initial_contact;        /* IKE_EV_CONFIG, IKE_EV_UP of a responder: the client says that it
                                    has no other IKE SA with us (RFC 7296 §2.4) */
    const IkeRedirect *redirect; /* with IKE_REASON_REDIRECT: where to */
} IkeEvent;

/* Responder's answer to IKE_EV_CONFIG. */
typedef struct IkeGrant {
    uint16_t error; /* a Notify error (INTERNAL_ADDRESS_FAILURE ...), 0: granted */
    Slice cp_attrs; /* encoded attributes of the CFG_REPLY; copied. Empty: no CFG_REPLY */
    IkeTs tsi,
        tsr; /* what the client, and what we, may use: offered selectors are narrowed to it */
} IkeGrant;

IkeSa *ike_sa_new(IkeRole role, const IkeConfig *config, const IkeEnv *env);
void ike_sa_free(IkeSa *sa);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(IkeSa, ike_sa_free)

/* ike_sa_start - initiator: send IKE_SA_INIT over @init; all after it goes over @natt
 * (agent/docs/WIRE.md §1.6). */
void ike_sa_start(IkeSa *sa, const IkePath *init, const IkePath *natt, Usec now);
/* ike_sa_recv - one datagram, marker removed. Returns IKE_OK, or IKE_DROP when it was ignored. */
IkeStatus ike_sa_recv(IkeSa *sa, const IkePath *path, Slice octets, Usec now);
void ike_sa_tick(IkeSa *sa, Usec now);                  /* a deadline passed */
bool ike_sa_pull_datagram(IkeSa *sa, IkeDatagram *ret); /* until false */
bool ike_sa_pull_event(IkeSa *sa, IkeEvent *ret);       /* until false */
Usec ike_sa_deadline(const IkeSa *sa);                  /* or USEC_NEVER */

/* ike_sa_answer_peer - how the client that IKE_EV_PEER told of proves itself, and we to it.
 * @plan: borrowed for the life of the SA; NULL: we do not know it, AUTHENTICATION_FAILED. */
void ike_sa_answer_peer(IkeSa *sa, const IkePlan *plan, Usec now);
void ike_sa_answer_certificate(IkeSa *sa, bool trusted, Usec now);
void ike_sa_answer_eap(IkeSa *sa, EapAnswer *answer, Usec now); /* moves out of @answer */
void ike_sa_answer_config(IkeSa *sa, const IkeGrant *grant, Usec now);
/* ike_sa_close - send Delete and end; before keys exist it just ends. IKE_EV_CLOSED follows, when
 * the peer has answered or after seven times the first retransmission wait. */
void ike_sa_close(IkeSa *sa, Usec now);
/* ike_sa_redirect - responder: the client of a standing IKE SA is to go to @to, which is copied
 * (RFC 5685 §5). It deletes the IKE SA itself. Returns false when the client cannot be sent. */
bool ike_sa_redirect(IkeSa *sa, const IkeRedirect *to, Usec now);
/* ike_sa_heard - fresh authenticated ESP came in at @now: no liveness check is due (RFC 7296 §2.4).
 */
void ike_sa_heard(IkeSa *sa, Usec now);
/* ike_sa_heard_from - the newest authentic ESP packet has come from @remote, and that is not where
 * ours go: a responder that is behind no NAT follows (RFC 7296 §2.23), as IKE_EV_PATH tells. */
void ike_sa_heard_from(IkeSa *sa, const Endpoint *remote, Usec now);
/* ike_sa_move - initiator: this end is reached, and goes, over @path from now on. The peer is told
 * with MOBIKE (RFC 4555 §3.5), else it finds out by a liveness check; what waits for an answer is
 * sent again at once. IKE_EV_PATH follows when the peer has answered. */
void ike_sa_move(IkeSa *sa, const IkePath *path, Usec now);
/* ike_sa_hold - there is no way to the peer: nothing is sent and nothing given up until
 * ike_sa_move(). */
void ike_sa_hold(IkeSa *sa);
/* ike_sa_doubt - something that nobody vouches for (ICMP, a clear notify) says that the peer is not
 * there: it is asked, but not again within ten seconds (RFC 7296 §2.4, §2.21.4). */
void ike_sa_doubt(IkeSa *sa, Usec now);
/* ike_sa_sent - ESP went out at @now: no keepalive is due (RFC 3948 §4). */
void ike_sa_sent(IkeSa *sa, Usec now);

/* ike_sa_set_lives - instead of IkeConfig's, for this SA and its child SAs; before it is up. */
void ike_sa_set_lives(IkeSa *sa, const IkeLife *ike, const IkeLife *child);
/* ike_sa_used - what the child SA @spi_in has carried since it was made, in its busier direction:
 * it is replaced before IkeConfig.child_life is over, and is down soon after. The first octets of a
 * child SA that may not send yet say that the peer has it. */
void ike_sa_used(IkeSa *sa, uint32_t spi_in, uint64_t octets, uint64_t packets, Usec now);
/* ike_sa_rekey, ike_sa_rekey_child - replace the IKE SA, or a child SA, as soon as the peer may be
 * asked. */
void ike_sa_rekey(IkeSa *sa, Usec now);
void ike_sa_rekey_child(IkeSa *sa, uint32_t spi_in, Usec now);
/* ike_sa_yield - another IKE SA has taken the place of this one: it carries what it carries until
 * ike_sa_close(), but nothing of it is replaced any more, and a peer that wants to is put off. */
void ike_sa_yield(IkeSa *sa);

/* A snapshot for status and show commands. Slices and texts are borrowed until the next call. */
typedef struct IkeInfo {
    IkeRole role;
    const char *state; /* "READY"-like word of the state table */
    uint64_t spi_i, spi_r;
    bool ours; /* this end has begun the IKE SA as it is now: ->spi_i is its own */
    Suite suite;
    Selectors local, remote; /* of its child SAs; before the first, as offered */
    IkePath path, esp_path;  /* of our requests; of ESP */
    bool up, half_open;
    bool nat_here, nat_there; /* found by the NAT detection hashes */
    IkeId id_local, id_remote;
    uint32_t send_id, recv_id; /* next Message IDs: our requests, theirs */
    Usec created, established;
    Usec since;     /* the keys of the IKE SA are so old; 0: not up yet */
    Usec login_end; /* initiator: until then the login counts (IkeConfig.reauth, RFC 4478);
                       USEC_NEVER: for ever */
    bool ppk;       /* SK_d has a PPK in it (RFC 8784) */
    bool peer_anyconnect, peer_delete_reason, peer_fragmentation; /* Vendor IDs seen */
    bool mobike;                                                  /* both ends do it */
    IkeAddrs peer_addrs;     /* with it: further ones of the peer's */
    bool peer_redirect;      /* the client can be sent elsewhere (RFC 5685 §3) */
    unsigned window;         /* requests of the peer's that may be under way */
    uint32_t peer_window;    /* what it says of ours (RFC 7296 §2.3) */
    char client_version[64]; /* responder: <version> of the init document, escaped; "" unknown */
} IkeInfo;
void ike_sa_info(const IkeSa *sa, IkeInfo *ret);
