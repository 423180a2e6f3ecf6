/* bus.h - the connection to the agent: its methods as plain calls, its events as a queue. Every
 * call runs the main loop until it is answered or cancelled. */
#pragma once

#include <gio/gio.h>
#include <stdbool.h>

#define BUS_SOCKET "/run/acclient/agent.sock"

typedef struct Bus Bus;

/* bus_open - the agent behind @socket, or, when @socket is NULL, behind BUS_SOCKET and then on the
 * system bus.
 * Returns NULL with AC_ERROR_NO_AGENT or AC_ERROR_NOT_AUTHORISED. */
Bus *bus_open(const char *socket, GCancellable *cancel, GError **error);
void bus_free(Bus *b);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Bus, bus_free)
const char *bus_version(const Bus *b); /* of the agent; borrowed */

/* bus_next - the next event; waits for it.
 * Returns NULL when cancelled, and with AC_ERROR_NO_AGENT when the agent has gone. */
GVariant *bus_next(Bus *b, GCancellable *cancel, GError **error);
GVariant *bus_poll(Bus *b); /* the next event when one is there, else NULL */
void bus_forget(Bus *b);    /* drop the events that wait */
/* bus_push - queue @event as if it had just come. */
void bus_push(Bus *b, GVariant *event);
/* bus_any - true when an event that waits satisfies @test. */
bool bus_any(Bus *b, bool (*test)(GVariant *event, const void *user), const void *user);
bool bus_gone(const Bus *b);

/* The methods of org.acclient.Agent1; what they return is the caller's. Errors are AC_ERROR, or
 * G_IO_ERROR_CANCELLED. */
bool bus_connect(Bus *b, const char *host, GVariant *options, GCancellable *cancel, GError **error);
bool bus_disconnect(Bus *b, bool *ret_was_up, GCancellable *cancel, GError **error);
GVariant *bus_status(Bus *b, GCancellable *cancel, GError **error);
GVariant *bus_stats(Bus *b, GCancellable *cancel, GError **error);
GVariant *bus_hosts(Bus *b, char ***ret_problems, GCancellable *cancel, GError **error);
GVariant *bus_prompt(Bus *b, GCancellable *cancel, GError **error);
bool bus_answer(Bus *b, guint64 id, GVariant *answer, GCancellable *cancel, GError **error);
GVariant *bus_trust_list(Bus *b, GCancellable *cancel, GError **error);
bool bus_trust_add(Bus *b, const char *host, const char *pin, GCancellable *cancel, GError **error);
bool bus_trust_remove(Bus *b, const char *host, bool *ret_was_there, GCancellable *cancel,
                      GError **error);
