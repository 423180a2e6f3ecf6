/* show_ipsec.h - "show crypto ipsec stats" of an ASA and of a router: what the data plane has
 * carried and what it has lost, since it was started. Pure text. */
#pragma once

#include <glib.h>

#include "agent/link/pump.h"

typedef struct ShowIpsec {
    size_t tunnels; /* that there are now */
    EspStats all;   /* of all child SAs so far; drops of none, too */
    uint64_t losses[PUMP_LOSS_N];
} ShowIpsec;

/* show_ipsec_stats - the totals under the headings of an ASA, then every reason by the name that
 * "acclient stats" has for it. */
void show_ipsec_stats(const ShowIpsec *s, GString *out);
