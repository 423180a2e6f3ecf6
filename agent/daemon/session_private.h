/* session_private.h - the inside of Session, for agent/daemon/session*.c only. */
#pragma once

#include "agent/daemon/session.h"
#include "agent/daemon/tunnel.h"
#include "agent/dbus/ac_error.h"
#include "agent/ike/ike_sa.h"
#include "agent/link/ike_driver.h"

struct Session {
    ProfileHost *host;
    SessionSetup setup; /* ->pins and ->group are owned copies */
    SessionOwner owner;
    SessionState state;

    GPtrArray *candidates; /* of char *: HostAddress, then the backup servers */
    guint candidate;       /* the next one to resolve */
    GArray *addrs;         /* of Addr: what the current candidate resolved to */
    guint addr;            /* the next one to try */
    GCancellable *resolving;

    IkeConfig config; /* views into what follows */
    GBytes *certreq;
    char *app_version, *unique_id;
    Endpoint gateway; /* port 4500 */
    UdpSock *init, *natt;
    GSource *init_watch, *natt_watch;
    IkeSa *sa;
    IkeDriver *driver;
    IkeChild child;
    Tunnel *tunnel;

    uint64_t prompt_id;
    PromptKind prompt_kind;
    GVariant *prompt;
    const AcDoc *asked; /* what a form or banner prompt is about; the SA's, until it is answered */
    Verify verify;
    char *user; /* first text field of the login, for status */

    GError *error;
    char *hint;
    gint64 since; /* microseconds since 1970 */
    guint idle;
};

/* session_ike.c: sockets and IKE */
void session_ike_configure(Session *s);
bool session_ike_open(Session *s, const Addr *gateway, GError **error); /* sockets, IkeSa, start */
void session_ike_close(Session *s);                                     /* free all of it */
void session_ike_watch(Session *s);   /* the main loop reads the NAT-T socket */
void session_ike_unwatch(Session *s); /* the pump reads it */
void session_ike_on_datagram(const IkeDatagram *d, void *user); /* PumpIke */
bool session_on_ike_event(const IkeEvent *ev, void *user);      /* session.c: IkeDriverEvent */

/* session_report.c: events and status */
void session_emit_state(Session *s, const char *word, const char *step, bool quiet);
void session_emit_notice(Session *s, bool plain, const char *format, ...) G_GNUC_PRINTF(3, 4);
void session_emit_failed(Session *s);
void session_ask(Session *s, PromptKind kind, GVariantDict *d);
void session_asked(Session *s); /* the prompt is closed */
/* session_set_error - the first failure counts; later ones are its consequences. @hint: may be
 * NULL. */
void session_set_error(Session *s, AcError code, const char *hint, const char *format, ...)
    G_GNUC_PRINTF(4, 5);
void session_set_reason(Session *s, IkeReason reason, const char *text);
LogFields session_fields(const Session *s);
