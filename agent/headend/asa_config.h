/* asa_config.h - the headend's configuration: a subset of the ASA running-config, as agent/docs/
 * ASA-CONFIG.md lists it. */
#pragma once

#include <glib.h>

#include "agent/base/addr.h"
#include "agent/base/secret.h"
#include "agent/esp/esp_sa.h"
#include "agent/headend/asa_note.h"

/* Bounds on what one file may define; beyond them it is an error. */
enum {
    ASA_FILE_MAX = 1 << 20, /* octets; a large gateway's configuration is a tenth of it */
    ASA_ITEMS_MAX = 4096,   /* of one kind: users, pools, groups, list entries */
    ASA_ALGS_MAX = 16,      /* values of one encryption, integrity, prf or group line */
    ASA_NAMES_MAX = 16,     /* names on one line */
    ASA_SPLIT_MAX = 200,    /* networks of one split-tunnel list: what a client reads */
    ASA_POOL_MAX = 1 << 18, /* addresses of one pool */
    ASA_PEERS_MAX = 10,     /* addresses of one `set peer` line, as on an ASA */
    ASA_PSK_MAX = 128,      /* octets of a pre-shared key, as on an ASA */
    ASA_PPK_MIN = 32,       /* octets: 256 bits, RFC 8784 §6 */
    ASA_PPK_MAX = 256,
    ASA_CRL_URLS_MAX = 5,   /* lists of one trustpoint, as on an ASA */
    ASA_REVOCATION_MAX = 2, /* methods of AsaRevocationMethod */
    ASA_EAP_MAX = 4,        /* methods of AsaEap */
    ASA_SAS_MAX = 40000,    /* IKE SAs at one time */
    ASA_COOKIE_NEVER = 101, /* more than any percentage */
};

/* All strings belong to the AsaConfig. `line` is where a thing was defined, for sentences. */

typedef struct AsaNames {
    unsigned line;
    size_t n;
    const char *v[ASA_NAMES_MAX];
} AsaNames;

typedef struct AsaInterface {
    unsigned line;
    const char *name, *nameif; /* "Ethernet0/1", "outside"; nameif NULL: none */
    Addr addr;
    Prefix net; /* addr's network */
    Prefix net6;
    Addr addr6;
    bool shutdown;
} AsaInterface;

typedef struct AsaPool {
    unsigned line;
    const char *name;
    Addr first, last;
    Addr mask;       /* IPv4; family ADDR_NONE: not said */
    uint8_t net_len; /* IPv6: bits */
} AsaPool;

typedef struct AsaAcl {
    unsigned line;
    const char *name;
    GArray *nets;          /* of Prefix: permitted, in order */
    GArray *others;        /* of Prefix: the far ends of the same; of fewer in a standard list */
    unsigned bad_line;     /* first entry that is no plain pair of networks, 0: none */
    const char *bad_entry; /* its text */
} AsaAcl;

typedef struct AsaAlg {
    uint16_t id, bits; /* IANA transform id; key length attribute or 0 */
    bool aead;
} AsaAlg;

typedef struct AsaAlgs {
    size_t n;
    AsaAlg v[ASA_ALGS_MAX];
} AsaAlgs;

typedef struct AsaIkePolicy {
    unsigned line, number;
    AsaAlgs encr, integ, prf, group;
    uint32_t lifetime; /* seconds, 0: none */
} AsaIkePolicy;

typedef struct AsaIpsecProposal {
    unsigned line;
    const char *name;
    AsaAlgs encr, integ;
} AsaIpsecProposal;

typedef struct AsaDynamicMap {
    unsigned line, seq;
    const char *name;
    AsaNames proposals;
    AsaAlg pfs;                  /* for rekeying; id 0: none */
    uint32_t seconds, kilobytes; /* lifetime of a child SA; 0: the global one */
} AsaDynamicMap;

/* An entry of a crypto map: one that leads to a dynamic map, or a site-to-site tunnel. */
/* Who begins a site-to-site tunnel: set connection-type. */
typedef enum AsaConnection {
    ASA_BIDIRECTIONAL,
    ASA_ANSWER_ONLY,
    ASA_ORIGINATE_ONLY,
} AsaConnection;

