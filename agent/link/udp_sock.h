/* udp_sock.h - one UDP socket that speaks IkeDatagram. */
#pragma once

#include <gio/gio.h>

#include "agent/ike/ike_sa.h"

typedef struct UdpSockSetup {
    Endpoint local;  /* address and port to bind; unspecified address and port 0 are fine */
    Endpoint remote; /* connect to it, so that only its datagrams come; family ADDR_NONE: not
                        connected */
    uint32_t fwmark; /* SO_MARK, 0: none */
    bool natt;       /* this socket carries the non-ESP marker */
    bool discover;   /* find the path MTU out: nothing is fragmented on the way, and what is too
                        large for what is known of it, here; of IPv4 by udp_sock_loose_fd() */
    bool probe;      /* bound to one address: nothing is fragmented, whatever the kernel believes of
                        paths to whom; who watches udp_sock_fd()'s error queue learns of them
                        (path_mtu.h). But udp_sock_send(), and udp_sock_loose_fd() */
} UdpSockSetup;

typedef struct UdpSock UdpSock;
UdpSock *udp_sock_new(const UdpSockSetup *setup, GError **error);
void udp_sock_free(UdpSock *s);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(UdpSock, udp_sock_free)

/* The sockets of one program, by family and by what they carry; NULL: not there. Borrowed. */
typedef struct UdpDoors {
    struct {
        UdpSock *init, *natt;
    } v4, v6;
} UdpDoors;

/* udp_doors_put - @s under its family, as what it carries. */
void udp_doors_put(UdpDoors *d, UdpSock *s);
/* udp_doors_find - the socket for what goes to @remote; NULL: there is none. */
UdpSock *udp_doors_find(const UdpDoors *d, const Addr *remote, bool natt);
/* udp_doors_send - over the socket for its path; without one it is lost. */
void udp_doors_send(const UdpDoors *d, const IkeDatagram *datagram);

int udp_sock_fd(const UdpSock *s);
/* udp_sock_loose_fd - the same address for what may be fragmented on its way; nothing comes in over
 * it. Every datagram must name its receiver. udp_sock_fd() where there is but one. */
int udp_sock_loose_fd(const UdpSock *s);
bool udp_sock_natt(const UdpSock *s);
Endpoint
udp_sock_local(const UdpSock *s); /* as bound; the address the kernel chose when connected */
Endpoint udp_sock_remote(const UdpSock *s); /* connected to it; family ADDR_NONE: to nobody */
/* udp_sock_mtu - of the way to the peer of a connected socket, as far as the kernel knows; 0: it
 * does not. */
size_t udp_sock_mtu(const UdpSock *s);
/* udp_sock_send - best effort: what cannot be sent is lost, as on any network. */
void udp_sock_send(UdpSock *s, const IkeDatagram *d);
/* udp_sock_recv - the next IKE datagram, marker removed; ESP and keepalives are skipped.
 * @ret: octets live until the next call. Returns false when there is none. */
bool udp_sock_recv(UdpSock *s, IkeDatagram *ret);
