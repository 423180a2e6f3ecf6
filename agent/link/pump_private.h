/* pump_private.h - a Pump from the inside: pump.c is what the main thread wants of it,
 * pump_threads.c who does that, pump_out.c the way out, pump_in.c the way in. */
#pragma once

#include <poll.h>

#include "agent/esp/esp_merge.h"
#include "agent/esp/esp_mss.h"
#include "agent/link/inbox.h"
#include "agent/link/link_private.h"
#include "agent/link/path_mtu.h"
#include "agent/link/pump.h"
#include "agent/link/tun_port.h"
#include "agent/link/udp_recv.h"
#include "agent/link/udp_send.h"

enum {
    PUMP_BATCH = 128,        /* packets handled between two looks at the other side */
    PUMP_PACKET_MAX = 65535, /* one that waits for an SA */
    PUMP_PIECE_ROOM = ESP_HEADROOM + PUMP_PACKET_MAX + ESP_TAILROOM,
    PUMP_EARLY = 256, /* packets that are kept for an SA that is about to come */
};
G_STATIC_ASSERT((int)PUMP_BATCH <= (int)UDP_SEND_MAX && (int)PUMP_BATCH <= (int)ESP_MERGE_MAX);

enum { PUMP_SOCKS = 2 }; /* one a family */
enum { PUMP_THREADS_MAX = 2 };
typedef enum PollSlot { POLL_WAKE, POLL_TUN, POLL_UDP, POLL_N = POLL_UDP + PUMP_SOCKS } PollSlot;

/* Where the packets of one SA go: its user pointer. */
typedef struct PumpPeer {
    EspSa *sa;

    /* the way in */
    SockAddr came; /* where the newest packet came from; at first where ->to leads. Under ->lock */

    /* the way out */
    UdpTo to;     /* its address changes under ->lock, when all stand */
    PathMtu path; /* to ->to */
    PathMtuTold told;
    PathMtuSegment segment; /* of ->path; atomic: both read it */
} PumpPeer;

/* What the main thread wants of the data threads; it waits until that is done. */
typedef struct PumpCommand {
    EspSa *add;           /* for packets that come in */
    uint32_t out, remove; /* SPIs, 0: none */
    PumpPeer *move;       /* to ->to */
    SockAddr to;
    const AddrFamily *family; /* whose socket is @natt from now on; NULL: none changes */
    UdpSock *natt;
    Hold *hold;
    const uint32_t *expect;
    bool stop;
} PumpCommand;

/* A data thread: of the way in, of the way out, or of both. */
typedef struct PumpThread {
    struct Pump *pump;
    GThread *thread;
    bool in, out;
    int wake_fd;
    struct pollfd polls[POLL_N];
} PumpThread;

struct Pump {
    /* the main thread's */
    EspRules rules;
    GHashTable *peers; /* SPI -> PumpPeer */
    Hold *early;       /* made here when first needed; of what came for ->expect */

    /* of all */
    GMutex lock;
    GCond done, obeyed;
    const PumpCommand *command;
    size_t standing; /* data threads that do nothing else until it is obeyed */
    unsigned turn;   /* commands obeyed */
    Inbox *inbox;
    uint64_t refusals, junk, ike_lost; /* atomic */
    uint32_t mss;                      /* atomic; 0: no segment is too large */

    /* the data threads', changed while all of them stand */
    PumpThread threads[PUMP_THREADS_MAX];
    size_t n_threads;
    UdpSock *natt[PUMP_SOCKS]; /* by slot_of(); NULL: none */
    bool many;                 /* datagrams may be moved in one piece */
    EspPlane *plane;
    GHashTable *by_out; /* SPI out -> PumpPeer: whose packet an ICMP message quotes */
    Hold *hold;         /* NULL: what no SA takes is lost */
    uint32_t expect;    /* SPI of an SA that is about to come, 0: none */
    bool stop;
    uint8_t *piece; /* PUMP_PIECE_ROOM octets: a packet that is sent alone, or came too early */

    /* the way out */
    TunPort *tun_out;        /* read; and who sent what is too large is told by it */
    struct pollfd *tun_poll; /* of its thread */
    UdpSend *send;
    EspBuf bufs[PUMP_BATCH];

    /* the way in */
    TunPort *tun_in; /* written */
    UdpRecv *recv;
    EspBuf came[PUMP_BATCH];
    uint8_t slots[PUMP_BATCH]; /* the message that ->came[i] came in */
};

static inline size_t
pump_slot(const SockAddr *to)
{
    return to->storage.ss_family == AF_INET6;
}

/* pump_clamp - a SYN on its way, in or out.
 * @back: of the peer whom its answers go to; NULL: they come from one. */
static inline void
pump_clamp(const Pump *p, const EspBuf *b, const PumpPeer *back, Usec now)
{
    uint32_t mss;

    if (!esp_mss_syn(b->base + b->off, b->len))
        return;
    mss = __atomic_load_n(&p->mss, __ATOMIC_RELAXED);
    if (back)
        mss = path_mtu_segment(&back->segment, mss, now);
    if (mss)
        esp_mss_clamp(b->base + b->off, b->len, (uint16_t)MIN(mss, UINT16_MAX));
}

/* pump_obey - by the last thread that stands, under ->lock. */
void pump_obey(Pump *p, const PumpCommand *c);
/* pump_command - returns when @c has been obeyed. */
void pump_command(Pump *p, const PumpCommand *c);

/* pump_threads_init - who waits for what. */
bool pump_threads_init(Pump *p, const PumpSetup *setup, GError **error);
bool pump_threads_start(Pump *p, GError **error);
void pump_threads_stop(Pump *p); /* also those that have not been started */

/* A data thread's work. @revents: what poll() says of the TUN interface. */
void pump_tun_to_udp(Pump *p, short revents, Usec now);
/* Returns whether anything has come. */
bool pump_udp_to_tun(Pump *p, const UdpSock *natt, Usec now);
/* pump_last_look - an SA is about to go: what waits for it in the sockets is taken before. */
void pump_last_look(Pump *p, Usec now);
/* pump_release - there is an SA now: what waited for one goes again, and in vain waits no longer.
 */
void pump_release(Pump *p, Usec now);
/* pump_catch_up - what has come too early for the SA that is there now. */
void pump_catch_up(Pump *p, Usec now);
/* pump_learn_paths - who could not pass a packet on says how much it can (RFC 1191, RFC 8201). */
void pump_learn_paths(Pump *p, const UdpSock *natt, Usec now);
