/* ike_sa_private.h - the inside of IkeSa, for agent/ike/ike_*.c only. */
#pragma once

#include "agent/base/secret.h"
#include "agent/crypto/kex.h"
#include "agent/crypto/prf.h"
#include "agent/eap/eap_server.h"
#include "agent/ike/ike_children.h"
#include "agent/ike/ike_epoch.h"
#include "agent/ike/ike_fsm.h"
#include "agent/ike/ike_job.h"
#include "agent/ike/ike_ke.h"
#include "agent/ike/ike_natd.h"

enum {
    IKE_KE_RETRIES = 2,     /* INVALID_KE_PAYLOAD is not authenticated: obeyed this often (§1.2) */
    IKE_COOKIE_RETRIES = 5, /* COOKIE is neither: so many different ones are returned (§2.6) */
    IKE_ERROR_PATIENCE = 2, /* retransmissions after an unauthenticated error (§2.21.1) */
    IKE_NONCE_SMALL =
        20, /* agent/docs/WIRE.md §1.1; at least half the key of a SHA-1 PRF (§2.10) */
    IKE_NONCE_LARGE = 32, /* half the key of PRF-HMAC-SHA-512 */
    IKE_CHILD_SPI_LEN = 4,
    IKE_CHILD_SPI_MIN = 256, /* RFC 4303 §2.1 */
    CLIENT_VERSION_MAX = 63, /* octets kept of what a client calls itself */
};

/* A datagram or an event that waits to be pulled. */
typedef struct IkeOut {
    IkePath path;
    GBytes *octets; /* NULL: a keepalive */
} IkeOut;
typedef struct IkeNews {
    IkeEvent ev;
    char *text;
    IkeChild *child; /* of CHILD_UP, CHILD_OUT, CHILD_DOWN */
} IkeNews;

typedef struct IkeMobike {
    bool on; /* both have announced it */
    IkeAddrs peer_addrs;
    Usec move_due, check_due; /* 0: not */
    IkePath asked_from;       /* the path that the request which waits went over first */
    bool asked_elsewhere;     /* gateway: and since then another one, too */
    bool updating;            /* client: and it is an UPDATE_SA_ADDRESSES */
    unsigned natted;          /* client: so often was a NAT in the way of this move */
    Usec updated;             /* client: when the last one went out; 0: none did, or the check that
                                 follows it has been here */
    IkePath stray;            /* gateway: whence ESP comes, and ours does not go there */
    Usec stray_due;           /* when that is to be checked; 0: not */
    Usec stray_rest;          /* nor before that */
    bool straying;            /* gateway: the request that waits checks ->asked_from for ESP */
    uint64_t seen_under;      /* client: our mapping is known under this SPI; 0: is not */
    uint8_t seen_as[IKE_NATD_LEN];
    uint8_t cookie2[IKE_COOKIE2_LEN]; /* gateway: what the client has to send back */
} IkeMobike;

enum { IKE_REPLACED_MAX = 4 }; /* IKE SAs that were replaced and may still be spoken of */

/* Our CREATE_CHILD_SA request that waits for its answer: one, as the window is. */
typedef struct IkeAttempt {
    Kex *kex; /* NULL: no key exchange */
    GBytes *nonce;
    IkeEpoch *next;  /* the IKE SA to be, without keys; or */
    IkeChild *old;   /* the child SA to be replaced, without keys, and */
    uint32_t spi_in; /* where the new one will receive */
} IkeAttempt;

struct IkeSa {
    IkeRole role;
    IkeState state;
    const IkeConfig *config; /* borrowed */
    const IkePlan *plan;     /* borrowed; the config's, or the owner's answer to IKE_EV_PEER */
    const IkeEnv *env;       /* borrowed */
    IkeTrigger raised;       /* by a handler: fired when its row has moved the state */
    const char *story;       /* of the row that runs; its handler may tell a better one */

