/* gateway_caller.h - standard clients and sites that call a gateway, each with real sockets and
 * without a TUN; the gateway of the standard example. */
#pragma once

#include "agent/link/ike_driver.h"
#include "tests/support/certs.h"
#include "tests/support/gateway_world.h"

/* One client or site: two sockets, no TUN. */
typedef struct Caller {
    IkeConfig config;
    IkeSa *sa;
    IkeDriver *driver;
    UdpDoors doors;
    UdpSock *init, *natt;
    guint watch[2];
    bool up, closed;
    IkeReason reason;
    IkeCpReply reply;
    bool replied;
    Selectors local, remote;
    const char *user, *password; /* what is typed */
} Caller;

/* Of the root that clients are believed by, and of the client. */
extern EVP_PKEY *caller_root_key, *caller_leaf_key;

/* cmocka's: @state is a GatewayWorld; with keys. */
int caller_world_make(void **state);
int caller_world_free(void **state);
/* caller_net - enters a network namespace with the addresses of the gateway, of a site and of three
 * clients. */
void caller_net(void);
/* caller_open_world - the gateway of the standard example, with a certificate of its own making,
 * and
 * @more. */
void caller_open_world(GatewayWorld *w, const char *more);

/* caller_new - calls the gateway by @plan; a site offers @near to @far and asks for no address. */
Caller *caller_new(const char *from, const IkePlan *plan, const char *near, const char *far);
/* caller_decide - waits until the call is decided. */
void caller_decide(Caller *c);
/* caller_log_in - a client who types this; decided. */
Caller *caller_log_in(const char *from, const IkePlan *plan, const char *user,
                      const char *password);
void caller_free(Caller *c);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Caller, caller_free)

/* What they borrow. */
IkePlan caller_shared_plan(const char *id, const char *key);
IkePlan caller_certificate_plan(const char *id, const SigKey *key, const X509Chain *chain);
IkePlan caller_eap_plan(const char *id, const EapMethod *const *methods);
CertSpec caller_root(void);
CertSpec caller_certificate(const CertSpec *issuer);
/* caller_chain - one certificate; owned by the caller. */
X509Chain *caller_chain(const CertSpec *s);
