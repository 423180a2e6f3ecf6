/* ike_driver.h - runs one IkeSa on the main loop: its datagrams, its timer, its events. */
#pragma once

#include "agent/link/udp_sock.h"

typedef struct IkeDriver IkeDriver;
/* Called for every event, in order. May free the driver and the SA; return false when it did: the
 * driver then touches neither again. */
typedef bool (*IkeDriverEvent)(const IkeEvent *ev, void *user);

/* Runs on the thread-default main context of the caller, the same for all drivers of a thread.
 * @sa: borrowed. @doors: where its datagrams go out, looked at anew for each; borrowed. */
IkeDriver *ike_driver_new(IkeSa *sa, const UdpDoors *doors, IkeDriverEvent on_event, void *user);
void ike_driver_free(IkeDriver *d);
/* ike_driver_tell - @on_event hears of the events from now on; safe to call from inside one. */
void ike_driver_tell(IkeDriver *d, IkeDriverEvent on_event, void *user);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(IkeDriver, ike_driver_free)
/* ike_driver_kick - after anything that may have moved the SA: deliver the events, send, set the
 * timer. Safe to call from inside an event: it is then done when the event returns. */
void ike_driver_kick(IkeDriver *d);

/* The one clock of both programs. */
Usec ike_driver_now(void);
/* An IkeEnv whose random and wall clock are the system's; esp_spi draws random SPIs. */
const IkeEnv *ike_driver_env(void);
