/* sim_private.h - what the files of the simulator share. */
#pragma once

#include "tests/support/sim.h"

void sim_child_clear(IkeChild *c);
/* Deliver the events; the gateway's returns true when @sa has closed. */
bool sim_client_events(Sim *sim);
bool sim_gateway_events(Sim *sim, IkeSa *sa);
