/* x509_facts.h - what a certificate says about itself, for those who choose among several. */
#pragma once

#include "agent/crypto/x509.h"

/* x509_facts_usage - the leaf's key usage (RFC 5280 §4.2.1.3), bit n of @ret for its bit n.
 * Returns false when it does not say. */
bool x509_facts_usage(const X509Chain *c, unsigned *ret);
/* x509_facts_purposes - the leaf's extended key usage, dotted OIDs (§4.2.1.12); of char *.
 * NULL when it does not say. */
GPtrArray *x509_facts_purposes(const X509Chain *c);
/* x509_facts_values - every value of an attribute of the leaf's subject or, if @issuer, of its
 * issuer's name, as UTF-8 without NUL; of char *, may be empty. @oid: dotted. */
GPtrArray *x509_facts_values(const X509Chain *c, bool issuer, const char *oid);
