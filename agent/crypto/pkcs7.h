/* pkcs7.h - certificates alone in a SignedData (RFC 2315 §9, RFC 5652 §5.1), as AnyConnect carries
 * them (agent/docs/WIRE.md §4.1, §17). */
#pragma once

#include "agent/crypto/x509.h"

/* pkcs7_encode - version 1, no digests, no signers, id-data with an empty OCTET STRING, the
 * certificates in the order of @c. */
GBytes *pkcs7_encode(const X509Chain *c);
/* pkcs7_decode - the certificates in the order they stand in, the leaf first; with or without
 * content. NULL when it is malformed, has none, or one that x509_chain_add() does not take. */
X509Chain *pkcs7_decode(Slice der);
