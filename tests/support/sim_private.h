/* sim_private.h - what the files of the simulator share. */
#pragma once

#include "tests/support/sim.h"

/* Deliver the events; true when there were any. @ret_closed: @sa is to be removed. */
bool sim_client_events(Sim *sim);
bool sim_gateway_events(Sim *sim, IkeSa *sa, bool *ret_closed);
void sim_configure(Sim *sim);
