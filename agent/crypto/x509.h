/* x509.h - certificates: parse, describe, verify, and make the headend's own. */
#pragma once

#include <glib.h>

#include "agent/base/addr.h"
#include "agent/base/reader.h"
#include "agent/crypto/sig.h"

enum {
    X509_CHAIN_MAX = 10,  /* certificates kept of one chain */
    X509_DER_MAX = 16384, /* octets of one certificate; twice the largest seen in the field */
};

/* A chain as it came in CERT payloads: leaf first, the rest in any order. */
typedef struct X509Chain X509Chain;
X509Chain *x509_chain_new(void);
void x509_chain_free(X509Chain *c);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(X509Chain, x509_chain_free)
/* x509_chain_add - parse one DER certificate and append it; an exact duplicate is dropped quietly.
 * Returns false when it is malformed, too large, has an unusable key, or the chain is full. */
bool x509_chain_add(X509Chain *c, Slice der) G_GNUC_WARN_UNUSED_RESULT;
bool x509_chain_add_pem(X509Chain *c, Slice pem,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT; /* every one in @pem */
size_t x509_chain_len(const X509Chain *c);
Slice x509_chain_der(const X509Chain *c, size_t i); /* borrowed */
SigKey *x509_chain_leaf_key(const X509Chain *c);    /* owned by the caller; NULL when empty */

/* What a person is shown about one certificate. */
typedef struct X509Info {
    char *subject, *issuer;        /* RFC 2253 form, escaped */
    GPtrArray *names;              /* of char *: DNS names and addresses of the SAN */
    int64_t not_before, not_after; /* seconds since 1970 */
    char *sha256;                  /* "AA:BB:..." of the DER */
    char *sha1;                    /* 40 upper-case hex digits: server-cert-hash */
    char *pin_sha256;              /* "pin-sha256:BASE64" of the SubjectPublicKeyInfo */
    char *pin_sha512;              /* bare BASE64 of SHA-512 of the same: CertificatePinList */
    char *key;                     /* "RSA 2048", "ECDSA P-256" */
} X509Info;
X509Info *x509_chain_info(const X509Chain *c, size_t i);
void x509_info_free(X509Info *info);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(X509Info, x509_info_free)

/* Where trust starts. */
typedef struct X509Store X509Store;
X509Store *x509_store_new(void);
/* x509_store_add_system - those of OpenSSL's default bundle and folder too: read when a chain is
 * verified, and kept for the next, until x509_store_rest(). */
void x509_store_add_system(X509Store *s);
void x509_store_rest(X509Store *s);
bool x509_store_add_pem(X509Store *s, Slice pem, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void x509_store_free(X509Store *s);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(X509Store, x509_store_free)

/* Why a chain is not trusted; a set. */
typedef enum X509Problem {
    X509_UNTRUSTED = 1 << 0, /* ends in no anchor of ours */
    X509_WRONG_NAME =
        1 << 1, /* no SAN entry for the host that was asked for; CN is not consulted (RFC 6125) */
    X509_EXPIRED = 1 << 2,
    X509_NOT_YET_VALID = 1 << 3,
    X509_WRONG_PURPOSE =
        1 << 4, /* key usage or extended key usage speak against a gateway (RFC 4945 §5.1.3) */
    X509_WEAK = 1 << 5, /* key or signature below the policy */
    X509_INVALID =
        1
        << 6, /* broken chain, unknown critical extension, constraint violated: never acceptable */
    X509_IS_REVOKED = 1 << 7, /* by its issuer: never acceptable */
    X509_UNCHECKED = 1 << 8,  /* nobody could say whether it has been revoked */
} X509Problem;

/* x509_chain_verify - check @c for the gateway @host (DNS name or address text) at @now (seconds
 * since 1970). Returns a set of X509Problem, 0 when all is well. */
unsigned x509_chain_verify(const X509Chain *c, X509Store *anchors, const char *host,
                           const SigPolicy *policy, int64_t now);
/* Who stands behind a certificate, by its extended key usage. */
typedef enum X509Purpose {
    X509_FOR_GATEWAY, /* serverAuth, ikeIntermediate, ipsecIKE */
    X509_FOR_CLIENT,  /* clientAuth, ikeIntermediate, ipsecIKE */
    X509_FOR_SITE,    /* a gateway that calls another: any of them */
} X509Purpose;
/* x509_chain_verify_peer - the same for somebody who has called us, whatever his name. */
unsigned x509_chain_verify_peer(const X509Chain *c, X509Store *anchors, X509Purpose purpose,
                                const SigPolicy *policy, int64_t now);

typedef enum X509NameKind {
    X509_NAME_DNS,
    X509_NAME_MAIL,
    X509_NAME_ADDR,
    X509_NAME_DN
} X509NameKind;
/* x509_chain_is_named - is the leaf made out to @name? By its SAN; a DN by its subject.
 * @name: text; with X509_NAME_ADDR 4 or 16 octets, with X509_NAME_DN the DER of a Name. */
bool x509_chain_is_named(const X509Chain *c, X509NameKind kind, Slice name);
/* x509_chain_common_name - what the leaf's subject is called at last, escaped; NULL when it has no
 * common name. Owned by the caller. */
char *x509_chain_common_name(const X509Chain *c);

/* x509_chain_certifies - is certificate @i the leaf, or has its key signed the leaf, directly or
 * through others of @c? What stands in a chain beside that proves nothing. */
bool x509_chain_certifies(const X509Chain *c, size_t i);
/* x509_chain_has_id - does the leaf of @c name the owner of an ID payload (RFC 4945 §3.1)?
 * @type, @data: as in the payload (RFC 7296 §3.5). FQDN: a dNSName in either case, wildcards being
 * no name; RFC822_ADDR: an rfc822Name, its domain in either case; IPV4_ADDR, IPV6_ADDR: an
 * iPAddress; DER_ASN1_DN: the subject (RFC 5280 §7.1). The CN is not consulted, a NUL ends nothing,
 * and other types are never in a certificate. */
bool x509_chain_has_id(const X509Chain *c, uint8_t type, Slice data);
/* One clause for one problem, as it stands after a dash in the certificate prompt; static. */
const char *x509_problem_text(X509Problem one);

/* x509_self_signed - a v3 certificate for a headend: SAN from @host and @addr, serverAuth and
 * ikeIntermediate.
 * @subject_name: RFC 2253 text ("CN=ASA-IKEV2"), or NULL for unstructuredName=@host as an ASA makes
 * it. Returns the chain of one, NULL with @error on a bad subject. */
X509Chain *x509_self_signed(const SigKey *key, const char *subject_name, const char *host,
                            const Addr *addr, int64_t not_before, int64_t not_after,
                            GError **error);
char *x509_chain_to_pem(const X509Chain *c);
GBytes *x509_chain_subject_der(const X509Chain *c, size_t i); /* the Name, for IDr */
/* x509_store_certreq - 20 octets of SHA-1 for a CERTREQ (RFC 7296 §3.7) of every anchor that was
 * added to @s one by one, concatenated; at most @max. The system's stay out. */
GBytes *x509_store_certreq(const X509Store *s, size_t max);
