/* capture.h - section I of tests/vectors/eap-anyconnect-capture.txt: whole messages and keys of a
 * login between two instances of a foreign implementation. */
#pragma once

#include <glib.h>

#include "tests/support/hex.h"

static inline void
capture_text(char **ret)
{
    if (!g_file_get_contents(AC_TEST_VECTORS "/eap-anyconnect-capture.txt", ret, NULL, NULL))
        g_error("no capture");
}

/* capture_message - the octets under the heading that starts with @heading, such as "#4 IKE_AUTH
 * response"; section I only. */
static inline Hex
capture_message(const char *heading)
{
    g_autofree char *text = NULL, *line = g_strdup_printf("\n%s", heading);
    char *at, *end;
    Hex h = { .len = 0 };

    capture_text(&text);
    at = strstr(text, "================ I.");
    at = at ? strstr(at, line) : NULL;
    if (!at)
        g_error("no %s in the capture", heading);
    at = strchr(at + 1, '\n');
    while (at && g_str_has_prefix(at, "\n  ")) {
        Hex part;

        end = strchr(at + 1, '\n');
        if (end)
            *end = 0;
        part = hex(g_strstrip(at + 1));
        g_assert(h.len + part.len <= sizeof(h.b));
        memcpy(h.b + h.len, part.b, part.len);
        h.len += part.len;
        if (!end)
            break;
        *end = '\n';
        at = end;
    }
    return h;
}

/* capture_key - "SK_pi" and its like. */
static inline Hex
capture_key(const char *name)
{
    g_autofree char *text = NULL, *line = g_strdup_printf("\n%s ", name);
    char *at, *end;

    capture_text(&text);
    at = strstr(text, line);
    if (!at)
        g_error("no %s in the capture", name);
    at += strlen(line);
    end = strchr(at, '\n');
    if (end)
        *end = 0;
    return hex(at);
}
