/* sim_place.h - every situation in which an end may hear a message: each state of the table, and
 * READY with each kind of request of its own under way. */
#pragma once

#include "tests/support/sim.h"

typedef struct SimPlace {
    SimSide side;     /* who is there */
    const char *name; /* "READY:rekeys-child": state, then what waits for its answer */
    void (*tune)(IkeConfig *client, IkeConfig *gateway);
    void (*act)(Sim *sim); /* READY: what it asks; NULL: nothing */
} SimPlace;

const SimPlace *sim_places(size_t *ret_n);
bool sim_place_clear(const SimPlace *p); /* there are no keys yet */
/* sim_place_new - a simulator in which @p has been reached; what is on its way stays there. */
Sim *sim_place_new(const SimPlace *p, uint64_t seed);
/* sim_place_leave - the people answer and time goes on, until both ends stand and have rekeyed the
 * IKE SA together, or both have closed; false when neither comes. */
bool sim_place_leave(Sim *sim);
