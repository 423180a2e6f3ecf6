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
    AC_ST_START,
    AC_ST_HELLO,
    AC_ST_FORM,
    AC_ST_ASKING,
    AC_ST_BANNER,
    AC_ST_COMPLETE,
    AC_ST_DONE,
    AC_ST_FAILED
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
/* The document to send after AC_SEND (or AC_DONE on the client); moved to the caller. */
void ac_dialogue_take_out(AcDialogue *d, Secret *ret);
const AcDoc *
ac_dialogue_complete(const AcDialogue *d); /* client: the complete document, once seen; borrowed */
AcState ac_dialogue_state(const AcDialogue *d);
const char *ac_dialogue_why(const AcDialogue *d); /* one sentence, or NULL */
char *ac_dialogue_dot(void);                      /* the table as a graph */
