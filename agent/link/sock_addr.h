/* sock_addr.h - Endpoint <-> the kernel's socket address. */
#pragma once

#include <stdbool.h>
#include <sys/socket.h>

#include "agent/base/addr.h"

typedef struct SockAddr {
    struct sockaddr_storage storage;
    socklen_t len; /* 0: no address */
} SockAddr;

SockAddr sock_addr_of(const Endpoint *e); /* len 0 for ADDR_NONE */
/* sock_addr_to_endpoint - false for a family that is neither IPv4 nor IPv6. */
bool sock_addr_to_endpoint(const struct sockaddr_storage *storage,
                           Endpoint *ret) G_GNUC_WARN_UNUSED_RESULT;
