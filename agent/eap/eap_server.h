/* eap_server.h - the authenticator of RFC 4137 as IKE_AUTH needs it: the headend's side. */
#pragma once

#include "agent/eap/eap_peer.h"

typedef struct EapServer EapServer;
EapServer *eap_server_new(const EapMethod *method, const AcIdentity *id);
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
Slice eap_server_out(const EapServer *s);       /* borrowed until the next call */
const char *eap_server_why(const EapServer *s); /* one sentence about a failure; never NULL */
