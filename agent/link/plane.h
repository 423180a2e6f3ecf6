/* plane.h - what carries the packets of child SAs between the inside and the UDP sockets: one
 * interface, whoever does it. */
#pragma once

#include "agent/link/pump.h"

/* All calls come from the thread that made it, and each is what the call of its name is in pump.h,
 * where nothing else is said. */
typedef struct Plane Plane;

/* plane_of_pump - in user space: a Pump. */
Plane *plane_of_pump(const PumpSetup *setup, UdpSock *natt, GError **error);
void plane_free(Plane *p);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Plane, plane_free)

void plane_set_sock(Plane *p, AddrFamily family, UdpSock *natt);
void plane_hold(Plane *p, Hold *hold);
void plane_expect(Plane *p, uint32_t spi_in);

/* plane_add - an SA pair whose packets come in from now on and go to @remote.
 * @setup: its keys and selectors are read, not moved; ->rules and ->user are the plane's own.
 * @out: packets go out over it at once, else from plane_out() on.
 * Returns false when it cannot be used. */
bool plane_add(Plane *p, const EspSaSetup *setup, const Endpoint *remote,
               bool out) G_GNUC_WARN_UNUSED_RESULT;
void plane_out(Plane *p, uint32_t spi_in);
void plane_move(Plane *p, uint32_t spi_in, const Endpoint *remote);
bool plane_strayed(Plane *p, uint32_t spi_in, Endpoint *ret);
void plane_remove(Plane *p, uint32_t spi_in);
const EspStats *plane_past(const Plane *p); /* what SAs that were removed have counted */
bool plane_stats(Plane *p, uint32_t spi_in, EspStats *ret);

void plane_set_mss(Plane *p, uint32_t octets);
uint64_t plane_refusals(Plane *p);
uint64_t plane_drops(Plane *p, EspStatus why);
uint64_t plane_losses(Plane *p, PumpLoss why);
/* plane_lost - what belongs to no SA: drops, added to @drops by EspStatus, and losses, by PumpLoss.
 */
void plane_lost(Plane *p, uint64_t drops[static ESP_STATUS_N], uint64_t losses[static PUMP_LOSS_N]);
