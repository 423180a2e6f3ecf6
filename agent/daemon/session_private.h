/* session_private.h - the inside of Session, for agent/daemon/session*.c only. */
#pragma once

#include "agent/daemon/redirect.h"
#include "agent/daemon/session.h"
#include "agent/daemon/tunnel.h"
#include "agent/dbus/ac_error.h"
#include "agent/esp/esp_silence.h"
#include "agent/ike/ike_sa.h"
#include "agent/link/ike_driver.h"
#include "agent/link/revoke.h"
#include "tun/netwatch.h"

typedef struct SessionPast SessionPast; /* session_renew.c */

/* A login that is made anew while the session is up; zeros: none is. */
typedef struct SessionRenewal {
    IkeEnv env; /* of all its IKE SAs, as long as the session lives */
    IkeSa *sa;  /* logs in; NULL: none does */
    IkeDriver *driver;
    IkeChild child; /* of ->sa */
    Verify verify;
    GCancellable *checking; /* as in Session */
    bool certified;         /* the gateway's certificate is trusted */
    guint timer;            /* until the next try */
    GPtrArray *past;        /* of SessionPast *: replaced, until their Delete is answered */
    bool orphan;            /* the session's own IKE SA has ended meanwhile: */
    IkeReason reason;
    char *why;
} SessionRenewal;

struct Session {
    ProfileHost *host;
    Login *login;
    SessionSetup setup; /* ->pins and ->group are owned copies */
    SessionOwner owner;
    SessionState state;

    GPtrArray *candidates; /* of char *: HostAddress, then the backup servers */
    guint candidate;       /* the next one to resolve */
    GArray *addrs;         /* of Addr: what the current candidate resolved to */
    guint addr;            /* the next one to try */
    unsigned natted;       /* so often was a NAT in the way that must not be there */
    GCancellable *resolving;

    RedirectCount redirects;
    GPtrArray *targets;          /* of char *, owned: candidates that gateways have named */
    IkeRedirect redirected_from; /* the gateway that sent us to the current candidate */
    const char *asked_for;       /* the candidate that first sent us elsewhere; NULL: none has */
    bool by_address;             /* to an address: its certificate must name @asked_for */

    IkeConfig config; /* views into what follows */
    GBytes *certreq;
    char *app_version, *unique_id;
    Endpoint gateway; /* port 4500 */
    UdpSock *init, *natt;
    UdpDoors doors; /* the two */
    GSource *init_watch, *natt_watch;
    IkeSa *sa;
    IkeDriver *driver;
    IkeChild child; /* the first, until there is a tunnel */
    Tunnel *tunnel;

    uint64_t prompt_id;
    PromptKind prompt_kind;
    GVariant *prompt;
    const AcDoc *asked; /* what a form or banner prompt is about; the SA's, until it is answered */
    Verify verify;
    GCancellable *checking; /* while the issuers are asked about the certificate */
    AcDoc *unlock;          /* the form that asks for a passphrase or PIN */
    guint unlock_limit;     /* nobody waits for ever */
    unsigned unlock_tries;
    char *user;   /* first text field of the login, for status */
    bool typed;   /* a person has filled a form of the gateway's */
    char *banner; /* and has accepted that; NULL: there was none */

    GError *error;
    char *hint;
    gint64 since; /* microseconds since 1970 */
    guint idle;
    EspSilence silence;
    SessionRenewal renewal;
    bool anew;  /* over, but nobody need be asked to begin again */
    guint tick; /* while there is a tunnel, and so is: */
    Netwatch *watch;
    bool stranded;     /* there is no way to the gateway */
    uint64_t refusals; /* as last read */
};

/* What moves a session. */
typedef enum SessionTrigger {
    SESSION_ON_START,
    SESSION_ON_UNLOCKED,
    SESSION_ON_LOCKED, /* that was not it */
    SESSION_ON_CHOSEN, /* which of several certificates is meant */
    SESSION_ON_RESOLVED,
    SESSION_ON_UNRESOLVED,
    SESSION_ON_CERTIFICATE,
    SESSION_ON_CHECKED, /* the issuers have been asked about it */
    SESSION_ON_QUESTION,
    SESSION_ON_SERVER, /* EAP-TLS: its server's certificate is in order */
    SESSION_ON_ANSWER,
    SESSION_ON_UP,
    SESSION_ON_STOP,
    SESSION_ON_ENDED, /* the IKE SA is gone */
    SESSION_N_TRIGGERS,
} SessionTrigger;

/* Where a handler sends the session. */
typedef enum SessionOutcome {
    SESSION_DONE,  /* the row's state */
    SESSION_AGAIN, /* the next address, or the next name */
    SESSION_FAIL,  /* session_set_error() has been called: close what is open */
} SessionOutcome;

typedef struct SessionArg {
    const IkeEvent *ev;
    const PromptAnswer *answer;
    const RevokeResult *revoke;
    EapAnswer *eap; /* @answer as the core takes it: form and banner */
} SessionArg;

typedef SessionOutcome SessionRun(Session *s, const SessionArg *arg);

/* session.c: the table */
void session_fire(Session *s, SessionTrigger on, const SessionArg *arg);
/* Later, from the main loop; at most one thing waits, and what comes after it makes it void. */
void session_defer(Session *s, GSourceFunc what);

