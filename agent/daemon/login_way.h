/* login_way.h - by which way to log in: the profile and acclient.conf together; pure. */
#pragma once

#include "agent/daemon/host_settings.h"
#include "agent/ike/ike_sa.h"

typedef struct LoginWay {
    HostAuth auth; /* never HOST_AUTH_PROFILE */
    IkeWay ours, theirs;
    const EapMethod *const *eap; /* NULL-terminated; NULL: no EAP */
    bool certificate;            /* we need one */
    bool may_certificate;        /* we send one if we have it: EAP-AnyConnect may ask */
    bool typed;                  /* a person types a user name and a password */
    const char *key_kind;        /* what its key must be (sig_key_kind()); NULL: any */
    const char *name;            /* "EAP-MSCHAPv2", "certificate": for people */
} LoginWay;

/* login_way_decide - @settings: NULL where acclient.conf has no section for the host.
 * Returns false with AC_ERROR_CONFIG naming file and line of the host entry when the profile asks
 * for what this client does not do. */
bool login_way_decide(const ProfileHost *host, const HostSettings *settings, LoginWay *ret,
                      GError **error) G_GNUC_WARN_UNUSED_RESULT;
