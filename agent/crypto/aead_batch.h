/* aead_batch.h - packets of any number of SAs sealed and opened in one call. Two engines stand
 * behind it: OpenSSL, a packet at a time, which is the reference; and intel-ipsec-mb, where the
 * build and the processor have it, for the suites and the numbers of packets it is faster with. */
#pragma once

#include "agent/crypto/aead.h"

typedef enum AeadChoice {
    AEAD_CHOICE_AUTO,    /* per suite, number of packets and processor */
    AEAD_CHOICE_OPENSSL, /* OpenSSL alone */
} AeadChoice;
extern const char *const aead_choice_names[]; /* in their order, NULL at the end */
/* aead_choice_parse - false when @text is none of the names. */
bool aead_choice_parse(const char *text, AeadChoice *ret) G_GNUC_WARN_UNUSED_RESULT;

/* One packet, as aead_seal() or aead_open() would be called for it; which of them, its Aead says.
 * All is borrowed until the call returns. */
typedef struct AeadJob {
    Aead *aead; /* made with AEAD_BATCH; without, it is OpenSSL's in any case */
    Slice aad;
    const uint8_t *iv;
    uint8_t *data, *icv; /* opening only reads ->icv */
    size_t len;
    bool ok; /* set: sealed, or opened and authentic */
} AeadJob;

/* What a thread needs for it. An Aead stands in the batches of one engine only. */
typedef struct AeadEngine AeadEngine;
AeadEngine *aead_engine_new(AeadChoice choice); /* what is large is made by the first batch */
void aead_engine_free(AeadEngine *e);           /* wipes what it knows of keys */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(AeadEngine, aead_engine_free)
/* Who it is in this build and on this machine: "OpenSSL", "intel-ipsec-mb 1.3.0 (AVX512)". */
const char *aead_engine_name(AeadEngine *e);

/* aead_engine_run - do @jobs. Each comes out as if it were alone: a forged one spoils no other. */
void aead_engine_run(AeadEngine *e, AeadJob *jobs, size_t n);
