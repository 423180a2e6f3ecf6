/* eap_tls_join.h - the fragments of EAP-TLS (RFC 5216 §2.1.5, §3.1). */
#pragma once

#include "agent/eap/eap_method.h"

enum {
    EAP_TLS_FRAGMENT = 1024, /* octets of TLS in one packet of ours: with IKE around it in one
                                datagram */
    EAP_TLS_FLIGHT = 65536,  /* octets of one flight; those of the field have less than 10,000 */
    EAP_TLS_TOTAL = 98304,   /* octets of all flights of one end */
    EAP_TLS_ROUNDS = 200,    /* all of that from both ends, in fragments of a kilobyte */
};

/* A flight of the other end, as its fragments come. */
typedef struct EapTlsJoin {
    GByteArray *octets;
    size_t total;    /* of all flights, this one included */
    uint32_t length; /* what the first fragment said, 0: nothing */
    bool whole;      /* the next fragment begins a flight */
} EapTlsJoin;
void eap_tls_join_init(EapTlsJoin *j);
void eap_tls_join_clear(EapTlsJoin *j);

typedef enum EapTlsPart { EAP_TLS_MORE, EAP_TLS_WHOLE, EAP_TLS_BAD } EapTlsPart;
/* eap_tls_join_add - the data of one packet. EAP_TLS_BAD when it is cut short, when a flight is
 * longer or shorter than was said or longer than any, and when a fragment to be continued is empty
 * or, the first, does not say how long the flight is. */
EapTlsPart eap_tls_join_add(EapTlsJoin *j, Slice data) G_GNUC_WARN_UNUSED_RESULT;
Slice eap_tls_join_view(const EapTlsJoin *j); /* after EAP_TLS_WHOLE, until the next is added */
