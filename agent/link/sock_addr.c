#include "agent/link/sock_addr.h"

#include <netinet/in.h>

/* The kernel's structs hold network order: octets are copied, never cast. */
static uint16_t
port_of(const in_port_t *wire)
{
    uint8_t b[2];

    memcpy(b, wire, sizeof(b));
    return (uint16_t)(b[0] << 8 | b[1]);
}

static in_port_t
port_to(uint16_t port)
{
    uint8_t b[2] = { (uint8_t)(port >> 8), (uint8_t)port };
    in_port_t wire;

    memcpy(&wire, b, sizeof(wire));
    return wire;
}

SockAddr
sock_addr_of(const Endpoint *e)
{
    SockAddr ret = { .len = 0 };

    if (e->addr.family == ADDR_V4) {
        struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = port_to(e->port) };

        memcpy(&v4.sin_addr, e->addr.b, sizeof(v4.sin_addr));
        memcpy(&ret.storage, &v4, sizeof(v4));
        ret.len = sizeof(v4);
    } else if (e->addr.family == ADDR_V6) {
        struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = port_to(e->port) };

        memcpy(&v6.sin6_addr, e->addr.b, sizeof(v6.sin6_addr));
        memcpy(&ret.storage, &v6, sizeof(v6));
        ret.len = sizeof(v6);
    }
    return ret;
}

bool
sock_addr_to_endpoint(const struct sockaddr_storage *storage, Endpoint *ret)
{
    if (storage->ss_family == AF_INET) {
        struct sockaddr_in v4;

        memcpy(&v4, storage, sizeof(v4));
        *ret = (Endpoint){ .addr.family = ADDR_V4, .port = port_of(&v4.sin_port) };
        memcpy(ret->addr.b, &v4.sin_addr, sizeof(v4.sin_addr));
        return true;
    }
    if (storage->ss_family == AF_INET6) {
        struct sockaddr_in6 v6;

        memcpy(&v6, storage, sizeof(v6));
        *ret = (Endpoint){ .addr.family = ADDR_V6, .port = port_of(&v6.sin6_port) };
        memcpy(ret->addr.b, &v6.sin6_addr, sizeof(v6.sin6_addr));
        return true;
    }
    return false;
}
