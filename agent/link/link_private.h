/* link_private.h - what udp_sock.c shares with pump.c and its halves: one way to read a datagram's
 * path and kind, and what a socket can. */
#pragma once

#include <sys/socket.h>

#include "agent/link/udp_sock.h"

/* Fits a struct in_pktinfo or in6_pktinfo, the size of a segment and the traffic class with their
 * headers, aligned as control data must be. */
typedef union UdpControl {
    struct cmsghdr align;
    uint8_t octets[96];
} UdpControl;

typedef enum UdpKind {
    UDP_IKE,
    UDP_ESP,
    UDP_KEEPALIVE,
    UDP_JUNK, /* too short for either */
} UdpKind;

/* udp_sock_kind - what came on @s (RFC 3948 §2).
 * @ret_ike: the IKE octets behind the marker; only set with UDP_IKE. */
UdpKind udp_sock_kind(const UdpSock *s, Slice datagram, Slice *ret_ike);
/* udp_sock_path - where a received datagram came from and to. Its name and control buffers must be
 * those of a recvmsg() on @s. Returns false for an address that is no IP address. */
bool udp_sock_path(const UdpSock *s, struct msghdr *msg, IkePath *ret) G_GNUC_WARN_UNUSED_RESULT;
/* udp_sock_names - must what is sent over @fd, one of the two of @s, name its receiver? */
bool udp_sock_names(const UdpSock *s, int fd);
/* udp_sock_cuts - what is too large (EMSGSIZE) may go over udp_sock_loose_fd(), which cuts it. */
bool udp_sock_cuts(const UdpSock *s);

/* udp_sock_segments - can many datagrams be sent in one piece (UDP_SEGMENT)? Until
 * udp_sock_no_segments() says that its interface cannot. */
bool udp_sock_segments(const UdpSock *s);
void udp_sock_no_segments(UdpSock *s);
/* udp_sock_gather - from now on the kernel may hand over many datagrams in one piece (UDP_GRO) or,
 * with @on false, does not any more. Without it nothing happens. */
void udp_sock_gather(UdpSock *s, bool on);
