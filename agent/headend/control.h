/* control.h - the unix socket through which "acheadend show" asks a running gateway. */
#pragma once

#include <gio/gio.h>
#include <stdbool.h>

enum { CONTROL_REQUEST_MAX = 256 }; /* octets of one request line */

/* The text that answers a request line, owned by the caller; one that begins with "ERROR: " for a
 * line that is no command. */
typedef char *(*ControlAnswer)(const char *request, void *user);

typedef struct Control Control;
/* control_new - listen on @path, mode 0600; what a dead process left there is replaced.
 * One line in, text out, closed. Callers are root or the user we run as. */
Control *control_new(const char *path, ControlAnswer answer, void *user, GError **error);
void control_free(Control *c); /* removes @path */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Control, control_free)

/* control_ask - the client's side: send @words, copy the answer to @ret, owned by the caller. */
bool control_ask(const char *path, const char *words, char **ret,
                 GError **error) G_GNUC_WARN_UNUSED_RESULT;
