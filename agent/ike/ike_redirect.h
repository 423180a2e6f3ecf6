/* ike_redirect.h - where a gateway sends a client, RFC 5685 §9. */
#pragma once

#include "agent/base/addr.h"
#include "agent/base/reader.h"

/* IANA "Gateway Identity Type"; an FQDN is only octets until somebody has checked it. */
typedef enum IkeRedirectKind {
    IKE_REDIRECT_IP4 = 1,
    IKE_REDIRECT_IP6 = 2,
    IKE_REDIRECT_FQDN = 3
} IkeRedirectKind;

enum { IKE_REDIRECT_NAME_MAX = 253 }; /* octets of a DNS name as text */

typedef struct IkeRedirect {
    IkeRedirectKind kind;
    Addr addr;                            /* IP4, IP6 */
    char name[IKE_REDIRECT_NAME_MAX + 1]; /* FQDN */
} IkeRedirect;
