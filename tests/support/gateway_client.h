/* gateway_client.h - AnyConnect clients of the gateway of the seed's configuration, each with real
 * sockets and without a TUN. */
#pragma once

#include "agent/esp/esp_sa.h"
#include "agent/link/ike_driver.h"
#include "tests/support/gateway_world.h"

typedef struct Client {
    IkeConfig config;
    IkeSa *sa;
    IkeDriver *driver;
    UdpSock *init, *natt;
    UdpDoors doors;
    guint watch[2];
    const char *name, *passwords[4];
    unsigned n_typed;
    bool up, closed;
    IkeReason reason;
    Addr address, address6;
    EspSa *esp;
    Endpoint from;
} Client;

/* Of the clients that are started from now on; no device: none is told. */
extern const char *client_typist, *client_device;
extern const char *const client_right[]; /* what is typed, NULL-terminated */

/* client_open_world - the gateway of the seed's configuration and @more. */
void client_open_world(GatewayWorld *w, const char *more);
/* client_start - begins to connect with the password, or with one after the other. */
Client *client_start(const char *from, const char *const *passwords);
/* client_connect - starts with the right password and is up. */
Client *client_connect(const char *from);
bool client_is_up(void *user); /* or closed; for gateway_world_wait() */
bool client_is_closed(void *user);
/* client_map_anew - as if a NAT before it had forgotten: UDP 4500 is reached from another port. */
void client_map_anew(Client *c);
void client_free(Client *c);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Client, client_free)
