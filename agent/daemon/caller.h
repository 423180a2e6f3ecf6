/* caller.h - to open a user's files with that user's rights: the agent's own would open what he may
 * not read. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

typedef struct Caller {
    uid_t uid;
    gid_t gid;
    char *home;
} Caller;

/* caller_find - who @uid is, and where at home. False when there is no such user. */
bool caller_find(uid_t uid, Caller *ret);
void caller_clear(Caller *c);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Caller, caller_clear)
/* caller_enter - from now on this thread opens files as @c would, in no group but his own. Returns
 * false when that is not possible; nothing has changed then. caller_leave() must follow. */
bool caller_enter(const Caller *c) G_GNUC_WARN_UNUSED_RESULT;
void caller_leave(void);
