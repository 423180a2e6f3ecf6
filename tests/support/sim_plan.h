/* sim_plan.h - ways to log in beside a password under the gateway's certificate; each is a
 * SimSetup.tune, or the first line of one. */
#pragma once

#include "tests/support/sim.h"

typedef enum SimKey { SIM_RSA, SIM_P256, SIM_P384, SIM_P521, SIM_ED25519, SIM_KEYS } SimKey;
/* One key of each kind for each end, and a certificate to it; made once, never freed. */
const SigKey *sim_key(SimSide side, SimKey kind);
const X509Chain *sim_chain(SimSide side, SimKey kind);

/* Both ends call themselves by names of the DNS, and the client demands its gateway's. */
extern const IkeId sim_client_id, sim_gateway_id;

void sim_psk(IkeConfig *client, IkeConfig *gateway);
void sim_cert(IkeConfig *client, IkeConfig *gateway);     /* ECDSA P-256 at both ends */
void sim_psk_cert(IkeConfig *client, IkeConfig *gateway); /* the client by PSK */
void sim_cert_psk(IkeConfig *client, IkeConfig *gateway); /* the gateway by PSK */
void sim_cert_eap(IkeConfig *client, IkeConfig *gateway); /* the client by certificate, then EAP */

typedef struct SimWay {
    const char *name;
    void (*tune)(IkeConfig *client, IkeConfig *gateway);
    unsigned messages; /* pairs until both are up */
} SimWay;
extern const SimWay sim_ways[5];
