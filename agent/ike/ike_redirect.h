/* ike_redirect.h - where a gateway sends a client, RFC 5685 §9. */
#pragma once

#include "agent/base/addr.h"
#include "agent/base/reader.h"
#include "agent/base/writer.h"
#include "agent/ike/ike_const.h"

/* IANA "Gateway Identity Type". */
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

/* ike_redirect_decode - the data of a REDIRECT or REDIRECTED_FROM.
 * A name is one of the DNS only (RFC 1123 §2.1, and '_'): letters, digits, '-' in labels of 1 to 63
 * octets, the last one beginning with a letter, so that it is no address in disguise.
 * @ret_nonce: what stands behind the identity, a view; empty as a rule but in IKE_SA_INIT.
 * Returns IKE_OK, or IKE_N_INVALID_SYNTAX; a type that is not assigned is that too. */
IkeStatus ike_redirect_decode(Slice data, IkeRedirect *ret,
                              Slice *ret_nonce) G_GNUC_WARN_UNUSED_RESULT;
void ike_redirect_encode(const IkeRedirect *r, Slice nonce, Writer *out);
/* ike_redirect_parse - an address or a name as a person writes it; false when it is neither. */
bool ike_redirect_parse(const char *text, IkeRedirect *ret) G_GNUC_WARN_UNUSED_RESULT;
/* Write the text form into @buf and return it. */
const char *ike_redirect_format(const IkeRedirect *r, char buf[static IKE_REDIRECT_NAME_MAX + 1]);