    IkeEpoch *ike;   /* the one our requests go under */
    IkeEpoch *at;    /* the one of the message in hand: it is owed the answer */
    IkeEpoch *rival; /* made by the peer while it owes the answer to our own rekeying of ->ike: one
                        of the two stays (§2.8.2) */
    IkeEpoch *replaced[IKE_REPLACED_MAX]; /* they answer until they are deleted, oldest first */
    size_t n_replaced;
    IkeAttempt attempt;
    uint16_t ike_group, esp_group; /* what the peer wants to rekey with; 0: it has not said */
    bool no_pfs;                   /* it does not rekey a child SA with any */
    IkePath path;                  /* where our next request goes */
    IkePath esp_path;
    bool held;    /* there is no way to the peer */
    bool moving;  /* initiator: and the peer has not answered yet */
    Usec ask_at;  /* a liveness check out of turn, 0: none */
    Usec doubted; /* the last one for which nobody vouched */
    IkeMobike mobike;
    IkePath natt; /* initiator: where everything after IKE_SA_INIT goes */
    bool nat_here, nat_there;
    bool peer_anyconnect, peer_delete_reason, peer_fragmentation, peer_skf;
    bool peer_multiple;                 /* initiator: the gateway knows RFC 4739 */
    bool peer_ppk;                      /* USE_PPK both ways (RFC 8784) */
    bool ppk_asked, ppk_confirmed, ppk; /* PPK_IDENTITY sent, answered by us; it is in the keys */
    IkeKeys plain;                      /* initiator: d, pi, pr without it, until it is settled */
    GBytes *ppk_kept, *no_ppk_kept;     /* responder: data of the notifies; NULL: not there */
    bool initial_contact;               /* responder: in the first IKE_AUTH */
    bool peer_redirect;                 /* the client can be sent elsewhere */
    uint32_t peer_window;               /* the largest SET_WINDOW_SIZE, 0: none */
    IkeRedirect *redirect; /* where this ends: told by the gateway, or to be told to the client */
    bool redirecting;      /* responder: ->redirect is to be told */
    uint32_t peer_hashes;  /* bit per SigHash of the peer's SIGNATURE_HASH_ALGORITHMS, 0: none */
    char *client_version;  /* responder, escaped; NULL unknown */

    GBytes *init_i, *init_r; /* IKE_SA_INIT as sent: AUTH covers them (§2.15) */
    GBytes *ni, *nr;
    GBytes *idi, *idr; /* bodies as sent */
    Kex *kex;

    /* initiator, IKE_SA_INIT: what to say if no good answer comes */
    unsigned ke_retries, cookie_retries;
    GBytes *cookie;                 /* to return, NULL: none was asked for */
    uint8_t natd_lie[IKE_NATD_LEN]; /* drawn once: all but the cookie stays as it is (§2.6) */
    bool init_again;                /* the answer to a second try was the same again */
    IkeReason init_reason;
    char *init_why;

    GBytes *auth_kept, *idr_asked; /* responder: of the first request; NULL: not in it */
    bool another;                  /* responder: the client announced a second proof (RFC 4739) */

    X509Chain *chain; /* the peer's; NULL: none came that can be read */
    GBytes *eap_kept; /* initiator: the EAP packet that came with the certificate */
    EapPeer *peer;
    EapServer *server;
    EapAnswer *answer;     /* during ike_sa_answer_eap() only */
    const IkeGrant *grant; /* during ike_sa_answer_config() only */
    bool person;           /* responder: a person fills in the form we sent */
    bool identified;       /* responder: IDr, CERT, AUTH have gone out */

    /* InitiatorSignedOctets, for an EAP method that signs them */
    Secret eap_octets;

    Suite esp; /* the child's */
    uint8_t esp_number;
    Selectors local, remote; /* owned: what the client has offered; once there is a child SA, what
                                that and all after it are for (§2.9.2) */
    bool cfg_asked;
    GBytes *cfg_request; /* responder: attributes of the CFG_REQUEST */
    IkeCpReply *reply;   /* of an initiator; it is large */
    IkeChild child;      /* being made */
    IkeChildren children;

    Usec created, established;
    Usec heard, sent; /* last fresh packet in, last packet out */
    Usec dpd, keepalive;
    Usec limit; /* of the state we are in */
    IkeLife ike_life, child_life;
    Usec reauth;    /* initiator: when the owner is told to log in again */
    Usec login_end; /* and until when it counts */

    bool yielded;    /* nothing is rekeyed any more */
    bool leaving;    /* a Delete goes out as soon as the waiting request is answered */
    uint16_t error;  /* the Notify that BROKEN sends */
    uint8_t hint[2]; /* its data: a KE group, or a payload type */
    uint8_t hint_len;
    IkeReason reason;
    char *why;

