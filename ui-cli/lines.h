/* lines.h - lines from a file descriptor, read while the main loop runs and wiped once handed out.
 */
#pragma once

#include <gio/gio.h>
#include <stdbool.h>

#include "agent/base/secret.h"

enum { LINES_MAX = 4096 }; /* octets of one line; what a terminal's line discipline holds */

typedef enum LinesStatus {
    LINES_OK,
    LINES_EOF,
    LINES_STOPPED,  /* cancelled, or what was asked is no longer wanted */
    LINES_TOO_LONG, /* more than LINES_MAX octets without a line end; the input is of no use now */
    LINES_BROKEN,   /* read failed, errno tells */
} LinesStatus;

/* When to stop waiting: on @cancel, or when @stop says so after a turn of the main loop. */
typedef struct LinesStop {
    GCancellable *cancel;     /* borrowed; may be NULL */
    bool (*stop)(void *user); /* may be NULL */
    void *user;
} LinesStop;

typedef struct Lines Lines;
Lines *lines_new(int fd); /* @fd stays the caller's */
void lines_free(Lines *l);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Lines, lines_free)

/* lines_read - the next line without its end (LF or CRLF); a last line needs none.
 * @ret: set on LINES_OK only. */
LinesStatus lines_read(Lines *l, const LinesStop *stop, Secret *ret) G_GNUC_WARN_UNUSED_RESULT;
/* lines_wait - run the main loop until @fd can be read: LINES_OK, or LINES_STOPPED. */
LinesStatus lines_wait(int fd, const LinesStop *stop) G_GNUC_WARN_UNUSED_RESULT;
/* lines_word - a line that is no secret as text, without the blanks around it; "" for an empty one.
 * Owned by the caller. */
char *lines_word(const Secret *line);
