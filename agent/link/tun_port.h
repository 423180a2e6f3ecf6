/* tun_port.h - the inside of a Pump: packets out of a TUN interface and into it, many in a piece
 * where the interface has that. One thread uses it; counters may be read from another. */
#pragma once

#include "agent/esp/esp_gso.h"
#include "agent/esp/esp_sa.h"

typedef struct TunPort TunPort;
/* @fd: borrowed, non-blocking. @offload: TunOffload of it. */
TunPort *tun_port_new(int fd, unsigned offload);
void tun_port_free(TunPort *t);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TunPort, tun_port_free)

/* tun_port_read - what is there, up to @max packets: one IP packet each in a buffer of the port's,
 * with room around it, good until the next call. Checksums are complete, large packets are cut; one
 * that is cut only in part goes on with the next call.
 * @ret_error: an errno when nothing will ever come again; else 0.
 * Returns the number of packets in @bufs. */
size_t tun_port_read(TunPort *t, EspBuf *bufs, size_t max, int *ret_error);
/* Are there packets that wait for the next tun_port_read(), whatever a poll() says? */
bool tun_port_pending(const TunPort *t);

/* tun_port_put - a packet into the interface; borrowed and clobbered until tun_port_flush(). */
void tun_port_put(TunPort *t, uint8_t *packet, size_t len);
void tun_port_flush(TunPort *t);

/* What was refused because of its header. */
uint64_t tun_port_drops(const TunPort *t, EspGsoStatus why);
/* Packets that the interface did not take: it is down, or gone. */
uint64_t tun_port_unwritten(const TunPort *t);
