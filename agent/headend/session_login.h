/* session_login.h - how a session logs in: from who calls to what he is given. */
#pragma once

#include "agent/headend/session.h"

/* One function for each event of the SA until IKE_EV_UP; each answers it, if not at once. */
void session_login_peer(Session *s, const IkeEvent *ev);
void session_login_certificate(Session *s, const IkeEvent *ev);
void session_login_question(Session *s, const EapQuestion *q);
void session_login_config(Session *s, const IkeCp *request);
/* session_login_clear - gives back addresses, forgets what is being checked. */
void session_login_clear(Session *s);
/* session_login_failed - notes against the client's address that it could not log in. */
void session_login_failed(Session *s);
/* session_login_call - @s begins an IKE SA with a site, so we know beforehand who is there. @whom:
 * borrowed for the life of @s. Before it starts. */
void session_login_call(Session *s, const AsaCryptoMap *site, const PeersFound *whom);
/* session_networks - add @nets (of Prefix), each once, as far as there is room. */
void session_networks(IkeTs *ts, const GArray *nets);
