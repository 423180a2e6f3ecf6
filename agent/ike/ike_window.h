/* ike_window.h - Message IDs, retransmission and the answered-once cache of one IKE SA (RFC 7296
 * §2.1-§2.3). Our own requests go one at a time; the peer may have several under way. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "agent/base/reader.h"
#include "agent/base/usec.h"

enum {
    IKE_ASKED_LEN = 32,  /* a SHA-256 stands for the octets of a request */
    IKE_WINDOW_MAX = 16, /* requests of the peer's under way, and answers kept */
};

/* A request of the peer's that has come. */
typedef struct IkeAsked {
    bool used;
    uint32_t id;
    uint8_t digest[IKE_ASKED_LEN];
    GBytes *answer; /* ours to it; NULL while it is owed */
} IkeAsked;

/* A value: ike_window_init(), ike_window_clear(). */
typedef struct IkeWindow {
    /* our requests */
    uint32_t send_id; /* of our next request */
    GBytes *request;  /* the one that waits for its answer, all its fragments; NULL: none */
    uint8_t exchange; /* its exchange type */
    unsigned tries;   /* datagrams sent of it */
    unsigned limit;   /* of them; at most */
    unsigned max_tries;
    Usec first, wait, due;
    /* the peer's */
    uint32_t recv_id; /* the lowest that has not come */
    uint32_t last_id; /* of the request that came last */
    unsigned size;    /* so many from @recv_id on may come */
    IkeAsked *asked;  /* @size of them, by Message ID modulo @size */
} IkeWindow;

/* @first: wait before the second try, doubled each time. @tries: datagrams before giving up. */
void ike_window_init(IkeWindow *w, Usec first, unsigned tries);
void ike_window_clear(IkeWindow *w);
/* ike_window_widen - the peer may have @size requests under way, 1 to IKE_WINDOW_MAX; never fewer
 * than before (§2.3). It is 1 to begin with. */
void ike_window_widen(IkeWindow *w, unsigned size);

/* ike_window_send - @request (taken) has gone out with Message ID @w->send_id, which is then spent.
 * None may be waiting (window size 1, §2.3), and ids must be left: ike_window_may_send(). */
void ike_window_send(IkeWindow *w, uint8_t exchange, GBytes *request, Usec now);
bool ike_window_may_send(const IkeWindow *w);
/* ike_window_replace - the waiting request is asked again in other words, same Message ID (§1.2:
 * another KE group). */
void ike_window_replace(IkeWindow *w, GBytes *request, Usec now);
/* ike_window_hurry - at most @more further datagrams of the waiting request. */
void ike_window_hurry(IkeWindow *w, unsigned more);
/* ike_window_again - the waiting request goes out once more at @now, as if for the first time: what
 * was sent before had no chance. */
void ike_window_again(IkeWindow *w, Usec now);
/* Is a response with @id of @exchange the one we wait for? */
bool ike_window_expects(const IkeWindow *w, uint8_t exchange, uint32_t id);
void ike_window_answered(IkeWindow *w);  /* it came: nothing waits any more */
Usec ike_window_due(const IkeWindow *w); /* USEC_NEVER when nothing waits */

typedef enum IkeWindowTick {
    IKE_WINDOW_QUIET,
    IKE_WINDOW_RESEND,
    IKE_WINDOW_GIVE_UP
} IkeWindowTick;
/* ike_window_tick - what to do at @now; RESEND means the very octets of @w->request again (§2.1).
 * GIVE_UP is said once: nothing waits after it. */
IkeWindowTick ike_window_tick(IkeWindow *w, Usec now);

typedef enum IkeWindowVerdict {
    IKE_WINDOW_NEW,    /* to be processed */
    IKE_WINDOW_REPEAT, /* seen before; its answer goes out again, or nothing while it is owed */
    IKE_WINDOW_STRAY,  /* outside the window: dropped without a word (§2.3) */
} IkeWindowVerdict;
/* ike_window_place - where a request stands by its Message ID alone; REPEAT is then a guess. */
IkeWindowVerdict ike_window_place(const IkeWindow *w, uint32_t id);
/* ike_window_judge - where a request stands. @octets: by what it is known again. Nothing changes:
 * whoever finds a new one authentic calls ike_window_accept(), then ike_window_answer() with the
 * response (taken) before the next is accepted. */
IkeWindowVerdict ike_window_judge(const IkeWindow *w, uint32_t id, Slice octets);
void ike_window_accept(IkeWindow *w, uint32_t id, Slice octets);
const IkeAsked *ike_window_last(const IkeWindow *w);      /* accepted last; NULL: none yet */
GBytes *ike_window_said(const IkeWindow *w, uint32_t id); /* our answer, borrowed; NULL: owed */
bool ike_window_owes(const IkeWindow *w);
void ike_window_answer(IkeWindow *w, GBytes *answer);