typedef struct AsaCryptoMap {
    unsigned line, seq;
    const char *name, *dynamic;
    const char *acl; /* match address */
    unsigned acl_line, peers_line;
    Addr peers[ASA_PEERS_MAX];
    size_t n_peers;
    AsaNames proposals;
    AsaAlg pfs;                  /* id 0: none */
    uint32_t seconds, kilobytes; /* 0: the global one */
    AsaConnection connection;
} AsaCryptoMap;

typedef enum AsaRevocationMethod { ASA_REVOCATION_CRL, ASA_REVOCATION_OCSP } AsaRevocationMethod;

/* How to find out whether the certificate of a peer has been revoked. */
typedef struct AsaRevocation {
    unsigned line;                                   /* of revocation-check */
    AsaRevocationMethod methods[ASA_REVOCATION_MAX]; /* in this order */
    size_t n;                                        /* 0: nobody is asked */
    bool soft;        /* none: who is not known to be revoked is let in */
    bool points, own; /* CRLs that the certificates name; those of @urls */
    unsigned policy_line;
    const char *urls[ASA_CRL_URLS_MAX]; /* may be NULL each */
    const char *responder;              /* asked instead of the certificates' own; NULL: those */
    bool no_nonce;
    uint32_t cache_s; /* how long an answer is kept at most, seconds */
} AsaRevocation;

typedef struct AsaTrustpoint {
    unsigned line;
    const char *name;
    bool self;           /* enrollment self */
    const char *subject; /* NULL: unstructuredName of the host, as an ASA makes it */
    const char *certificate, *key, *chain; /* files; NULL when made by us */
    const char *ca;           /* file of the authorities that certify peers; NULL: none */
    AsaRevocation revocation; /* of what they have certified */
} AsaTrustpoint;

/* An EAP method that we speak to a client that is no AnyConnect. */
typedef enum AsaEap { ASA_EAP_MSCHAPV2, ASA_EAP_GTC, ASA_EAP_MD5, ASA_EAP_TLS } AsaEap;

/* A post-quantum pre-shared key (RFC 8784). */
typedef struct AsaPpk {
    unsigned line;
    const char *id;
    const char *file; /* holds the key as hexadecimal digits; NULL: @key is it */
    Secret key;
    bool required;
} AsaPpk;

typedef struct AsaProfile {
    unsigned line;
    const char *name, *path; /* "disk0:/anyconnect-ikev2.xml" */
} AsaProfile;

typedef enum AsaSplit { ASA_TUNNEL_ALL, ASA_TUNNEL_SPECIFIED, ASA_EXCLUDE_SPECIFIED } AsaSplit;

/* Which values of a group policy were said; the others come from DfltGrpPolicy. */
typedef enum AsaPolicyField {
    ASA_GP_DNS,
    ASA_GP_WINS,
    ASA_GP_DOMAIN,
    ASA_GP_SPLIT,
    ASA_GP_SPLIT_LIST,
    ASA_GP_SPLIT_DNS,
    ASA_GP_ALL_DNS,
    ASA_GP_BANNER,
    ASA_GP_IDLE,
    ASA_GP_SESSION,
    ASA_GP_LOGINS,
    ASA_GP_PROTOCOL,
    ASA_GP_POOLS,
    ASA_GP_POOLS6,
    ASA_GP_BYPASS,
    ASA_GP_SMARTCARD,
    ASA_GP_MTU,
    ASA_GP_KEEP,
    ASA_GP_DPD_CLIENT,
    ASA_GP_DPD_GATEWAY,
    ASA_GP_ALWAYS_ON,
    ASA_GP_PROFILES,
} AsaPolicyField;

typedef struct AsaGroupPolicy {
    unsigned line;
    const char *name;
    uint32_t set; /* bits of AsaPolicyField */
    Addr dns[4], wins[2];
    size_t n_dns, n_wins;
    const char *domain; /* NULL: none */
    AsaSplit split;
    const char *split_list; /* name of an access list; NULL: none */
    unsigned split_line;
    const char *split_dns;
    bool all_dns;
    const char *banner;           /* lines joined by LF; NULL: none */
    uint32_t idle, session;       /* seconds, 0: never */
    unsigned logins;              /* sessions of one user at a time, 0: none may log in */
    bool ikev2;                   /* vpn-tunnel-protocol has ikev2 */
    AsaNames pools, pools6;       /* before those of the tunnel group */
    bool bypass, smartcard, keep; /* client-bypass-protocol, smartcard-removal, keep-installer */
    uint16_t mtu;                 /* octets, inner */
    uint32_t dpd_client, dpd_gateway; /* seconds, 0: none */
    bool no_always_on;                /* always-on-vpn disable */
    AsaNames profiles;
} AsaGroupPolicy;

