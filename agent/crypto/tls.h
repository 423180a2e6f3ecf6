/* tls.h - one end of a TLS 1.2 or 1.3 connection in memory, for EAP-TLS: octets in, octets out.
 * Both ends have a certificate. */
#pragma once

#include <glib.h>

#include "agent/crypto/x509.h"

typedef struct TlsSetup {
    bool server;
    const SigKey *key; /* of the leaf of @chain */
    const X509Chain *chain;
    X509Store *anchors; /* client: the server's chain ends in one of them */
    const char *host;   /* client: the name the server's leaf must have */
    bool ask;           /* client: and its owner is asked about it, TLS_ASKS */
    SigPolicy sig;
    int64_t now;  /* seconds since 1970 */
    bool only_12; /* no TLS 1.3 */
} TlsSetup;

typedef struct Tls Tls;
/* tls_new - everything @setup points to is borrowed. A client that has nothing to check the server
 * by is refused, as is an end without a certificate. @error says so. */
Tls *tls_new(const TlsSetup *setup, GError **error);
void tls_free(Tls *t);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Tls, tls_free)

typedef enum TlsStep {
    TLS_GOING, /* the other end is to speak */
    TLS_ASKS,  /* client: the server's certificate is verified, its owner looks at tls_chain() */
    TLS_UP,    /* both certificates are proved; a client has verified the server's, a server's owner
                  has yet to look at tls_chain() */
    TLS_FAILED, /* tls_why() */
} TlsStep;

/* tls_step - the handshake, from one flight of the other end; a client begins with an empty one. A
 * client's certificate goes out only after the server's is verified.
 * @out: appended to; what goes to the other end. */
TlsStep tls_step(Tls *t, Slice in, GByteArray *out);
/* tls_answer - to TLS_ASKS; tls_step() with an empty flight then goes on, or fails with an alert.
 */
void tls_answer(Tls *t, bool trusted);
/* tls_write, tls_read - application data once the handshake is TLS_UP; both append to their last
 * parameter. */
bool tls_write(Tls *t, Slice clear, GByteArray *out) G_GNUC_WARN_UNUSED_RESULT;
bool tls_read(Tls *t, Slice in, GByteArray *ret_clear) G_GNUC_WARN_UNUSED_RESULT;
/* tls_export - @len octets of keying material (RFC 5705, RFC 8446 §7.5). @context: empty: none. */
bool tls_export(Tls *t, const char *label, Slice context, size_t len,
                Secret *ret) G_GNUC_WARN_UNUSED_RESULT;
bool tls_is_13(const Tls *t);
const X509Chain *tls_chain(const Tls *t); /* the other end's, borrowed; NULL until it came */
const char *tls_why(const Tls *t);        /* one sentence about a failure, never NULL */
