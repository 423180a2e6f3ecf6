/* peers.h - who calls, to which tunnel group does he belong, and what have both ends to prove? */
#pragma once

#include "agent/headend/asa_config.h"
#include "agent/headend/identity.h"
#include "agent/ike/ike_sa.h"

/* What the gateway proves itself with, and whom it believes. */
typedef struct Peers Peers;
/* peers_new - opens the certificate of every trustpoint in use, the authorities and the
 * post-quantum keys. @config: borrowed. @state: folder of our own certificates. @now: seconds since
 * 1970. */
Peers *peers_new(const AsaConfig *config, const char *state, int64_t now, GError **error);
void peers_free(Peers *p);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Peers, peers_free)

/* peers_identity - the certificate behind @t; NULL when no line uses it. Borrowed. */
const Identity *peers_identity(const Peers *p, const AsaTrustpoint *t);
/* peers_anyconnect - the plan of an AnyConnect client, borrowed; an empty one when there is no
 * certificate to show it. */
const IkePlan *peers_anyconnect(const Peers *p);
/* peers_certreq - hashes of our authorities for CERTREQ; borrowed, empty: none. */
Slice peers_certreq(const Peers *p);

/* What somebody says before he has proved anything. */
typedef struct PeersCall {
    IkeId idi, idr; /* type 0 of @idr: he asks for nobody */
    Addr from, local;
    uint8_t method; /* of his AUTH; 0: there is none, he wants EAP */
    bool standard;  /* by his Vendor IDs he does no EAP-AnyConnect, whatever he calls himself */
} PeersCall;

typedef struct PeersFound {
    const AsaTunnelGroup *group; /* NULL: an AnyConnect, whose dialogue names the group */
    IkePlan plan;                /* views into this struct and into Peers */
    Addr local;                  /* behind plan.id */
} PeersFound;

/* peers_find - in the order of an ASA: the site whose address is his identity or where he is; the
 * group that his identity names; the default group. @ret must stay where it is while its plan is in
 * use. Returns NULL, or why nobody like him is known: a static clause. */
const char *peers_find(const Peers *p, const PeersCall *call, PeersFound *ret);

/* peers_is_group - is @id the name of a group of clients? Then it tells nobody from the others. */
bool peers_is_group(const Peers *p, const IkeId *id);

/* peers_distrust - why the owner of @chain, who calls himself @idi, is not let in through @group.
 * Returns NULL when he is; a static clause. */
const char *peers_distrust(const Peers *p, const AsaTunnelGroup *group, const X509Chain *chain,
                           const IkeId *idi, const SigPolicy *policy, int64_t now);
/* peers_wants_to_know - the trustpoint whose authorities have issued @chain and that wants to know
 * whether it has been revoked, the first of the file; NULL: none does. */
const AsaTrustpoint *peers_wants_to_know(const Peers *p, const X509Chain *chain, int64_t now);
/* peers_authorities - those of @t alone; NULL when it has none. Borrowed. */
X509Store *peers_authorities(const Peers *p, const AsaTrustpoint *t);
/* peers_way - "PSK", "EAP", "certificate", "certificate and EAP". */
const char *peers_way(const IkePlan *plan);