typedef enum AsaUserForm {
    ASA_USER_MD5, /* of an ASA */
    ASA_USER_PBKDF2,
    ASA_USER_NT,    /* MD4 of the password as UTF-16, little endian */
    ASA_USER_PLAIN, /* the password itself */
} AsaUserForm;

typedef struct AsaUser {
    unsigned line;
    const char *name;
    AsaUserForm form;
    const char *hash;   /* MD5, PBKDF2 */
    Secret secret;      /* NT: 16 octets; PLAIN */
    const char *policy; /* vpn-group-policy; NULL: the tunnel group's */
    unsigned policy_line;
    const char *lock; /* group-lock; NULL: any tunnel group */
    unsigned lock_line;
} AsaUser;

typedef enum AsaPeerIdValidate {
    ASA_PEER_ID_REQ,
    ASA_PEER_ID_CERT,
    ASA_PEER_ID_NOCHECK
} AsaPeerIdValidate;

typedef struct AsaTunnelGroup {
    unsigned line;
    const char *name;
    bool remote_access;        /* else ipsec-l2l */
    Secret psk_ours, psk_peer; /* ikev2 local-authentication, remote-authentication; empty: none */
    bool peer_cert, peer_eap;  /* ikev2 remote-authentication certificate, eap */
    bool query_identity;       /* ask with EAP-Identity who it is */
    unsigned ours_line, peer_line;
    const char *trustpoint; /* ikev2 local-authentication certificate; NULL: none */
    AsaPeerIdValidate peer_id;
    bool certificate, no_aaa;  /* webvpn-attributes: authentication [aaa] [certificate] */
    uint32_t keepalive, retry; /* seconds: isakmp keepalive; 0: as if not said */
    bool no_keepalive;         /* isakmp keepalive disable */
    AsaNames pools, pools6;
    const char *policy; /* default-group-policy */
    unsigned policy_line;
    bool second, second_same_user; /* secondary-authentication-server-group LOCAL */
    AsaNames aliases;              /* group-alias A enable */
} AsaTunnelGroup;

typedef struct AsaConfig {
    GStringChunk *strings;
    GString *running;  /* the lines in force, as they were written */
    const char *stamp; /* config-hash: milliseconds since 1970, as text */
    const char *hostname, *domain;
    const char *version; /* what we call ourselves to clients */
    Addr listen;         /* !acheadend listen; family ADDR_NONE: the interface's address */
    const char *disk0;   /* folder that is "disk0:/"; NULL: in the state folder */
    GPtrArray *interfaces, *pools, *acls, *ike_policies, *proposals, *dynamic_maps, *crypto_maps;
    GPtrArray *trustpoints, *profiles, *group_policies, *users, *tunnel_groups;
    GPtrArray *ppks;               /* of AsaPpk: one at most */
    const char *map_name, *map_if; /* crypto map N interface I */
    unsigned map_line;
    const char *ike_if; /* crypto ikev2 enable I */
    unsigned ike_line;
    uint16_t csport; /* client-services port, 0: none */
    const char *trustpoint_name, *ssl_trustpoint;
    unsigned trustpoint_line, ssl_line;
    uint32_t sa_seconds, sa_kilobytes;  /* crypto ipsec security-association lifetime */
    EspRules esp;                       /* crypto ipsec security-association replay */
    uint32_t nat_keepalive;             /* seconds: crypto isakmp nat-traversal */
    bool fragmentation, fragment_cisco; /* crypto ikev2 fragmentation */
    uint16_t fragment_mtu;              /* whole IP packets; 0: by the address family */
    bool group_list;                    /* tunnel-group-list enable */
    AsaEap eap[ASA_EAP_MAX];            /* !acheadend eap-method, best first */
    size_t n_eap;
    bool sha1;                 /* !acheadend signature sha1 */
    bool eap_tls_12;           /* !acheadend eap-tls version-max 1.2 */
    const char *default_group; /* tunnel-group-map default-group; NULL: DefaultRAGroup */
    unsigned default_group_line;
    bool id_address, id_hostname; /* crypto isakmp identity; neither: as the way to log in wants */
    const char *id_key;           /* crypto isakmp identity key-id; NULL: none */
    uint32_t max_negotiating, max_sa; /* crypto ikev2 limit; 0: 256, and no limit */
    uint32_t cookie_percent; /* of max_negotiating, from which on a COOKIE is asked for; 0: always;
                                ASA_COOKIE_NEVER */
    const char *redirect_to; /* !acheadend redirect: a name or an address; NULL: nowhere */
    bool redirect_init;      /* crypto ikev2 redirect during-init; else during-auth */

    GPtrArray *policies; /* of AsaGroupPolicy *, DfltGrpPolicy first: with what they inherit. Filled
                            in by asa_check() */
    /* Filled in by asa_check(); borrowed from the arrays. */
    const AsaInterface *outside;
    const AsaTrustpoint *trustpoint; /* NULL: no AnyConnect client can log in */
    const AsaCryptoMap *map;         /* the dynamic entry; NULL with @dynamic: none */
    const AsaDynamicMap *dynamic;
} AsaConfig;