    GQueue out, news; /* of IkeOut *, of IkeNews * */
#ifdef AC_IMPAIR
    struct IkeImpaired *impaired;
#endif
    IkeOut *lent_out; /* pulled: lives until the next call */
    IkeNews *lent_news;
    size_t *half_open;  /* responder: the door's count, while we are in it */
    GHashTable *by_spi; /* responder: the door's, borrowed; our SPIs are in it */
};

/* ike_sa.c */
unsigned ike_sa_window(const IkeSa *sa); /* requests of the peer's that may be under way */
void ike_sa_enter(IkeSa *sa, IkeState to, const char *story, Usec now);
/* ike_sa_fail - why this SA is about to end (the first reason stays) and the Notify the peer gets.
 * Returns @error, for the handler to return. */
IkeStatus ike_sa_fail(IkeSa *sa, uint16_t error, IkeReason reason, const char *format, ...)
    G_GNUC_PRINTF(4, 5);
void ike_sa_blame(IkeSa *sa, IkeReason reason, const char *format, ...) G_GNUC_PRINTF(3, 4);
void ike_sa_tell(IkeSa *sa, const IkeEvent *ev);
Slice ike_sa_bytes(const GBytes *b); /* a view; {0} for NULL */
IkeId ike_sa_id(const GBytes *body); /* a view; {0} for NULL */
GBytes *ike_sa_random(IkeSa *sa, size_t len);
uint32_t ike_sa_chance(IkeSa *sa); /* 32 random bits */
uint64_t ike_sa_draw_spi(IkeSa *sa);
/* ike_sa_reauth_within - the login counts for @span from now; 0: for ever. */
void ike_sa_reauth_within(IkeSa *sa, Usec span, Usec now);
/* ike_sa_notice - one sentence that an administrator can act on. */
void ike_sa_notice(IkeSa *sa, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* ike_sa_out.c: the plaintext of a message under construction; may hold a password. */
typedef struct IkeDraft {
    uint8_t *buf; /* IKE_MESSAGE_MAX octets */
    Writer out;
    IkeChain chain;
} IkeDraft;
void ike_draft_begin(IkeDraft *d);
void ike_draft_clear(IkeDraft *d);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(IkeDraft, ike_draft_clear)
/* A Notify; @proto as agent/docs/WIRE.md §1.1. */
void ike_chain_window(const IkeSa *sa,
                      IkeChain *c); /* SET_WINDOW_SIZE, when there is more than one */
void ike_chain_notify(IkeChain *c, uint8_t proto, uint16_t type, Slice data);
/* ike_sa_request, ike_sa_respond - seal @d and send it: our next request, under ->ike or @epoch;
 * the answer owed, under ->at. Return IKE_OK, or fail the SA when the message is too long or the
 * Message IDs are used up. */
IkeStatus ike_sa_request(IkeSa *sa, uint8_t exchange, IkeDraft *d, Usec now);
IkeStatus ike_sa_request_under(IkeSa *sa, IkeEpoch *epoch, uint8_t exchange, IkeDraft *d, Usec now);
IkeStatus ike_sa_respond(IkeSa *sa, IkeDraft *d, Usec now);
/* The answer owed is one error Notify; cannot fail. */
void ike_sa_respond_error(IkeSa *sa, uint16_t error, Slice data, Usec now);
/* ike_sa_push - @octets, borrowed: one message, or its fragments one behind the other. NULL: a
 * keepalive. */
void ike_sa_push(IkeSa *sa, const IkePath *path, GBytes *octets, Usec now);
void ike_out_push(GQueue *out, const IkePath *path, GBytes *octets); /* the same for any queue */
void ike_out_free(IkeOut *o);
void ike_sa_trace(IkeSa *sa, const IkeMsg *m, bool sent, const IkePath *path);
/* A clear message of ours (IKE_SA_INIT): traced and pushed; @octets is borrowed. */
void ike_sa_push_clear(IkeSa *sa, const IkePath *path, GBytes *octets, Usec now);

/* ike_sa_enlist - @by_spi, borrowed, has every SPI that @sa has chosen, and soon has chosen. */
void ike_sa_enlist(IkeSa *sa, GHashTable *by_spi);

/* ike_epochs.c */
/* Which IKE SA a message of the peer's belongs to, by both SPIs and flag I; or NULL. */
IkeEpoch *ike_epochs_find(const IkeSa *sa, const IkeHeader *h);
/* ike_epochs_new - with an SPI of ours, by which the door finds @sa from now on. */
IkeEpoch *ike_epochs_new(IkeSa *sa, bool ours);
void ike_epochs_free(IkeSa *sa, IkeEpoch *e);
void ike_epochs_clear(IkeSa *sa);         /* all of them */
void ike_epochs_age(IkeSa *sa, Usec now); /* ->ike begins its life */
/* ike_epochs_adopt - @e (taken; ->rival, or no one's yet) is the IKE SA from now on, and the one
 * before is replaced. */
void ike_epochs_adopt(IkeSa *sa, IkeEpoch *e, Usec now);
void ike_epochs_replace(IkeSa *sa, IkeEpoch *e, Usec now); /* @e is taken */
void ike_epochs_remove(IkeSa *sa, IkeEpoch *e);            /* a replaced one; else nothing */
/* ike_epochs_deleted - the peer has deleted @e, and its answer is out. Returns true when there is
 * none that takes its place. */
bool ike_epochs_deleted(IkeSa *sa, IkeEpoch *e, Usec now);
Usec ike_epochs_deadline(const IkeSa *sa);
/* ike_epochs_tick - requests again, fragments and replaced ones away. Returns what happened to the
 * request of ->ike. */
IkeWindowTick ike_epochs_tick(IkeSa *sa, Usec now);

/* ike_sa_in.c */
/* One SK payload. @asked: by what a request is known again. */
IkeStatus ike_sa_recv_sealed(IkeSa *sa, const IkePath *path, IkeMsg *m, Slice asked, Usec now);
/* The inside of @m, whose integrity is good; @first: type of the first payload in @plain. */
IkeStatus ike_sa_recv_plain(IkeSa *sa, const IkePath *path, IkeMsg *m, uint8_t first, Slice plain,
                            Slice asked, Usec now);
/* The answer we gave goes out again to where the question came from; while it is owed, silence. */
void ike_sa_repeat(IkeSa *sa, const IkePath *path, uint32_t id, Usec now);

/* ike_path.c */
bool ike_path_equal(const IkePath *a, const IkePath *b);
/* Our requests go over @path; one that waits for its answer goes again (RFC 4555 §3.5). */
void ike_path_turn(IkeSa *sa, const IkePath *path, Usec now);
/* The waiting request of @e goes out again. */
void ike_path_again(IkeSa *sa, IkeEpoch *e, Usec now);
/* The peer has answered to where we are now. */
void ike_path_arrived(IkeSa *sa);
/* NAT_DETECTION_SOURCE_IP and _DESTINATION_IP for a message over @path. */
void ike_path_write_natd(IkeSa *sa, const IkeEpoch *epoch, IkeChain *c, const IkePath *path);
/* Fresh and authentic IKE came over @path: a responder follows it. */
void ike_path_follow(IkeSa *sa, const IkePath *path);
/* ESP goes over @path from now on; told when there is an owner who has to know. */
void ike_path_carry(IkeSa *sa, const IkePath *path);

/* ike_sa_frag.c: both forms of fragments, in and out. */
bool ike_sa_is_fragment(const IkeMsg *m);
IkeStatus ike_sa_recv_fragment(IkeSa *sa, const IkePath *path, const IkeMsg *m, Usec now);
typedef enum IkeCut { IKE_CUT_NONE, IKE_CUT_SKF, IKE_CUT_CISCO } IkeCut;
/* ike_sa_cut - in which form a message of @len octets goes over @path. @ret_limit: octets of an IKE
 * packet. */
IkeCut ike_sa_cut(const IkeSa *sa, const IkePath *path, size_t len, size_t *ret_limit);
/* ike_sa_cut_sealed - Cisco's fragments of the finished message @wire. */
GBytes *ike_sa_cut_sealed(IkeSa *sa, IkeEpoch *epoch, Slice wire, size_t limit);
/* ike_sa_seal_cut - @plain in SKF payloads. @aead: of @epoch, sealing. */
GBytes *ike_sa_seal_cut(IkeSa *sa, IkeEpoch *epoch, Aead *aead, const IkeHeader *h, uint8_t first,
                        Slice plain, size_t limit);
/* ike_sa_out.c: IV as it stands on the wire. */
void ike_sa_draw_iv(IkeSa *sa, IkeEpoch *epoch, uint8_t *ret, size_t len);

/* ike_x_init.c */
IkeRun ike_x_init_start, ike_x_init_on_response, ike_x_init_on_error, ike_x_init_give_up;
IkeRun ike_x_init_on_request, ike_x_init_refuse;
/* ike_x_auth_i.c */
IkeRun ike_x_auth_i_on_identity, ike_x_auth_i_on_whole, ike_x_auth_i_on_half, ike_x_auth_i_finish;
IkeRun ike_x_auth_i_on_eap, ike_x_auth_i_on_final, ike_x_auth_i_on_childless;
IkeRun ike_x_auth_i_on_other, ike_x_auth_i_trusted, ike_x_auth_i_distrusted, ike_x_auth_i_answer;
IkeRun ike_x_auth_i_send_eap, ike_x_auth_i_ask, ike_x_auth_i_prove;
IkeStatus ike_x_auth_i_send_first(IkeSa *sa, Usec now);
/* ike_x_auth_r.c */
IkeRun ike_x_auth_r_on_first, ike_x_auth_r_begin, ike_x_auth_r_check, ike_x_auth_r_on_again;
IkeRun ike_x_auth_r_trusted, ike_x_auth_r_half_trusted, ike_x_auth_r_distrusted;
IkeRun ike_x_auth_r_on_eap, ike_x_auth_r_on_final, ike_x_auth_r_on_other;
IkeRun ike_x_auth_r_answer, ike_x_auth_r_send_eap, ike_x_auth_r_ask, ike_x_auth_r_send_failure;
IkeRun ike_x_auth_r_grant, ike_x_auth_r_redirect, ike_x_auth_r_refuse, ike_x_auth_r_break;
/* ike_x_info.c */
IkeRun ike_x_info_on_request, ike_x_info_on_other;
IkeRun ike_x_info_leave, ike_x_info_break, ike_x_info_answer_error;
IkeRun ike_x_info_lost, ike_x_info_late_person, ike_x_info_late_peer;

/* ike_job.c: the rows of the table that ask, and that hear the answer. */
IkeRun ike_job_ask, ike_job_answered;
/* ike_job_lost - the request of @epoch will not be answered: its job hears NULL for a message. */
void ike_job_lost(IkeSa *sa, IkeEpoch *epoch, Usec now);
/* What the jobs are made of: when one is due, its request, and a handler for the response, which
 * may be NULL: the IKE SA was replaced before it came. */
typedef IkeStatus IkeJobAsk(IkeSa *sa, Usec now);
typedef Usec IkeJobDue(const IkeSa *sa);
/* ike_x_info.c */
IkeJobDue ike_x_info_farewell_due, ike_x_info_silence;
IkeJobAsk ike_x_info_farewell, ike_x_info_ask;
IkeRun ike_x_info_farewell_heard, ike_x_info_alive;
/* ike_x_redirect.c */
/* ike_x_redirect_told - initiator: does @m, protected or bound to our nonce, send us elsewhere?
 * Then ->redirect is where to; whoever has found the gateway to be the right one raises MOVED. */
bool ike_x_redirect_told(IkeSa *sa, const IkeMsg *m);
/* A REDIRECT or REDIRECTED_FROM; @nonce: behind the identity. */
void ike_x_redirect_write(IkeChain *c, uint16_t type, const IkeRedirect *to, Slice nonce);
IkeRun ike_x_redirect_obey, ike_x_redirect_leave;
IkeJobDue ike_x_redirect_due;
IkeJobAsk ike_x_redirect_ask;

/* ike_x_delete.c */
IkeJobDue ike_x_delete_due;
IkeJobAsk ike_x_delete_ask;
IkeRun ike_x_delete_heard;
void ike_x_delete_write(IkeChain *c, uint8_t proto, Slice spis);
/* ike_x_delete_obey - what the Delete payloads of @m, a request, ask for; our halves are written to
 * the answer. Returns true when the IKE SA itself is deleted. */
bool ike_x_delete_obey(IkeSa *sa, const IkeMsg *m, IkeChain *answer);

/* ike_x_mobike.c */
/* In the IKE_AUTH messages that carry SA (RFC 4555 §3.1): ours, and the peer's. */
void ike_x_mobike_announce(IkeSa *sa, IkeChain *c);
void ike_x_mobike_learn(IkeSa *sa, const IkeMsg *m);
/* ike_x_mobike_natted - does @m, which came over @path, say that no NAT may stand there, and one
 * does (RFC 4555 §3.9)? */
bool ike_x_mobike_natted(const IkeMsg *m, const IkePath *path);
/* What an INFORMATIONAL request has of MOBIKE; the answer's notifies are added. */
void ike_x_mobike_on_request(IkeSa *sa, const IkeMsg *m, IkeChain *answer, Usec now);
IkeJobDue ike_x_mobike_move_due, ike_x_mobike_check_due;
IkeJobAsk ike_x_mobike_move_ask, ike_x_mobike_check_ask;
IkeJobAsk ike_x_mobike_probe; /* a liveness check */
/* ike_x_mobike_stray - gateway: fresh ESP comes over @from, but ours does not go there. Is the
 * client there (RFC 4555 §3.7)? Then it does from now on. */
void ike_x_mobike_stray(IkeSa *sa, const IkePath *from, Usec now);
/* ike_x_mobike_asked - gateway: the check that waits has gone out over @path as well. */
void ike_x_mobike_asked(IkeSa *sa, const IkePath *path);
IkeRun ike_x_mobike_heard, ike_x_mobike_check_heard;

/* ike_plan.c */
bool ike_plan_has_eap(IkeWay way);
/* Do we, or does the peer, show a certificate? */
bool ike_plan_has_cert(IkeWay way);
/* Is it AnyConnect that the plan speaks? Then its Vendor IDs and attributes are sent too. */
bool ike_plan_anyconnect(const IkePlan *p);
/* ike_plan_unsound - why nobody may be logged in by @p: a static clause, or NULL. */
const char *ike_plan_unsound(const IkePlan *p, IkeRole role);

/* ike_identity.c: who is who. */
/* ID, then CERT where @way shows one: ours. */
void ike_identity_write(IkeSa *sa, IkeWay way, IkeChain *c);
void ike_identity_write_certreq(const IkeSa *sa, IkeChain *c);
/* The CERT payloads: the first is the leaf, the rest in any order; other encodings are ignored, and
 * so is what stands behind the leaf and cannot be read (RFC 7296 §3.6). NULL: no leaf. */
X509Chain *ike_identity_read_chain(const IkeMsg *m);
/* ike_identity_equal - by type, octet by octet; names of the DNS in either case (RFC 7296 §3.5). */
bool ike_identity_equal(const IkeId *a, const IkeId *b);

/* ike_proof.c: AUTH payloads, ours and the peer's: by PSK, by certificate, and with IKE_WAY_EAP the
 * last one after EAP (RFC 7296 §2.16). */
IkeStatus ike_proof_make(IkeSa *sa, IkeWay way, uint8_t *ret_method, Secret *ret_data);
IkeStatus ike_proof_write(IkeSa *sa, IkeWay way, IkeChain *c);
/* ike_proof_check - a signature with the leaf of @sa->chain and as the policy allows. @body: of the
 * AUTH payload. @ret_why: a static clause. */
bool ike_proof_check(const IkeSa *sa, IkeWay way, Slice body,
                     const char **ret_why) G_GNUC_WARN_UNUSED_RESULT;
/* ike_proof_eap_setup - what EAP is told: the plan's, and what comes from this IKE SA. Views into
 * @sa. */
bool ike_proof_eap_setup(IkeSa *sa, EapSetup *ret) G_GNUC_WARN_UNUSED_RESULT;

/* ike_x_ppk.c (RFC 8784) */
bool ike_x_ppk_wanted(const IkeSa *sa); /* is USE_PPK to be said? */
/* Initiator: our AUTH; the first of them with the PPK if both know how, then PPK_IDENTITY and,
 * where we could do without, NO_PPK_AUTH follow. */
IkeStatus ike_x_ppk_write_proof(IkeSa *sa, IkeWay way, IkeChain *c);
/* Initiator: the gateway's AUTH is here; has it used the PPK? Sets the keys accordingly. */
IkeStatus ike_x_ppk_settle(IkeSa *sa, const IkeMsg *m);
/* Responder: the notifies beside an AUTH; which keys it is checked with, or which AUTH; the answer.
 */
void ike_x_ppk_keep(IkeSa *sa, const IkeMsg *m);
IkeStatus ike_x_ppk_accept(IkeSa *sa);
void ike_x_ppk_confirm(IkeSa *sa, IkeChain *c);
/* Behind why an AUTH does not verify: what else it may be; else "". */
const char *ike_x_ppk_doubt(const IkeSa *sa);

/* ike_x_create.c: what the two kinds of CREATE_CHILD_SA have in common */
void ike_attempt_clear(IkeSa *sa);
uint16_t ike_attempt_group(const IkeAttempt *a); /* KE_NONE: no key exchange */
void ike_x_create_write(IkeChain *c, const Kex *kex, const GBytes *nonce);
/* ike_x_create_read - nonce and, if there is one, KE (else @ret_ke->group is KE_NONE); false when
 * either is malformed. */
bool ike_x_create_read(const IkeMsg *m, Slice *ret_nonce, IkeKe *ret_ke);
/* ike_x_create_refuse - answer with one error and go on. Returns IKE_OK. */
IkeStatus ike_x_create_refuse(IkeSa *sa, uint16_t error, Slice data, const char *story, Usec now);
IkeStatus ike_x_create_want_group(IkeSa *sa, uint16_t group, Usec now); /* INVALID_KE_PAYLOAD */
uint16_t ike_x_create_named_group(const IkeNotify *n); /* of INVALID_KE_PAYLOAD; else KE_NONE */
/* Octet by octet; where one ends, it is the lower (§2.8.1). */
int ike_nonce_compare(Slice a, Slice b);
GBytes *ike_nonce_low(Slice a, Slice b);
bool ike_nonce_lower(const GBytes *a, const GBytes *b);

/* ike_x_child_i.c, ike_x_child_r.c */
IkeJobDue ike_x_child_due;
IkeJobAsk ike_x_child_ask;
IkeRun ike_x_child_heard, ike_x_child_on_request;
/* ike_x_rekey.c */
IkeJobDue ike_x_rekey_due;
IkeJobAsk ike_x_rekey_ask;
IkeRun ike_x_rekey_heard, ike_x_rekey_buried, ike_x_rekey_on_request, ike_x_rekey_late;

/* ike_keyrow.c: IKE_EV_KEYS of keys that have just been made, where IkeConfig.export_keys wants it.
 */
void ike_sa_show_keys(IkeSa *sa, const IkeEpoch *e);
void ike_sa_show_child_keys(IkeSa *sa, const IkeChild *c);

/* ike_child.c: child keys as this end sees them, from the nonces and SK_d; both roles. */
IkeStatus ike_child_make(IkeSa *sa, uint32_t spi_out, const IkeTs *local, const IkeTs *remote);
/* ike_child_keep - @sa owns a copy of these selectors from now on. */
void ike_child_keep(IkeSa *sa, const IkeTs *local, const IkeTs *remote);
/* What the keys of a child SA are made of, under ->at (§2.17). */
typedef struct IkeChildSeed {
    const Suite *suite;
    Slice ni, nr;
    Slice g_ir; /* of its own key exchange; empty: none */
    bool asked; /* the request was ours */
} IkeChildSeed;
/* ike_child_derive - suite and keys of @sa->child, which has all the rest; false when they cannot
 * be made. */
bool ike_child_derive(IkeSa *sa, const IkeChildSeed *seed) G_GNUC_WARN_UNUSED_RESULT;
/* ike_child_up - @sa->child, as made, is one of the SA's and its owner knows; its keys are gone. */
IkeChildSa *ike_child_up(IkeSa *sa, Usec now);
/* ike_child_out - packets may go out over @child from now on. */
void ike_child_out(IkeSa *sa, IkeChildSa *child);
/* ike_child_replaced - another has the place of @child. Who asked for that one is to delete @child:
 * we do in time, @by_us, or when the peer has not. */
void ike_child_replaced(const IkeSa *sa, IkeChildSa *child, bool by_us, Usec now);
/* ike_child_down - forget @child, and let its owner do so. */
void ike_child_down(IkeSa *sa, IkeChildSa *child);
/* ike_child_expire - those whose life is over are down, and to be deleted. */
void ike_child_expire(IkeSa *sa, Usec now);
Usec ike_child_deadline(const IkeSa *sa);
