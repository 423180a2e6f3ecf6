/* session.h - one attempt to connect and the connection it becomes: a state table around IkeSa,
 * Tunnel and a person. */
#pragma once

#include <sys/types.h>

#include "agent/daemon/login.h"
#include "agent/daemon/prompt.h"
#include "agent/daemon/settings.h"
#include "agent/daemon/trust.h"
#include "agent/link/key_file.h"
#include "profiles/profile.h"

typedef enum SessionState {
    SESSION_IDLE,
    SESSION_UNLOCK, /* a person types the passphrase or PIN of our private key */
    SESSION_RESOLVING,
    SESSION_NEGOTIATING, /* IKE_SA_INIT and the first IKE_AUTH are under way */
    SESSION_TRUST,       /* a person looks at the certificate */
    SESSION_LOGIN,       /* the gateway's turn in the login */
    SESSION_FORM,        /* a person fills a form or reads a banner */
    SESSION_SERVER,      /* the issuers of the certificate inside EAP-TLS are asked */
    SESSION_UP,
    SESSION_CLOSING, /* the host is as before; Delete is on its way */
    SESSION_OVER,
} SessionState;

typedef struct Session Session;

/* What a session tells its owner, always from the main loop. */
typedef struct SessionOwner {
    void (*emit)(GVariant *event, void *user); /* floating */
    void (*over)(Session *s, void *user);      /* the last call; free it now or later */
    void *user;
} SessionOwner;

/* Borrowed for the life of the session, but for @pins, which are copied. */
typedef struct SessionSetup {
    const Settings *settings;
    Trust *trust;
    X509Store *anchors;
    const char *journal, *xfrm_journal;
    char *const *pins; /* accepted for this attempt without a question; may be NULL */
    const char *group; /* overrides the profile's UserGroup; NULL: does not */
    uint64_t attempt;
    uid_t uid;                /* on whose behalf */
    KeyFile *keys;            /* gets every key; NULL: as it should be */
    struct IkeImpair *impair; /* how we misbehave in tests, NULL: not; borrowed */
} SessionSetup;

/* @host and @login are taken. */
Session *session_new(ProfileHost *host, Login *login, const SessionSetup *setup,
                     const SessionOwner *owner);
void session_free(Session *s); /* at once, without Delete; the host's network is undone */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Session, session_free)

void session_start(Session *s);
void session_stop(Session *s); /* orderly: SessionOwner.over follows */
/* session_answer - a person's answer to the open prompt @id. */
bool session_answer(Session *s, uint64_t id, PromptAnswer *answer,
                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

SessionState session_state(const Session *s);
const char *
session_word(const Session *s); /* disconnected connecting authenticating connected disconnecting */
const ProfileHost *session_host(const Session *s);
uint64_t session_attempt(const Session *s);
uid_t session_uid(const Session *s);
const GError *session_error(const Session *s); /* why it failed; NULL: it did not */
const char *session_hint(const Session *s);    /* what to do about it; may be NULL */
/* session_renews - it is over, and may be made anew without asking anybody; @ret_pins and
 * @ret_group: as in its setup, borrowed. */
bool session_renews(const Session *s, char *const **ret_pins, const char **ret_group);
/* The open prompt as in its event, floating; an empty dictionary when there is none. */
GVariant *session_prompt(const Session *s);
void session_status(const Session *s, GVariantDict *d);
bool session_stats(const Session *s, GVariantDict *d); /* false unless up */
char *session_dot(void);                               /* the state table as a graph */
