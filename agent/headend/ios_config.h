/* ios_config.h - the configuration of an IOS router with one tunnel interface: the second language
 * of the headend, as agent/docs/ASA-CONFIG.md lists it. Tables, notes and bounds are those of the
 * first. */
#pragma once

#include "agent/headend/asa_config.h"

enum {
    IOS_WINDOW = 5,       /* requests, when the file does not say */
    IOS_WINDOW_MAX = 16,  /* as IkeConfig.window; IOS takes 20 */
    IOS_LIFETIME = 86400, /* seconds of an IKE SA, when its profile does not say */
};

/* All strings belong to the IosConfig. `line` is where a thing was defined, for sentences. */

typedef struct IosProposal {
    unsigned line;
    const char *name;
    AsaAlgs encr, integ, prf, group; /* @prf empty: as @integ */
} IosProposal;

typedef struct IosPolicy {
    unsigned line;
    const char *name;
    AsaNames proposals;
} IosPolicy;

/* `peer` of a keyring. */
typedef struct IosKey {
    unsigned line;
    const char *ring, *name;
    Prefix net;          /* of the peers that have it; family ADDR_NONE: not said */
    Addr id;             /* what the peer that has it calls itself; family ADDR_NONE: not said */
    Secret ours, theirs; /* what we prove, and what the peer has to; empty: not said */
} IosKey;

typedef struct IosProfile {
    unsigned line;
    const char *name;
    bool match;  /* match identity remote address */
    Prefix peer; /* and what it says; length 0: any address */
    Addr id;     /* identity local address; family ADDR_NONE: that of the tunnel's source */
    bool psk_ours, psk_theirs;
    const char *ring; /* keyring; NULL: none */
    unsigned ring_line;
    uint32_t lifetime;       /* seconds */
    uint32_t dpd, dpd_retry; /* seconds; 0: never asked because of silence */
} IosProfile;

typedef struct IosTransform {
    unsigned line;
    const char *name;
    AsaAlg encr, integ;
} IosTransform;

/* crypto ipsec profile */
typedef struct IosProtection {
    unsigned line;
    const char *name;
    AsaNames transforms;
    const char *profile; /* ikev2-profile; NULL: none */
    unsigned profile_line;
    AsaAlg pfs;                  /* for rekeying; id 0: none */
    uint32_t seconds, kilobytes; /* lifetime of a child SA; 0: the global one */
} IosProtection;

typedef struct IosInterface {
    unsigned line;
    const char *name; /* "Tunnel0" */
    Addr addr;        /* family ADDR_NONE: none */
    Prefix net;       /* addr's network */
    bool shutdown;
    uint16_t mtu; /* ip mtu, octets; 0: not said */

    /* Tunnel interfaces */
    const char *source; /* an interface or an address; NULL: not said */
    Addr destination;
    bool ipsec;             /* tunnel mode ipsec ipv4 */
    const char *protection; /* an IPsec profile; NULL: none */
    unsigned protection_line;
} IosInterface;

typedef struct IosRoute {
    unsigned line;
    Prefix to;
    const char *via; /* an interface; NULL: a next hop */
} IosRoute;

typedef struct IosConfig {
    GStringChunk *strings;
    GString *running; /* the lines in force, as they were written */
    const char *hostname;
    GPtrArray *proposals, *policies, *keys, *profiles, *transforms, *protections, *interfaces,
        *routes;
    uint32_t window;                   /* crypto ikev2 window */
    uint32_t nat_keepalive;            /* seconds: crypto ikev2 nat keepalive; 0: none */
    uint32_t dpd, dpd_retry;           /* crypto ikev2 dpd: for profiles that do not say */
    uint32_t sa_seconds, sa_kilobytes; /* crypto ipsec security-association lifetime */
    EspRules esp;                      /* crypto ipsec security-association replay */
    bool fragmentation;
    uint16_t fragment_mtu; /* whole IP packets; 0: by the address family */

    /* Filled in by ios_check(); borrowed from the arrays. */
    const IosInterface *tunnel, *loopback; /* the loopback may be NULL */
    Addr source;                           /* of the tunnel */
    const char *source_if;                 /* whose address it is; NULL: it was given as one */
    const IosProtection *protection;
    const IosProfile *profile;
    const IosKey *key; /* of the tunnel's destination */
} IosConfig;

/* ios_config_is - is @text of an IOS router, not of an ASA? It is when a line at its left margin
 * begins with `crypto ikev2 proposal`, `keyring` or `profile`, which an ASA does not have. */
bool ios_config_is(Slice text);
/* ios_config_parse - read a whole configuration and check it (ios_check.h).
 * @text: at most ASA_FILE_MAX octets.
 * @notes: every error and warning of the file, in the order of lines.
 * Returns NULL when there was an error. */
IosConfig *ios_config_parse(Slice text, AsaNotes *notes);
void ios_config_free(IosConfig *c);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(IosConfig, ios_config_free)

/* Look-ups by name, exact; NULL when there is none. */
const IosProposal *ios_config_proposal(const IosConfig *c, const char *name);
const IosPolicy *ios_config_policy(const IosConfig *c, const char *name);
const IosProfile *ios_config_profile(const IosConfig *c, const char *name);
const IosTransform *ios_config_transform(const IosConfig *c, const char *name);
const IosProtection *ios_config_protection(const IosConfig *c, const char *name);
const IosInterface *ios_config_interface(const IosConfig *c, const char *name);
/* ios_config_key - the key of @ring for @peer: that of the longest matching network. */
const IosKey *ios_config_key(const IosConfig *c, const char *ring, const Addr *peer);
/* ios_config_key_of - the key for one that begins, in the order of IOS: of whom it says it is (@id;
 * NULL: no address), else of where it comes from. One without both directions is none. */
const IosKey *ios_config_key_of(const IosConfig *c, const char *ring, const Addr *id,
                                const Addr *from);
