/* eap_user.h - who logs in by a plain method: the form that asks, and what was typed. Peer's side.
 */
#pragma once

#include "agent/eap/eap_method.h"

enum { EAP_USER_MAX = 253 }; /* octets of a name, as RADIUS carries it (RFC 2865 §5.1) */

struct EapUser {
    char *name; /* NULL: not known yet */
    Secret password;
    bool typed; /* @password has been typed and no method has used it yet */
    AcDoc *form;
    EapQuestion question; /* about @form */
};

void eap_user_clear(EapUser *u);
/* eap_user_ask - a form: text input "username", preset to the name that is known, and, if
 * @password, password input "password". @message, @error: shown above it, escaped here, may be
 * empty. */
void eap_user_ask(EapUser *u, bool password, Slice message, Slice error);
/* eap_user_fill - take the fields out of @a. Returns NULL, or why they cannot be used. An empty
 * user name leaves the one that is known. */
const char *eap_user_fill(EapUser *u, EapAnswer *a);
