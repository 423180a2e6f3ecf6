/* link_private.h - what udp_sock.c and pump.c share: one way to read a datagram's path and kind. */
#pragma once

#include <sys/socket.h>

#include "agent/link/udp_sock.h"

/* Fits a struct in_pktinfo or in6_pktinfo with its header, aligned as control data must be. */
typedef union UdpControl {
    struct cmsghdr align;
    uint8_t octets[64];
} UdpControl;

typedef enum UdpKind {
    UDP_IKE,
    UDP_ESP,
    UDP_JUNK, /* keepalives and what is too short for either */
} UdpKind;

/* udp_sock_kind - what came on @s (RFC 3948 §2).
 * @ret_ike: the IKE octets behind the marker; only set with UDP_IKE. */
UdpKind udp_sock_kind(const UdpSock *s, Slice datagram, Slice *ret_ike);
/* udp_sock_path - where a received datagram came from and to. Its name and control buffers must be
 * those of a recvmsg() on @s. Returns false for an address that is no IP address. */
bool udp_sock_path(const UdpSock *s, struct msghdr *msg, IkePath *ret) G_GNUC_WARN_UNUSED_RESULT;
bool udp_sock_connected(const UdpSock *s);
