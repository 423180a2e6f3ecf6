/* aead_mb_private.h - intel-ipsec-mb behind aead_batch.h: AES-GCM packet by packet, AES-CBC with an
 * HMAC in bursts. Where the build has it not, there is never an engine. */
#pragma once

#include "agent/crypto/aead_batch.h"

typedef struct MbEngine MbEngine; /* a manager of one thread */
typedef struct MbLane MbLane;     /* keys of one Aead */

#ifdef AC_IPSEC_MB
/* mb_lane_new - the keys, as they came, until the first job makes what the library needs of them.
 * NULL: no suite of the library's. */
MbLane *mb_lane_new(const Suite *suite, Slice key, Slice integ_key, bool open);
void mb_lane_free(MbLane *lane); /* wipes; NULL is fine */

MbEngine *mb_engine_new(void); /* NULL: not on this processor, or its own test has failed */
void mb_engine_free(MbEngine *mb);
const char *mb_engine_name(const MbEngine *mb);
/* mb_engine_run - all of @jobs: those it is slower with than OpenSSL go there. */
void mb_engine_run(MbEngine *mb, AeadJob *jobs, size_t n);
#else
#define mb_lane_new(suite, key, integ_key, open) ((MbLane *)NULL)
#define mb_lane_free(lane)                       ((void)(lane))
#define mb_engine_new()                          ((MbEngine *)NULL)
#define mb_engine_free(mb)                       ((void)(mb))
#define mb_engine_name(mb)                       ((const char *)NULL)
#define mb_engine_run(mb, jobs, n)               ((void)(mb), (void)(jobs), (void)(n))
#endif
