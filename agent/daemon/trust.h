/* trust.h - gateways whose certificate a person accepted: one pin a host, kept on disk. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct TrustEntry {
    const char *host;    /* as the profile or the user named it */
    const char *pin;     /* "pin-sha256:..." */
    const char *subject; /* of the certificate, for people; may be "" */
    unsigned problems; /* set of X509Problem that was accepted; ~0 when the pin was given by hand */
    int64_t added;     /* seconds since 1970 */
} TrustEntry;

typedef struct Trust Trust;
/* trust_load - @file need not exist. A file that cannot be read is an error, so that it is never
 * overwritten. */
Trust *trust_load(const char *file, GError **error);
void trust_free(Trust *t);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Trust, trust_free)

const TrustEntry *trust_find(const Trust *t, const char *host); /* borrowed, or NULL */
GPtrArray *
trust_list(const Trust *t); /* of TrustEntry *, borrowed, by host name; the array is the caller's */
/* Each writes the file before it returns; on failure nothing has changed. */
bool trust_put(Trust *t, const TrustEntry *e, GError **error) G_GNUC_WARN_UNUSED_RESULT;
bool trust_remove(Trust *t, const char *host, bool *ret_was_there,
                  GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* trust_pin_valid - "pin-sha256:" and the base64 of 32 octets. */
bool trust_pin_valid(const char *pin);
