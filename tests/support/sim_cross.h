/* sim_cross.h - both ends of the simulator act at once, by hand and without the clock: who asks
 * what, which nonce is the lowest, and what must be left in the end. */
#pragma once

#include "agent/ike/ike_sa_private.h"
#include "tests/support/sim.h"

typedef enum CrossAct {
    CROSS_REKEY_CHILD,
    CROSS_REKEY_IKE,
    CROSS_DELETE_CHILD, /* as if its owner, or its life, wanted it so */
    CROSS_CLOSE,
} CrossAct;

SimSide cross_other(SimSide side);
SimPeer *cross_peer(Sim *sim, SimSide side);
const IkeChild *cross_child(Sim *sim, SimSide side, guint i); /* the @i-th that is up */
void cross_act(Sim *sim, SimSide side, CrossAct what); /* its datagrams are not carried yet */
/* cross_both - @client and @gateway at the same time: both requests are on their way. */
void cross_both(Sim *sim, CrossAct client, CrossAct gateway);
/* cross_lowest - which of the four nonces of two rekeyings is the lowest: of the client's request 0
 * and the answer to it 1, of the gateway's request 2 and the answer to it 3. @before: so many are
 * drawn by each end before them. */
void cross_lowest(Sim *sim, unsigned lowest, unsigned before);
/* Whose rekeying has the lowest nonce, and so loses. */
SimSide cross_loser(unsigned lowest);
/* cross_groups - only these of @o, @first in front. */
void cross_groups(IkeOffer *o, uint16_t first, uint16_t second);

/* One IKE SA that both call the same, one pair of child SAs, and nothing half made beside them. */
bool cross_settled(const Sim *sim);
/* One IKE SA that both call the same, and no child SA at either end. */
bool cross_childless(const Sim *sim);
