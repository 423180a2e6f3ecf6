/* checker.h - passwords checked beside the main loop: the work of one login must not hold up the
 * others. */
#pragma once

#include "agent/headend/aaa.h"

enum { CHECKER_WAITING_MAX = 64 }; /* logins in the queue: seconds of work at the costliest hash */

typedef struct Checker Checker;
typedef struct CheckerJob CheckerJob;
/* Called on the main loop, once. @user: whose password it was, NULL: it was wrong. */
typedef void (*CheckerDone)(const AsaUser *user, void *data);

/* checker_new - @aaa: borrowed. Answers come on the caller's thread-default main context. */
Checker *checker_new(const Aaa *aaa);
/* checker_free - waits for the password that is being checked; nobody is called any more. */
void checker_free(Checker *c);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Checker, checker_free)

/* checker_ask - is @password that of @name? Both are copied.
 * Returns the job, owned by @c until it is done or forgotten; NULL when too many wait. */
CheckerJob *checker_ask(Checker *c, const char *name, Slice password, CheckerDone done, void *data);
/* checker_forget - who asked has gone: @job will not be answered. */
void checker_forget(CheckerJob *job);
