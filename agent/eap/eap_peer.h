/* eap_peer.h - the peer state machine of RFC 4137 as IKE_AUTH needs it: the client's side. */
#pragma once

#include "agent/eap/eap_method.h"

typedef enum EapVerdict {
    EAP_SEND,      /* eap_*_out() goes to the other side */
    EAP_ASK,       /* eap_*_question() wants an answer */
    EAP_SUCCEEDED, /* server: eap_server_out() is the Success packet */
    EAP_FAILED,    /* over; server: eap_server_out() is the Failure packet */
    EAP_DROP,      /* not for us, malformed, or out of turn: ignored */
} EapVerdict;

typedef struct EapPeer EapPeer;
/* @methods: those we would do, NULL-terminated, best first. They and what @setup points to are
 * borrowed. */
EapPeer *eap_peer_new(const EapMethod *const *methods, const EapSetup *setup);
void eap_peer_free(EapPeer *p);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EapPeer, eap_peer_free)

/* eap_peer_recv - one EAP packet. A Success before the method is done is EAP_FAILED (RFC 3748
 * §4.2); a repeated request is answered with the same response; an unknown type with a Nak, an
 * Expanded Nak when it was an expanded type (§5.3). */
EapVerdict eap_peer_recv(EapPeer *p, Slice packet);
/* eap_peer_answer - moves out of @answer. EAP_DROP, with @answer left alone, when nothing is asked.
 */
EapVerdict eap_peer_answer(EapPeer *p, EapAnswer *answer);
const EapQuestion *eap_peer_question(const EapPeer *p);
Slice eap_peer_out(const EapPeer *p); /* borrowed until the next call */
const AcDoc *eap_peer_complete(const EapPeer *p);
Slice
eap_peer_msk(const EapPeer *p); /* empty: not done, or the method makes none (RFC 3748 §7.10) */
const char *eap_peer_why(const EapPeer *p); /* one sentence about a failure; never NULL */
