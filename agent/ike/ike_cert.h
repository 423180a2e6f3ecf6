/* ike_cert.h - CERT, CERTREQ and AUTH payload bodies: one octet that says what, then data (RFC 7296
 * §3.6-§3.8). */
#pragma once

#include "agent/base/reader.h"
#include "agent/base/writer.h"
#include "agent/ike/ike_const.h"

/* CERT: encoding and certificate. CERTREQ: encoding and 20-octet SHA-1 hashes. */
typedef struct IkeCert {
    uint8_t encoding;
    Slice data; /* borrowed */
} IkeCert;

IkeStatus ike_cert_decode(Reader *in, IkeCert *ret) G_GNUC_WARN_UNUSED_RESULT;
void ike_cert_encode(const IkeCert *c, Writer *out);

/* AUTH: method, three reserved octets, data. */
typedef struct IkeAuth {
    uint8_t method;
    Slice data; /* borrowed */
} IkeAuth;

IkeStatus ike_auth_decode(Reader *in, IkeAuth *ret) G_GNUC_WARN_UNUSED_RESULT;
void ike_auth_encode(const IkeAuth *a, Writer *out);
