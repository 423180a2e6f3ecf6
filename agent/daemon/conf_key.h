/* conf_key.h - one key of acclient.conf: what it may be, and where it goes. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

typedef enum ConfKind {
    CONF_WORD,       /* char * */
    CONF_WORDS,      /* char **, separated by blanks, commas or semicolons */
    CONF_FLAG,       /* bool: true or false */
    CONF_NUMBER,     /* unsigned, at most ->max */
    CONF_WINDOW,     /* uint32_t: width of a replay window, at most ->max */
    CONF_SECONDS,    /* Usec, at most ->max seconds */
    CONF_OCTETS,     /* uint64_t, at most ->max */
    CONF_RANK,       /* SuiteRank: modern, compatible or legacy */
    CONF_LEVEL,      /* LogLevel */
    CONF_REVOCATION, /* X509Revocation: off, soft or strict */
    CONF_CHOICE,     /* int: place in ->choices */
    CONF_FILE,       /* char *: an absolute path */
    CONF_OBJECT,     /* char *: an absolute path or a pkcs11: URI */
    CONF_IDENTITY,   /* char *: an identity that IKE can send (login_id.h) */
} ConfKind;

typedef struct ConfKey {
    const char *section, *key;
    ConfKind kind;
    size_t at; /* offset of the member */
    guint64 max;
    const char *const *choices; /* NULL-terminated */
} ConfKey;

/* conf_key_read - check @value and put it into @into.
 * Returns false with AC_ERROR_CONFIG "FILE: [SECTION] KEY = VALUE: WHY"; @into is then as it was.
 */
bool conf_key_read(const ConfKey *k, const char *file, const char *section, const char *value,
                   void *into, GError **error) G_GNUC_WARN_UNUSED_RESULT;
