/* profile_address.h - a HostAddress: name or address, perhaps a port, perhaps a group. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

enum { PROFILE_TEXT_MAX = 255 }; /* octets of a name, address, group or identity */

typedef struct ProfileAddress {
    char *host;    /* domain name or IP address, without brackets */
    uint16_t port; /* 0: none given */
    char *group;   /* NULL: none given */
    bool is_ip;
} ProfileAddress;

/* profile_address_parse - HOST, IPv4, IPv6, [IPv6], each with :PORT and /GROUP, or
 * https://HOST:PORT/GROUP. Returns false with @error, a clause such as "port 0 is not ...", and
 * @ret untouched. */
bool profile_address_parse(const char *text, ProfileAddress *ret,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
void profile_address_clear(ProfileAddress *a);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ProfileAddress, profile_address_clear)

/* profile_text_check - may @text stand as a name? 1 to PROFILE_TEXT_MAX octets of UTF-8, no control
 * characters. @error is a clause such as "is empty". */
bool profile_text_check(const char *text, GError **error) G_GNUC_WARN_UNUSED_RESULT;
