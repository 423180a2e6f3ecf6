/* pump.h - the data threads, one or one for each way: TUN fd <-> UDP through an EspPlane, in
 * batches and large pieces. They own every EspSa posted to them. */
#pragma once

#include <gio/gio.h>

#include "agent/esp/esp_plane.h"
#include "agent/link/hold.h"
#include "agent/link/thread_choice.h"
#include "agent/link/udp_sock.h"

/* An IKE datagram (zero marker) that came on the shared socket; called on the main loop, that is
 * the thread-default context of pump_new(). May free the pump. */
typedef void (*PumpIke)(const IkeDatagram *d, void *user);

/* All calls come from the thread that made it. */
typedef struct Pump Pump;
typedef struct PumpSetup {
    int tun_fd;   /* one IP packet a read and a write, but see @tun; made non-blocking; borrowed */
    unsigned tun; /* TunOffload that tun_dev_open() gave with it */
    bool udp;     /* many datagrams may be moved in one piece, where sockets can */
    AeadChoice crypto;
    ThreadChoice threads;
    EspRules rules;
    PumpIke on_ike;
    void *user;
} PumpSetup;

/* pump_new - start the threads. From now on they are the only readers of @natt, borrowed, and of
 * the TUN interface. Peers in the family of @natt are reached over it. When the interface goes away
 * the pump stops reading it and goes on with the rest. */
Pump *pump_new(const PumpSetup *setup, UdpSock *natt, GError **error);
void pump_free(Pump *p); /* stops and joins the threads */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Pump, pump_free)

const EspRules *pump_rules(const Pump *p); /* what its SAs are to be made with */

/* pump_set_sock - peers in @family are reached over @natt from now on, and it is read; the one
 * before is not touched any more. NULL: packets to them are lost. Returns when that is so. */
void pump_set_sock(Pump *p, AddrFamily family, UdpSock *natt);

/* pump_hold - from now on IPv4 packets that no SA takes are kept in @hold, borrowed, until one is
 * added; each of them, and ESP that belongs to no SA, makes a hold_call(). */
void pump_hold(Pump *p, Hold *hold);

/* pump_expect - an SA of @spi_in is about to be added: its packets that come before are kept, a few
 * hundred for a few seconds, and taken then. One at a time; 0: none, and what was kept is lost. */
void pump_expect(Pump *p, uint32_t spi_in);

/* pump_add - @sa is taken, and with it its user pointer; its packets go to @remote. Returns when
 * the thread has it. */
void pump_add(Pump *p, EspSa *sa, const Endpoint *remote);
/* pump_add_in, pump_out - the same, but packets go out over it only from pump_out() on, which
 * returns when that is so. */
void pump_add_in(Pump *p, EspSa *sa, const Endpoint *remote);
void pump_out(Pump *p, uint32_t spi_in);
/* pump_move - the peer of an SA is at @remote from now on, whatever came before; without one of
 * @spi_in nothing happens.
 */
void pump_move(Pump *p, uint32_t spi_in, const Endpoint *remote);
/* pump_strayed - has the newest authentic packet of an SA come from elsewhere than its packets go
 * to (RFC 7296 §2.23)? @ret: from where. An old packet that comes late or again says nothing. */
bool pump_strayed(Pump *p, uint32_t spi_in, Endpoint *ret);
/* pump_set_mss - EspRules.tcp_mss from now on. Waits for nobody. */
void pump_set_mss(Pump *p, uint32_t octets);
void pump_remove(Pump *p, uint32_t spi_in); /* returns when the thread has dropped it */
/* pump_stats - counters of the SA; false when it is not there. Waits for nobody. */
bool pump_stats(Pump *p, uint32_t spi_in, EspStats *ret);
/* pump_refusals - how often the network has said that a peer cannot be reached (ICMP): anybody can
 * say so. */
uint64_t pump_refusals(Pump *p);
/* pump_drops - packets that belonged to no SA, by reason. */
uint64_t pump_drops(Pump *p, EspStatus why);

/* What is lost beside these, and why. */
typedef enum PumpLoss {
    PUMP_OFFLOAD_HEADER,   /* from the TUN: a header that contradicts itself or its packet, */
    PUMP_OFFLOAD_CHECKSUM, /* a checksum that has no place in it, */
    PUMP_OFFLOAD_PACKET,   /* a large packet that cannot be cut */
    PUMP_JUNK,             /* from the net: neither ESP nor IKE nor a keepalive */
    PUMP_IKE,              /* IKE that the main loop has no time for */
    PUMP_UNSENT,           /* no way, a filter, a full socket */
    PUMP_UNWRITTEN,        /* the TUN interface is down, or gone */
    PUMP_LOSS_N,
} PumpLoss;
const char *pump_loss_name(PumpLoss why); /* stable token: "offload_header" */
uint64_t pump_losses(Pump *p, PumpLoss why);
