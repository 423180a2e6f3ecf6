/* event.h - the dictionaries of the control API's Event signal (agent/docs/CLI.md). */
#pragma once

#include <gio/gio.h>

/* event_begin - a dictionary with "event" and "ts"; add keys with g_variant_dict_insert(), end with
 * event_end(). */
GVariantDict *event_begin(const char *kind);
/* The finished dictionary, floating; @d is consumed. */
GVariant *event_end(GVariantDict *d);
/* Insert only when @text is not NULL; text that is not UTF-8 is escaped, since D-Bus would drop the
 * caller. */
void event_put_text(GVariantDict *d, const char *key, const char *text);
