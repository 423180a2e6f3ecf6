/* xfrm_door.h - a UDP socket whose ESP the kernel takes for itself; what is left, IKE, is read on
 * the main loop (RFC 3948 §2). */
#pragma once

#include "agent/link/pump.h"

typedef struct XfrmDoor XfrmDoor;
/* xfrm_door_new - from now on nobody else reads @natt, borrowed. Returns NULL with @error when the
 * kernel takes no ESP from sockets. */
XfrmDoor *xfrm_door_new(UdpSock *natt, PumpIke on_ike, void *user, GError **error);
void xfrm_door_free(XfrmDoor *d); /* also from within @on_ike */
UdpSock *xfrm_door_sock(const XfrmDoor *d);