/* session_find.c: from a name to an address that answers */
SessionRun session_on_start, session_on_resolved;
/* session_find_next - SESSION_DONE: an IKE SA has started; SESSION_AGAIN: another name is being
 * looked up; SESSION_FAIL: nothing is left to try. */
SessionOutcome session_find_next(Session *s);
SessionOutcome session_find_again(Session *s); /* the same name once more */
/* session_follow - the gateway has ended the IKE SA with a REDIRECT. */
SessionRun session_follow;
/* What the certificate of the gateway that is being tried must name. */
const char *session_certified_name(const Session *s);
/* HostAddress, backup server or redirection's target that is being tried. */
const char *session_gateway_name(const Session *s);

/* session_unlock.c: our own private key */
SessionRun session_on_begin, session_on_locked;
/* A person's answer to the question for a passphrase or PIN; false: @answer does not fit. */
bool session_unlock(Session *s, PromptAnswer *answer, GError **error);

/* session_login.c: the certificate and the forms */
SessionRun session_on_certificate, session_on_checked, session_on_trust_answer, session_on_question,
    session_on_server, session_on_server_checked, session_on_form_answer;
/* session_gateway_is - does the gateway call itself what acclient.conf says? Else the error is set.
 */
bool session_gateway_is(Session *s, const IkeId *idr);
/* A person's answer as the core takes it; on failure the prompt stays open for a better one. */
bool session_eap_answer(Session *s, PromptAnswer *given, EapAnswer *ret, GError **error);
/* session_verify - verify_chain() as this session is set up; @now: seconds since 1970. */
void session_verify(Session *s, const X509Chain *chain, int64_t now, Verify *ret);
/* session_ask_issuers - whether @chain has been revoked; only where it is trusted otherwise, for
 * nobody else makes us fetch. @checking: cancels it; replaced. @done: called with @s. */
void session_ask_issuers(Session *s, const X509Chain *chain, int64_t now, GCancellable **checking,
                         RevokeDone done);

/* session_ike.c: sockets and IKE */
void session_ike_configure(Session *s);
bool session_ike_open(Session *s, const Addr *gateway, GError **error); /* sockets, IkeSa, start */
void session_ike_close(Session *s);                                     /* free all of it */
void session_ike_watch(Session *s);   /* the main loop reads the NAT-T socket */
void session_ike_unwatch(Session *s); /* the plane reads it */
void session_ike_on_datagram(const IkeDatagram *d, void *user); /* PumpIke */
bool session_on_ike_event(const IkeEvent *ev, void *user);      /* session.c: IkeDriverEvent */

/* session_ike_socket - connected to the gateway, and marked, so that it never enters the tunnel. */
UdpSock *session_ike_socket(const Addr *gateway, bool natt, GError **error);

/* session_roam.c: another network */
void session_roam(Session *s);    /* the host's network has changed: is there another way? */
void session_on_path(Session *s); /* the gateway has answered over it */

/* session_child.c: the child SAs come and go, and the IKE SA gets new keys */
void session_on_child_up(Session *s, IkeChild *child);
void session_on_child_out(Session *s, const IkeChild *child);
void session_on_child_down(Session *s, const IkeEvent *ev);
/* session_look_for_child - one has gone, because of @reason; without any the session ends. */
void session_look_for_child(Session *s, IkeReason reason);
void session_on_rekeyed(Session *s);
/* session_look - once a second: does the tunnel carry anything? */
void session_look(Session *s);

/* session_renew.c: a new login takes over from one that is nearly too old (RFC 7296 §2.8.3) */
void session_on_reauth(Session *s);          /* it is */
bool session_renews_alone(const Session *s); /* can it be made anew without a person? */
/* session_renew_recv - a datagram that is not of the session's own IKE SA; false: of none here. */
bool session_renew_recv(Session *s, const IkeDatagram *d);
void session_renew_moved(Session *s); /* the host is elsewhere: what was under way was from there */
/* session_renew_outlives - the session's own IKE SA has ended; true: another is under way, and the
 * session goes on for as long. */
bool session_renew_outlives(Session *s, const IkeEvent *ev);
void session_renew_stop(Session *s); /* the session is being ended: SESSION_ON_ENDED will come */
void session_renew_drop(Session *s); /* free all of it */

/* session_report.c: events and status */
void session_emit_state(Session *s, const char *word, const char *step, bool quiet);
void session_emit_notice(Session *s, bool plain, const char *format, ...) G_GNUC_PRINTF(3, 4);
void session_emit_failed(Session *s);
/* session_emit_rekeyed - @what: "ike" or "child"; @child: the one packets go out over; NULL: of the
 * IKE SA. @text: the same for people. */
void session_emit_rekeyed(const Session *s, const char *what, const ChildSa *child,
                          const char *text);
void session_ask(Session *s, PromptKind kind, GVariantDict *d);
void session_asked(Session *s); /* the prompt is closed */
/* session_set_error - the first failure counts; later ones are its consequences. @hint: may be
 * NULL. */
void session_set_error(Session *s, AcError code, const char *hint, const char *format, ...)
    G_GNUC_PRINTF(4, 5);
void session_set_reason(Session *s, IkeReason reason, const char *text);
LogFields session_fields(const Session *s);
