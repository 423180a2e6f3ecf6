/* ac_dialogue.h - hello -> init -> auth-request -> auth-reply -> complete -> ack, as a table, both
 * sides (agent/docs/WIRE.md §4.3). */
#pragma once

#include "agent/eap/ac_doc.h"

/* Who we say we are; borrowed for the life of the dialogue. */
typedef struct AcIdentity {
    const char *version; /* client: "3.0.1047"-like; server: "9.16(4)"-like */
    const char *device;  /* "linux-64"; never empty */
    const char *computer_name, *device_type, *platform_version,
        *unique_id;    /* NULL: attribute left out */
    const char *group; /* UserGroup of the profile, NULL: default group */
    bool aggregate;    /* write aggregate-auth-version="2" */
} AcIdentity;

typedef enum AcSide { AC_CLIENT, AC_SERVER } AcSide;
typedef enum AcState {
    AC_ST_START,    /* client: waits for hello */
    AC_ST_HELLO,    /* server: hello is out, waits for init */
    AC_ST_FORM,     /* client: init or auth-reply is out. server: auth-request is out */
    AC_ST_ASKING,   /* the form, or what to say next, is with the outside */
    AC_ST_BANNER,   /* client: the banner of complete is with the outside */
    AC_ST_COMPLETE, /* server: complete is out, waits for ack */
    AC_ST_DONE,
    AC_ST_FAILED,
    AC_ST_MAX,
} AcState;
typedef enum AcStep {
    AC_SEND, /* a document is to go out */
    AC_ASK,  /* a question is open: ac_dialogue_question() */
    AC_DONE, /* server: ack seen. client: ack is to go out, then success may come */
    AC_FAIL, /* over; ac_dialogue_why() */
} AcStep;

/* A question that only the outside can answer. Client: AC_AUTH_REQUEST is a form to fill,
 * AC_COMPLETE a banner to accept. Server: AC_INIT asks which form to send, AC_AUTH_REPLY whether
 * the login is right. Borrowed. */
typedef struct AcDialogue AcDialogue;
AcDialogue *ac_dialogue_new(AcSide side, const AcIdentity *id);
void ac_dialogue_free(AcDialogue *d);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(AcDialogue, ac_dialogue_free)

AcStep ac_dialogue_start(AcDialogue *d);           /* server only: hello is to go out */
AcStep ac_dialogue_recv(AcDialogue *d, Slice xml); /* one document from the peer */
const AcDoc *
ac_dialogue_question(const AcDialogue *d); /* borrowed until the answer; NULL when none */
/* Client's answers. Fields are taken (moved out of @fields). A changed group makes a new init. */
AcStep ac_dialogue_fill(AcDialogue *d, GPtrArray *fields /* of AcField * */);
AcStep ac_dialogue_choose_group(AcDialogue *d, const char *group);
AcStep ac_dialogue_accept(AcDialogue *d, bool yes); /* banner */
/* Server's answers. @doc is taken: an auth-request (first form, next form, form with an error) or a
 * complete. */
AcStep ac_dialogue_reply(AcDialogue *d, AcDoc *doc);
AcStep ac_dialogue_refuse(AcDialogue *d, const char *why);
/* ac_dialogue_may_prove - client: there is a certificate to answer <client-cert-request> with.
 * Before the first document. */
void ac_dialogue_may_prove(AcDialogue *d);
/* ac_dialogue_proves - client: the document that is to go out goes with the certificate and its
 * signature (agent/docs/WIRE.md §4.3). Ask before it is taken out. */
bool ac_dialogue_proves(const AcDialogue *d);
/* The document to send after AC_SEND (or AC_DONE on the client); moved to the caller. */
void ac_dialogue_take_out(AcDialogue *d, Secret *ret);
const AcDoc *
ac_dialogue_complete(const AcDialogue *d); /* client: the complete document, once seen; borrowed */
AcState ac_dialogue_state(const AcDialogue *d);
const char *ac_dialogue_why(const AcDialogue *d); /* one sentence, or NULL */
char *ac_dialogue_dot(void);                      /* the table as a graph */
const char *ac_state_name(AcState state);         /* "FORM" */

/* What moves a dialogue: a document of the peer's, or an answer from the outside. */
typedef enum AcTrigger {
    AC_ON_HELLO,
    AC_ON_INIT,
    AC_ON_AUTH_REQUEST,
    AC_ON_AUTH_REPLY,
    AC_ON_COMPLETE,
    AC_ON_ACK,
    AC_ON_LOGOUT,     /* so far as AcDocType */
    AC_ON_UNREADABLE, /* no document: no row takes it */
    AC_ON_START,
    AC_ON_FILL,
    AC_ON_GROUP,
    AC_ON_ACCEPT,
    AC_ON_DECLINE,
    AC_ON_REPLY_FORM,
    AC_ON_REPLY_COMPLETE,
    AC_ON_REFUSE,
    AC_ON_MAX,
} AcTrigger;

/* Facts about a document, or an answer, that a row may ask for. */
enum {
    AC_HAS_ERROR = 1,          /* <error> */
    AC_HAS_FORM = 2,           /* <form> */
    AC_HAS_BANNER = 4,         /* <banner> with text */
    AC_HAS_TOKEN = 8,          /* <session-token> with text */
    AC_HAS_CERT_REQUEST = 16,  /* <client-cert-request> */
    AC_HAS_AUTH_COMPLETE = 32, /* <authentication-complete> */
    AC_HAS_SAID_NO_CERT = 64,  /* we have answered <client-cert-fail> before */
    AC_HAS_OTHER_GROUP = 128,  /* the fields choose another group than the form was made for */
    AC_HAS_OWN_CERT = 256,     /* ac_dialogue_may_prove() */
    AC_HAS_SENT_CERT = 512,    /* we have sent it for this group before */
};

/* A row of the table. First match wins; what no row matches is out of turn and ends in FAILED. */
typedef struct AcTransition {
    AcSide side;
    AcState from;
    AcTrigger on;
    unsigned need, without; /* AC_HAS_* */
    AcState to;
    AcStep step;
    bool (*run)(AcDialogue *d, void *input); /* does the work; false: FAILED instead of @to */
    const char *story;                       /* one clause; the sentence of a failure */
} AcTransition;
const AcTransition *ac_dialogue_table(size_t *ret_n);
