/* ike_epoch.h - one IKE SA as RFC 7296 means it: SPIs, keys, Message IDs. An IkeSa begins with one;
 * each rekeying (§1.3.2) puts another in its place. */
#pragma once

#include "agent/crypto/aead.h"
#include "agent/ike/ike_frag.h"
#include "agent/ike/ike_job.h"
#include "agent/ike/ike_keys.h"
#include "agent/ike/ike_sa.h"
#include "agent/ike/ike_window.h"

typedef struct IkeEpoch {
    bool ours; /* we are its original initiator: flag I, and which keys are ours (§2.2, §2.14) */
    bool rekeyed; /* made by CREATE_CHILD_SA (§1.3.2), not by IKE_SA_INIT */
    uint64_t spi_i, spi_r;
    Suite suite;
    IkeKeys keys;
    bool armed;  /* ->keys can be used */
    uint64_t iv; /* counter, AEAD only (RFC 5282 §3.1) */

    IkeWindow window;
    IkeJobKind job;          /* what its waiting request is about */
    IkePath came_over;       /* of the request that is owed an answer */
    uint8_t asked_exchange;  /* its exchange type */
    IkeFragSet fragments[2]; /* of the peer's requests, of its responses */
    uint16_t fragment_id;    /* of our last message in Cisco's fragments */

    Usec since;     /* its keys are in use */
    Usec due, hard; /* to be replaced, to be closed */
    Usec retry;     /* not to be replaced before */
    unsigned tries; /* of replacing it, without a pause between them */
    GBytes *low;    /* the lower of the two nonces that made it, when it was rekeyed (§2.8.2) */
    Usec until;     /* replaced: it is forgotten then */
    bool gone;      /* replaced and deleted: it repeats its last answer, and that is all */
} IkeEpoch;

/* ike_epoch_new - without SPIs and keys. @first, @tries: as ike_window_init(). */
IkeEpoch *ike_epoch_new(bool ours, Usec first, unsigned tries);
/* ike_epoch_spi - the SPI that we have chosen: by it a datagram is ours, whatever flag I says. */
uint64_t *ike_epoch_spi(IkeEpoch *e);
void ike_epoch_free(IkeEpoch *e); /* wipes */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(IkeEpoch, ike_epoch_free)
/* ike_epoch_arm - ->suite and ->keys are set; false when OpenSSL has not got the suite. */
bool ike_epoch_arm(IkeEpoch *e) G_GNUC_WARN_UNUSED_RESULT;
/* ike_epoch_aead - one direction of SK, of an armed epoch; owned by the caller. Made for each
 * message, two microseconds: an IKE SA stands for hours between a few of them, and OpenSSL's
 * contexts would be a fifth of all that it takes. NULL when OpenSSL cannot make it now, though it
 * could when the epoch was armed: then nothing is opened, and nothing leaves. */
Aead *ike_epoch_aead(const IkeEpoch *e, AeadUse use);
