/* login_id.h - an identity as people write it, and as IKE sends it (RFC 7296 §3.5). */
#pragma once

#include <glib.h>

#include "agent/ike/ike_id.h"

typedef struct LoginId {
    uint8_t type; /* IkeIdType */
    GBytes *data;
} LoginId;

/* login_id_parse - the type follows from the form:
 *   *$AnyConnectClient$*        Group name, as the field's clients call themselves
 *   192.0.2.1, 2001:db8::1      address
 *   anu@example.org             RFC822 address
 *   CN=anu,O=Example            DER ASN1 DN
 *   vpn.example.org             FQDN
 *   anything else               Key ID
 * A prefix says it outright: keyid: fqdn: email: dn: address: group:
 * Returns false with @error (AC_ERROR_CONFIG) for what is empty, longer than 255 octets, no UTF-8
 * or not of the form its prefix promises. */
bool login_id_parse(const char *text, LoginId *ret, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void login_id_set(LoginId *id, uint8_t type, GBytes *data); /* takes @data */
void login_id_clear(LoginId *id);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(LoginId, login_id_clear)
IkeId login_id_view(const LoginId *id); /* borrowed */
/* login_id_is - does the peer call itself so? Names of hosts ignore case (RFC 4343). */
bool login_id_is(const LoginId *id, const IkeId *got);

#define LOGIN_ID_ANYCONNECT "*$AnyConnectClient$*"
