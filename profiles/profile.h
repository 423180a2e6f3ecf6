/* profile.h - what a profile file says: hosts to connect to and settings, each with where it stands
 * (agent/docs/PROFILE.md). */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "profiles/profile_match.h"

#define PROFILE_ERROR profile_error_quark()
GQuark profile_error_quark(void);
typedef enum ProfileError {
    PROFILE_ERROR_READ,      /* cannot be read, too large */
    PROFILE_ERROR_XML,       /* not well-formed, DTD, entities, encoding */
    PROFILE_ERROR_INVALID,   /* well-formed, but breaks a rule of the schema that we depend on */
    PROFILE_ERROR_NO_HOST,   /* no such host entry */
    PROFILE_ERROR_AMBIGUOUS, /* a prefix that fits several */
} ProfileError;

typedef enum ProfileProtocol { PROFILE_SSL, PROFILE_IPSEC } ProfileProtocol;
typedef enum ProfileAuth {
    PROFILE_EAP_ANYCONNECT,
    PROFILE_EAP_GTC,
    PROFILE_EAP_MD5,
    PROFILE_EAP_MSCHAPV2,
    PROFILE_IKE_RSA,
    PROFILE_IKE_ECDSA,
} ProfileAuth;

/* CertificateStoreLinux: where the client's certificate may be. */
typedef enum ProfileCerts {
    PROFILE_CERTS_ALL,
    PROFILE_CERTS_MACHINE,
    PROFILE_CERTS_USER
} ProfileCerts;

/* Every text is valid UTF-8 of 1 to 255 octets without control characters. */
typedef struct ProfileHost {
    char *name;       /* HostName */
    char *address;    /* HostAddress, or HostName when absent: host part only, no brackets */
    uint16_t port;    /* of HostAddress, 0: default */
    char *user_group; /* UserGroup, else the path of HostAddress; NULL: none */
    ProfileProtocol protocol;
    bool standard_auth_only;
    ProfileAuth auth;
    char *ike_identity;   /* NULL: none */
    GPtrArray *backups;   /* of char *; BackupServerList of the host, else the global one */
    GPtrArray *balancers; /* of char *, LoadBalancingServerList: where the host may send us, `*`
                             stands for any characters; empty: anywhere */
    GPtrArray *pins;      /* of char *: base64 SHA-512; empty: none */
    uint8_t families[2];  /* 4 and 6: of the outer connection, in order; 0: no second one */
    bool roaming;         /* MobileHostEntryInfo/NetworkRoaming */
    ProfileCerts certs;
    bool ask_certificate; /* AutomaticCertSelection is false: of several, a person chooses */
    ProfileMatch *match;  /* NULL: any certificate */
    char *file;           /* where it stands; NULL: in no file */
    int line;
} ProfileHost;

typedef struct Profile {
    char *file;
    GPtrArray *hosts;     /* of ProfileHost *, in file order */
    GHashTable *settings; /* ClientInitialization: path ("AutoReconnect/AutoReconnectBehavior") ->
                             text; booleans are "true" or "false" */
    GPtrArray *unknown;   /* of char *: "Element (line N)", kept and listed, never a failure */
    GPtrArray *warnings;  /* of char *: one sentence with file and line each */
} Profile;

Profile *profile_new(const char *file);
ProfileHost *profile_host_new(void);
void profile_host_free(ProfileHost *h);
void profile_free(Profile *p);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ProfileHost, profile_host_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Profile, profile_free)
ProfileHost *profile_host_copy(const ProfileHost *h);
