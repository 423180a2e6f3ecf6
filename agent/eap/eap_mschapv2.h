/* eap_mschapv2.h - the text of an EAP-MSCHAPv2 Failure (RFC 2759 §6). */
#pragma once

#include "agent/crypto/mschap.h"

typedef struct EapMschapFailure {
    uint32_t error;     /* E=, 0: none */
    bool retry;         /* R=1 */
    bool has_challenge; /* C= with 32 hex digits */
    uint8_t challenge[MSCHAP_CHALLENGE];
    Slice message; /* M=, a view; empty: none */
} EapMschapFailure;

/* eap_mschapv2_failure_read - words in any order, M= last, of any length; what is missing or not as
 * it should be is left out, for a Failure is one in any case. */
void eap_mschapv2_failure_read(Slice text, EapMschapFailure *ret);
