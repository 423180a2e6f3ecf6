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
} UdpSockSetup;

typedef struct UdpSock UdpSock;
UdpSock *udp_sock_new(const UdpSockSetup *setup, GError **error);
void udp_sock_free(UdpSock *s);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(UdpSock, udp_sock_free)

int udp_sock_fd(const UdpSock *s);
bool udp_sock_natt(const UdpSock *s);
Endpoint
udp_sock_local(const UdpSock *s); /* as bound; the address the kernel chose when connected */
/* udp_sock_send - best effort: what cannot be sent is lost, as on any network. */
void udp_sock_send(UdpSock *s, const IkeDatagram *d);
/* udp_sock_recv - the next IKE datagram, marker removed; ESP and keepalives are skipped.
 * @ret: octets live until the next call. Returns false when there is none. */
bool udp_sock_recv(UdpSock *s, IkeDatagram *ret);
