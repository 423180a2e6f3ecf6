/* udp_send.h - datagrams out of a Pump, many in a system call: those of one size to one peer as one
 * message that the kernel or the card cuts (UDP_SEGMENT), where the socket and the path take that.
 * One thread uses it; counters may be read from another. */
#pragma once

#include "agent/base/usec.h"
#include "agent/link/sock_addr.h"
#include "agent/link/udp_sock.h"

enum { UDP_SEND_MAX = 128 }; /* datagrams of a batch */

/* A peer. Zeros but for @addr at first; the rest is UdpSend's. */
typedef struct UdpTo {
    SockAddr addr;
    uint32_t turn; /* the batch that ->message is of */
    uint8_t message;
    uint32_t whole_max; /* larger ones are sent one by one until ->again; 0: none is too large */
    Usec again;
} UdpTo;

typedef struct UdpSend UdpSend;
UdpSend *udp_send_new(void);
void udp_send_free(UdpSend *s);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(UdpSend, udp_send_free)

enum {
    UDP_SEND_MANY = 1, /* many datagrams may be one message */
    UDP_SEND_LOOSE =
        2, /* by udp_sock_loose_fd(): they may be fragmented, and never are one message */
};
/* udp_send_begin - an empty batch over @sock; NULL: it is lost. Borrowed until udp_send_flush().
 * @how: UDP_SEND_MANY or UDP_SEND_LOOSE. */
void udp_send_begin(UdpSend *s, UdpSock *sock, unsigned how, Usec now);
/* udp_send_add - at most UDP_SEND_MAX; @datagram and @to are borrowed until udp_send_flush(). What
 * goes to one peer stays in order.
 * @tos: of its IP header, or the traffic class. */
void udp_send_add(UdpSend *s, UdpTo *to, Slice datagram, uint8_t tos);
/* udp_send_flush - send it all. A full socket is waited for, as a blocking one would be, but never
 * for long. */
void udp_send_flush(UdpSend *s);
/* Datagrams that could not be sent. */
uint64_t udp_send_lost(const UdpSend *s);
