/* gateway_world.h - a gateway with real sockets, for tests that run in a network namespace of their
 * own and turn its main loop themselves. */
#pragma once

#include "agent/headend/gateway.h"
#include "agent/headend/gateway_private.h"
#include "agent/link/udp_sock.h"
#include "tests/support/test.h"

enum { GATEWAY_WORLD_PATIENCE_S = 20 };

typedef struct GatewayWorld {
    AsaNotes notes;
    AsaConfig *config;
    Gateway *gateway;
    char *state; /* directory of what it keeps */
} GatewayWorld;

/* gateway_world_open - the gateway of the configuration @text; fails the test when there is none.
 */
void gateway_world_open(GatewayWorld *w, const char *text);
void gateway_world_close(GatewayWorld *w);
/* cmocka's: @state is a GatewayWorld. Whatever a test found, the next one finds the ports free. */
int gateway_world_make(void **state);
int gateway_world_end(void **state);
int gateway_world_free(void **state);
#define GATEWAY_WORLD_TEST(f) cmocka_unit_test_teardown(f, gateway_world_end)

/* gateway_world_wait - turn the main loop until @done; a test that waits too long has failed. */
void gateway_world_wait(bool (*done)(void *user), void *user);
/* gateway_world_shows - "show @words" has @part. */
void gateway_world_shows(GatewayWorld *w, const char *words, const char *part);
/* The only one there is; fails the test otherwise. */
Session *gateway_world_session(GatewayWorld *w);
/* gateway_world_socket - a client's, from @from to the gateway's @port at 10.0.0.1. */
UdpSock *gateway_world_socket(const char *from, uint16_t port, bool natt);
