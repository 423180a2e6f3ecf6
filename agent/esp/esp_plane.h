/* esp_plane.h - the user-space data plane: batches of packets to and from the right SA. One thread
 * uses it, but see esp_plane_part(). */
#pragma once

#include "agent/crypto/aead_batch.h"
#include "agent/esp/esp_sa.h"

typedef struct EspPlane EspPlane;
EspPlane *esp_plane_new(void);
void esp_plane_free(EspPlane *p); /* frees its SAs */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EspPlane, esp_plane_free)

/* esp_plane_use - whose the encryption is; AEAD_CHOICE_AUTO until then. */
void esp_plane_use(EspPlane *p, AeadChoice choice);
/* esp_plane_part - from now on one thread may seal while another opens; for all else both have to
 * stand still. */
void esp_plane_part(EspPlane *p);
const char *esp_plane_engine(EspPlane *p); /* aead_engine_name() of it; by its thread */

/* esp_plane_add - @sa is taken; an SA with the same inbound SPI is removed first. Outbound packets
 * are matched to the SA with the most specific remote selector whose selectors cover the packet,
 * the newest first among equals, so that a rekeyed SA takes over at once. */
void esp_plane_add(EspPlane *p, EspSa *sa);
/* esp_plane_add_in - the same, but no packet goes out over it until esp_plane_out() (RFC 7296
 * §2.8). */
void esp_plane_add_in(EspPlane *p, EspSa *sa);
/* esp_plane_out - packets go out over the SA from now on, as if it were the newest; unknown is
 * fine. */
void esp_plane_out(EspPlane *p, uint32_t spi_in);
void esp_plane_remove(EspPlane *p, uint32_t spi_in); /* frees it; unknown is fine */
EspSa *esp_plane_find(const EspPlane *p, uint32_t spi_in);

/* What the packets of a batch have in common is done once: encryption in bursts, lookups, counters.
 * Each sets ->status and ->sa of every packet in the batch; ->sa is NULL when there is none. */
void esp_plane_seal(EspPlane *p, EspBuf *batch, size_t n, Usec now);
void esp_plane_open(EspPlane *p, EspBuf *batch, size_t n, Usec now);
/* Drops that belong to no SA; may be called from another thread. */
uint64_t esp_plane_drops(const EspPlane *p, EspStatus why);
