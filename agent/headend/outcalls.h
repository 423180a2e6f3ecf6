/* outcalls.h - the site-to-site tunnels that we begin: at the start, and whenever they are gone. */
#pragma once

#include "agent/base/usec.h"
#include "agent/headend/gateway.h"

typedef struct Outcalls Outcalls;
/* outcalls_new - one for every entry of the crypto map that may originate. @g: borrowed, with all
 * that a session takes. */
Outcalls *outcalls_new(Gateway *g);
/* outcalls_free - after the sessions: they use what is in it. */
void outcalls_free(Outcalls *o);
/* outcalls_tick - look at the clock: begin what is not there, and of two that crossed end one. */
void outcalls_tick(Outcalls *o, Usec now);
