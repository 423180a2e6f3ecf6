#include "agent/headend/session_cert.h"

#include "agent/headend/gateway_private.h"
#include "agent/headend/session_private.h"

static const char busy[] = "too many certificates are being checked";

static const char *
unknown(const Session *s, const RevokeResult *r)
{
    bool soft = s->trustpoint->revocation.soft;
    const char *why = r->why ? r->why : "who was asked does not know it";

    session_say(s, LOG_WARNING,
                "nobody can say whether the certificate with serial number %s has been revoked "
                "(%s)%s",
                r->serial, why, soft ? "; it is let in" : "");
    return soft ? NULL : "nobody can say whether its certificate has been revoked";
}

static const char *
verdict(const Session *s, const RevokeResult *r)
{
    if (!r->problems)
        return NULL;
    if (!(r->problems & X509_IS_REVOKED))
        return unknown(s, r);
    session_say(s, LOG_MESSAGE, "the certificate with serial number %s has been revoked",
                r->serial);
    return "its certificate has been revoked";
}

static void
on_checked(const RevokeResult *result, void *data)
{
    Session *s = data;

    s->asked = NULL;
    s->cert_done(s, verdict(s, result));
}

void
session_cert_judge(Session *s, const AsaTunnelGroup *group, const X509Chain *chain,
                   const IkeId *idi, SessionCertDone done)
{
    const Gateway *g = s->gateway;
    int64_t now = g_get_real_time() / G_USEC_PER_SEC;
    const char *why = peers_distrust(g->peers, group, chain, idi, &g->ike.sig, now);

    s->trustpoint = why ? NULL : peers_wants_to_know(g->peers, chain, now);
    if (!s->trustpoint) {
        done(s, why);
        return;
    }
    s->cert_done = done;
    s->asked = revocation_ask(g->revocation, s->trustpoint, chain, now, on_checked, s);
    if (!s->asked)
        done(s, busy);
}

void
session_cert_forget(Session *s)
{
    if (s->asked)
        revocation_forget(s->asked);
    s->asked = NULL;
}
