/* eap_method.h - what an EAP method is: a peer half and a server half, one file each method. */
#pragma once

#include <glib.h>

#include "agent/base/secret.h"
#include "agent/eap/ac_dialogue.h"
#include "agent/eap/eap_packet.h"

/* What a half says after each step. */
typedef enum EapStep {
    EAP_STEP_SEND, /* the octets in @out are the data of the next request or response */
    EAP_STEP_ASK,  /* a question is open */
    EAP_STEP_DONE, /* the method has succeeded; peer: @out holds the last response, Success may now
                      come */
    EAP_STEP_FAIL, /* the method has failed */
    EAP_STEP_DROP, /* malformed; as if it had not come */
} EapStep;

/* A question to the outside, common to all methods. AnyConnect asks with documents; a plain method
 * asks with a document it makes up (username and password inputs). Borrowed until it is answered.
 */
typedef struct EapQuestion {
    const AcDoc *doc;
} EapQuestion;

typedef enum EapAnswerKind {
    EAP_ANSWER_FIELDS,  /* peer: @fields */
    EAP_ANSWER_GROUP,   /* peer: @text is the other group */
    EAP_ANSWER_ACCEPT,  /* peer: banner accepted */
    EAP_ANSWER_DECLINE, /* peer: banner declined, or the person gave up; server: login refused for
                           good, @text says why */
    EAP_ANSWER_DOC,     /* server: @doc goes out (auth-request, complete) */
} EapAnswerKind;

/* Everything in it is moved out by whoever consumes it. */
typedef struct EapAnswer {
    EapAnswerKind kind;
    GPtrArray *fields; /* of AcField * */
    AcDoc *doc;
    char *text;
} EapAnswer;
void eap_answer_clear(EapAnswer *a);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(EapAnswer, eap_answer_clear)

/* @out is replaced, never added to; it may hold a password, hence Secret. */
typedef struct EapMethod {
    const char *name; /* "EAP-AnyConnect" */
    uint8_t type;
    uint32_t vendor, vendor_type;
    bool mutual; /* exports an MSK, and fails unless it has one */
    void *(*open)(AcSide side, const AcIdentity *id);
    void (*close)(void *self);
    EapStep (*start)(void *self, Secret *out); /* server: first request */
    EapStep (*recv)(void *self, Slice data, Secret *out);
    EapStep (*answer)(void *self, EapAnswer *answer, Secret *out);
    const EapQuestion *(*question)(void *self);
    const AcDoc *(*complete)(
        void *self); /* peer: what the server said at the end, NULL if nothing */
    const char *(*why)(
        void *self); /* one sentence about a failure, NULL if there is nothing to say */
} EapMethod;

extern const EapMethod eap_anyconnect;