/* asa_config_parse - read a whole configuration and check it (asa_check.h).
 * @text: at most ASA_FILE_MAX octets. @stamp_msec: its age, for config-hash.
 * @notes: every error and warning of the file, in the order of lines.
 * Returns NULL when there was an error. */
AsaConfig *asa_config_parse(Slice text, int64_t stamp_msec, AsaNotes *notes);
/* asa_text_load - the text of a configuration file, of at most ASA_FILE_MAX octets, and its age.
 * Returns false when it cannot be read, with a note that says why. */
bool asa_text_load(const char *path, AsaNotes *notes, Secret *ret,
                   int64_t *ret_stamp_msec) G_GNUC_WARN_UNUSED_RESULT;
/* asa_config_load - the same from a file. A file that cannot be read is a note too. */
AsaConfig *asa_config_load(const char *path, AsaNotes *notes);
void asa_config_free(AsaConfig *c);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(AsaConfig, asa_config_free)

/* Look-ups by name, exact; NULL when there is none. */
const AsaInterface *asa_config_nameif(const AsaConfig *c, const char *nameif);
const AsaPool *asa_config_pool(const AsaConfig *c, const char *name, AddrFamily family);
const AsaAcl *asa_config_acl(const AsaConfig *c, const char *name);
const AsaUser *asa_config_user(const AsaConfig *c, const char *name);
const AsaTunnelGroup *asa_config_tunnel_group(const AsaConfig *c, const char *name);
const AsaProfile *asa_config_profile(const AsaConfig *c, const char *name);
const AsaIpsecProposal *asa_config_proposal(const AsaConfig *c, const char *name);
const AsaTrustpoint *asa_config_trustpoint(const AsaConfig *c, const char *name);
const AsaGroupPolicy *asa_config_group_policy(const AsaConfig *c, const char *name);
/* asa_config_map_to - the site-to-site entry of the map on the interface that names @peer; the
 * lowest number first. NULL: none. */
const AsaCryptoMap *asa_config_map_to(const AsaConfig *c, const Addr *peer);

/* asa_config_policy - what a group policy says with what it inherits: its own values, then those of
 * DfltGrpPolicy, then an ASA's built-in ones. @name NULL: DfltGrpPolicy itself. */
const AsaGroupPolicy *asa_config_policy(const AsaConfig *c, const char *name);
void asa_config_inherit(AsaConfig *c); /* asa_config_policy() knows all policies from now on */
/* asa_config_group_of - the tunnel group a client means by @word: an enabled alias or the name of a
 * remote-access group, whatever the case; NULL when none. */
const AsaTunnelGroup *asa_config_group_of(const AsaConfig *c, const char *word);
/* asa_eap_serves - can a user whose secret has @form log in with @m? A one-way hash proves nothing
 * to a method that needs the password itself. */
bool asa_eap_serves(AsaEap m, AsaUserForm form);
/* asa_config_fqdn - "ASA-IKEV2" or "ASA-IKEV2.example.com"; owned by the caller. */
char *asa_config_fqdn(const AsaConfig *c);
