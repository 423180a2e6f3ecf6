/* show.h - the show commands: live data in the words the field reads daily. Pure text. */
#pragma once

#include <glib.h>

#include "agent/esp/esp_sa.h"
#include "agent/headend/show_ipsec.h"
#include "agent/ike/ike_listen.h"

/* The types of "show vpn-sessiondb". */
typedef enum ShowKind { SHOW_ANYCONNECT, SHOW_RA_IKEV2, SHOW_L2L } ShowKind;

/* One established session, as it is now. Strings are borrowed. */
typedef struct ShowSession {
    ShowKind kind;
    uint32_t index; /* of the session; its tunnels are index.1 to index.3 */
    const char *user, *group, *policy;
    const char *client_version, *client_os; /* "" unknown */
    Addr ip4, ip6;                          /* leased; family ADDR_NONE: none */
    IkeInfo ike;
    const char *id_local, *id_remote; /* as text */
    const char *auth_sign;            /* "RSA", "PSK" */
    IkeWay auth_verify;               /* what the peer has proved itself with */
    size_t n_children;
    Suite child;                        /* the one that packets go out over */
    uint32_t spi_in, spi_out;           /* 0: there is no child SA */
    EspStats stats;                     /* of all child SAs of the session */
    int64_t login_time;                 /* seconds since 1970 */
    uint32_t duration, inactivity;      /* seconds */
    uint32_t idle_limit, session_limit; /* seconds, 0: none */
    uint32_t ike_life, child_life;      /* seconds, 0: none */
    uint32_t ike_age, child_age;        /* seconds, of the keys */
    uint32_t child_kilobytes;           /* limit of the child, 0: none */
    uint64_t child_carried;             /* kilobytes, of the busier direction */
    uint32_t dpd;                       /* seconds, 0: none */
} ShowSession;

/* A list of revoked certificates that is kept. Strings are its own. */
typedef struct ShowList {
    char *issuer, *url, *trustpoint;
    int64_t from, until; /* seconds since 1970 */
    size_t octets;
} ShowList;
void show_list_free(ShowList *l);

/* What is the same for all of them. */
typedef struct ShowGateway {
    const char *nameif; /* "outside" */
    const char *map;    /* name of the dynamic map */
    unsigned map_seq;
    Addr local;
    bool replay_off; /* ESP packets may come again */
    const IkeLimits *limits;
    IkeListenCount door;
    size_t half_open, all;  /* IKE SAs, now */
    const GPtrArray *lists; /* of ShowList * */
    const ShowIpsec *ipsec;
} ShowGateway;

/* show_command - the answer to the words after "show".
 * @sessions: of ShowSession. @running: the running configuration.
 * Returns the text, owned by the caller; a text that begins with "ERROR: " for words that are no
 * command. */
char *show_command(const char *words, const ShowGateway *g, const GArray *sessions,
                   const char *running);

void show_vpn_sessiondb(const GArray *sessions, ShowKind kind, GString *out);
void show_crypto_ikev2_sa(const GArray *sessions, bool detail, GString *out);
void show_crypto_ikev2_stats(const ShowGateway *g, GString *out);
void show_crypto_ca_crls(const ShowGateway *g, GString *out);
void show_crypto_ipsec_sa(const ShowGateway *g, const GArray *sessions, GString *out);
/* "0h:02m:26s"; owned by the caller. */
char *show_duration(uint32_t seconds);
