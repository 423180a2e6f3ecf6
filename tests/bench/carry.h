/* carry.h - clients that send: datagrams through their child SAs, as fast as this end can, and how
 * many of them arrive. */
#pragma once

#include "agent/ike/ike_sa.h"
#include "agent/link/udp_sock.h"
#include "tests/bench/arrivals.h"

typedef struct Carrier Carrier;
/* carrier_new - @child: its keys are taken. @sock: connected to the gateway; borrowed. */
Carrier *carrier_new(IkeChild *child, UdpSock *sock, const Arrivals *to);
/* carry - all by turns, for @seconds. Returns the arrivals a second. */
double carry(Carrier *const *all, size_t n, const Arrivals *to, double seconds);
