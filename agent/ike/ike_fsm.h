/* ike_fsm.h - the states of an IKE SA and the one table that moves between them, both roles. */
#pragma once

#include "agent/ike/ike_msg.h"
#include "agent/ike/ike_sa.h"

/* X(name, what it waits for) */
#define IKE_STATE_LIST(X)                                                                          \
    X(IDLE, "nothing happened yet")                                                                \
    X(INIT_SENT, "initiator: the IKE_SA_INIT response")                                            \
    X(AUTH_SENT, "initiator: the gateway's identity and the first EAP request")                    \
    X(TRUST, "initiator: a verdict on the certificate")                                            \
    X(EAP, "initiator: the next EAP request, or Success")                                          \
    X(ASKING, "initiator: a person")                                                               \
    X(TRUST_LAST, "initiator: a verdict on the certificate; the configuration is there")           \
    X(AUTH_FINAL, "initiator: the gateway's final AUTH and the configuration")                     \
    X(INIT_SEEN, "responder: the first IKE_AUTH request")                                          \
    X(PEER, "responder: the owner's word on who that is")                                          \
    X(VERDICT, "responder: a verdict on the client's certificate")                                 \
    X(AGAIN, "responder: the client's identity for EAP, after its certificate")                    \
    X(LOGIN, "responder: the next EAP response")                                                   \
    X(DECIDING, "responder: the owner's word on a login")                                          \
    X(EAP_DONE, "responder: the client's final AUTH")                                              \
    X(GRANTING, "responder: the owner's word on the configuration")                                \
    X(READY, "the end; both are authenticated, a child SA was made")                               \
    X(DELETING, "the answer to our farewell")                                                      \
    X(CLOSED, "being freed")

typedef enum IkeState {
#define X(name, text) IKE_STATE_##name,
    IKE_STATE_LIST(X)
#undef X
        IKE_STATE_N,
    IKE_STATE_STAY = IKE_STATE_N, /* a row's @to: nothing moves, no time limit starts anew */
} IkeState;
const char *ike_state_name(IkeState s); /* "AUTH_SENT" */
#define IKE_STATES(name) (UINT32_C(1) << IKE_STATE_##name)

/* What may move it: a message, a word from outside, the clock, or what a handler found out. */
#define IKE_TRIGGER_LIST(X)                                                                        \
    X(NONE, "")                                                                                    \
    X(REQUEST, "request")                                                                          \
    X(RESPONSE, "response")                                                                        \
    X(START, "start")                                                                              \
    X(EAP_PEER, "the peer logs in with EAP")                                                       \
    X(PROOF_PEER, "the peer proves itself at once")                                                \
    X(HALF_TRUSTED, "first of two proofs accepted")                                                \
    X(TRUSTED, "certificate accepted")                                                             \
    X(DISTRUSTED, "certificate refused")                                                           \
    X(ANSWER, "answer")                                                                            \
    X(GRANT, "configuration granted")                                                              \
    X(REFUSAL, "configuration refused")                                                            \
    X(REDIRECT, "another gateway is to serve it")                                                  \
    X(CLOSE, "close")                                                                              \
    X(WORK, "something to ask")                                                                    \
    X(LIMIT, "time limit")                                                                         \
    X(GIVE_UP, "no answer")                                                                        \
    X(EAP_SEND, "EAP: send")                                                                       \
    X(EAP_ASK, "EAP: ask")                                                                         \
    X(EAP_SUCCESS, "EAP: success")                                                                 \
    X(EAP_FAILURE, "EAP: failure")                                                                 \
    X(MOVED, "sent elsewhere")                                                                     \
    X(DENIED, "denied by the peer")                                                                \
    X(BROKEN, "broken")                                                                            \
    X(ENDED, "ended")

typedef enum IkeTrigger {
#define X(name, text) IKE_ON_##name,
    IKE_TRIGGER_LIST(X)
#undef X
        IKE_ON_N
} IkeTrigger;

/* A handler does the work of one row. @m: the message, NULL when none came. Returns IKE_OK: the row
 * moves the state; IKE_DROP: as if nothing had come; a Notify error: it moves by BROKEN instead. */
typedef IkeStatus IkeRun(IkeSa *sa, const IkeMsg *m, Usec now);

typedef struct IkeTransition {
    uint32_t from; /* set of IKE_STATES() */
    IkeTrigger on;
    uint8_t exchange;      /* of the message, 0: any, or none came */
    uint64_t outer, inner; /* payloads that must be there, clear and inside SK */
    IkeRun *run;           /* NULL: there is nothing to do */
    IkeState to;
    const char *story; /* one clause, also the log line, unless the handler knows better */
} IkeTransition;

/* The whole table, for its test and its picture. */
const IkeTransition *ike_fsm_rows(size_t *ret_n);
/* ike_fsm_find - the first row that fits, or NULL. @m: NULL when no message came. */
const IkeTransition *ike_fsm_find(IkeState from, IkeTrigger on, const IkeMsg *m);
/* ike_fsm_fire - run the row that fits, move the state, then whatever the handler
 * raised, then what the SA has to ask. Returns IKE_OK, or IKE_DROP when no row fits or its handler
 * dropped it. */
IkeStatus ike_fsm_fire(IkeSa *sa, IkeTrigger on, const IkeMsg *m, Usec now);
/* The table as a graph for dot(1); owned by the caller. */
char *ike_fsm_dot(void);
