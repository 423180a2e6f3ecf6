/* eap_server.h - the authenticator of RFC 4137 as IKE_AUTH needs it: the headend's side. */
#pragma once

#include "agent/eap/eap_peer.h"

typedef struct EapServer EapServer;
/* @methods: those we would do, NULL-terminated; the first is asked for, another when the client
 * says in a Nak that it does that one (RFC 3748 §5.3). They and what @setup points to are borrowed.
 */
EapServer *eap_server_new(const EapMethod *const *methods, const EapSetup *setup);
void eap_server_free(EapServer *s);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EapServer, eap_server_free)

EapVerdict eap_server_start(EapServer *s); /* the first request; ids count 1, 2, 3 ... */
/* eap_server_recv - one EAP packet. What is no response to the last request is dropped, and so is
 * anything while a question is open. */
EapVerdict eap_server_recv(EapServer *s, Slice packet);
/* eap_server_answer - moves out of @answer. EAP_DROP, with @answer left alone, when nothing is
 * asked.
 */
EapVerdict eap_server_answer(EapServer *s, EapAnswer *answer);
const EapQuestion *eap_server_question(const EapServer *s);
Slice eap_server_out(const EapServer *s); /* borrowed until the next call */
/* eap_server_identity - what the client answered to EAP-Identity, unproved; NULL when it was not
 * asked or has not answered. */
const char *eap_server_identity(const EapServer *s);
bool eap_server_person(const EapServer *s); /* a person may be typing the answer to our request */
Slice eap_server_msk(const EapServer *s);   /* empty: not done, or the method makes none */
const char *eap_server_why(const EapServer *s); /* one sentence about a failure; never NULL */
