/* udp_recv.h - datagrams into a Pump, many in a system call: what the kernel has put together
 * (UDP_GRO) comes apart again. One thread uses it. */
#pragma once

#include "agent/link/link_private.h"

typedef struct UdpRecv UdpRecv;
UdpRecv *udp_recv_new(void);
void udp_recv_free(UdpRecv *r);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(UdpRecv, udp_recv_free)

/* udp_recv_fill - read what waits at @sock, a bounded part of it.
 * Returns the number of messages, or -1 with errno. */
int udp_recv_fill(UdpRecv *r, const UdpSock *sock);

/* One datagram in a buffer of the receiver's, good until the next udp_recv_fill(). */
typedef struct UdpCame {
    uint8_t *p;
    size_t len;
    uint8_t message; /* for udp_recv_msg() */
    uint8_t tos;     /* of its IP header, or the traffic class; 0 when the kernel does not say */
} UdpCame;

/* udp_recv_ahead - how many datagrams the message has that comes next; 0: there is none. */
size_t udp_recv_ahead(const UdpRecv *r);
/* udp_recv_next - the next one; false when there is none any more. */
bool udp_recv_next(UdpRecv *r, UdpCame *ret);
/* udp_recv_msg - where the datagrams of a message came from and to, as recvmsg() has it. */
struct msghdr *udp_recv_msg(UdpRecv *r, uint8_t message);
/* udp_recv_tos - TOS or traffic class of a message, as its control data say; 0 when they do not. */
uint8_t udp_recv_tos(struct msghdr *msg);
/* udp_recv_segment - octets of each datagram but the last in a message of @len, as its control data
 * say; @len when they say nothing, or nonsense. */
size_t udp_recv_segment(struct msghdr *msg, size_t len);
