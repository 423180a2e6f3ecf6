/* session_cert.h - is the certificate that a client has proved one that we believe? */
#pragma once

#include "agent/headend/session.h"

/* session_cert_judge - @done is called at once, or later when somebody has to be asked whether it
 * has been revoked; never once session_cert_forget() has been.
 * @group: NULL: an AnyConnect. @chain: borrowed until then. @idi: NULL: it has no other name. */
void session_cert_judge(Session *s, const AsaTunnelGroup *group, const X509Chain *chain,
                        const IkeId *idi, SessionCertDone done);
void session_cert_forget(Session *s);
