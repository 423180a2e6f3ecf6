/* settings.h - acclient.conf: what the administrator decides. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "agent/base/log.h"
#include "agent/base/usec.h"
#include "agent/crypto/aead_batch.h"
#include "agent/crypto/suite.h"
#include "agent/crypto/x509_revoke.h"
#include "agent/daemon/host_settings.h"
#include "agent/esp/esp_sa.h"
#include "agent/link/offload.h"
#include "agent/link/plane_choice.h"
#include "agent/link/thread_choice.h"

typedef struct Settings {
    LogLevel log_level;
    char **allow; /* [control] allow: "user:NAME|UID", "group:NAME|GID", "any"; root always may */
    SuiteRank policy;          /* [crypto] policy */
    bool block_untrusted;      /* [trust] block_untrusted: never ask about a certificate */
    bool system_store;         /* [trust] system_store: the system's CA bundle counts */
    char *ca_file;             /* [trust] ca_file: PEM, NULL: none */
    X509Revocation revocation; /* [trust] revocation: off, soft, strict */
    char *crl_file;            /* [trust] crl_file: PEM or DER, NULL: none */
    bool manual_hosts; /* [connect] manual_hosts: a host that stands in no profile may be given */
    char *client_version;      /* [client] version: what we call ourselves to the gateway */
    unsigned retransmit_tries; /* [ike] retransmit_tries */
    Usec dpd_interval;         /* [ike] dpd_interval, seconds in the file; 0: as the gateway says */
    Usec ike_lifetime, child_lifetime; /* [ike], seconds in the file; 0: none */
    Usec reauth; /* [ike] reauth: a login counts for so long, if the gateway says no less; 0: any */
    bool allow_nat; /* [ike] allow_nat: may a NAT stand before the gateway? */
    Usec silence;   /* [ike] silence: a tunnel that does not answer for so long is dead; 0: never */
    uint64_t child_octets; /* [ike] child_octets: what a child SA may carry one way; 0: any */
    Offload offload;       /* [tunnel] offload: all, tun, udp, none */
    AeadChoice crypto;     /* [tunnel] crypto: auto, openssl */
    PlaneChoice plane;     /* [tunnel] plane: user, kernel, auto */
    ThreadChoice threads;  /* [tunnel] threads: auto, 1, 2 */
    EspRules esp;          /* [esp] */
    bool bypass_family;    /* [tunnel] bypass_family: IPv6 is not blocked beside IPv4, or IPv4 */
    GPtrArray *hosts;      /* of HostSettings *: [host NAME] */
} Settings;

/* settings_load - read @file; one that does not exist gives the defaults.
 * An unknown key is a warning in the log; a wrong value an error that names file, section, key and
 * value. */
Settings *settings_load(const char *file, GError **error);
void settings_free(Settings *s);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Settings, settings_free)
