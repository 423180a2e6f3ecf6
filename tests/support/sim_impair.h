/* sim_impair.h - one end of the simulator lies as it is told, and what came of it. */
#pragma once

#include "tests/support/sim.h"

/* What happens once both are up; by the liar, or by the other. */
typedef enum SimThen {
    SIM_REST,
    SIM_LIAR_ASKS, /* a liveness check */
    SIM_LIAR_REKEYS_CHILD,
    SIM_LIAR_REKEYS_IKE,
    SIM_OTHER_ASKS,
    SIM_OTHER_REKEYS_CHILD,
    SIM_OTHER_REKEYS_IKE,
} SimThen;

/* What the honest end comes to. */
typedef enum SimFate {
    SIM_UP,      /* a tunnel that fits, as if nothing had been */
    SIM_KEPT,    /* it keeps what it has, whatever the liar makes of its own */
    SIM_NOTHING, /* a gateway: no IKE SA, or none that did not end at once */
    SIM_ENDED,   /* for ->reason, in words with ->why in them */
} SimFate;

typedef struct SimTrial {
    const char *where; /* EXCHANGE[.request|.response] of all ->lies, NULL: as each says */
    const char *lies;  /* agent/ike/ike_impair.h; one trial each, with blanks between */
    const char *rows;  /* rows of the table of known bugs (B) and demands (C) that it speaks to */
    SimFate fate;
    IkeReason reason;
    const char *why;
    SimThen then;
    void (*tune)(IkeConfig *client, IkeConfig *gateway);
} SimTrial;

/* sim_trials - the @liar tells each of the @n; fails the test, with lie and seed, when the other
 * end does anything but what is expected, has sent a password to a gateway that it had not
 * verified, or keeps anything that it should not. */
void sim_trials(SimSide liar, const SimTrial *trials, size_t n);
