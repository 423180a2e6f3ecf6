/* plane_ops.h - what makes a Plane: for those that are one. */
#pragma once

#include "agent/link/plane.h"

/* As in plane.h. NULL where a plane has nothing to do, or nothing to tell. */
typedef struct PlaneOps {
    void (*free)(Plane *p);
    void (*set_sock)(Plane *p, AddrFamily family, UdpSock *natt);
    void (*hold)(Plane *p, Hold *hold);
    void (*expect)(Plane *p, uint32_t spi_in);
    bool (*add)(Plane *p, const EspSaSetup *setup, const Endpoint *remote, bool out);
    void (*out)(Plane *p, uint32_t spi_in);
    void (*move)(Plane *p, uint32_t spi_in, const Endpoint *remote);
    bool (*strayed)(Plane *p, uint32_t spi_in, Endpoint *ret);
    void (*remove)(Plane *p, uint32_t spi_in);
    bool (*stats)(Plane *p, uint32_t spi_in, EspStats *ret);
    void (*set_mss)(Plane *p, uint32_t octets);
    uint64_t (*refusals)(Plane *p);
    uint64_t (*drops)(Plane *p, EspStatus why);
    uint64_t (*losses)(Plane *p, PumpLoss why);
} PlaneOps;

/* The first member of whatever is a plane. */
struct Plane {
    const PlaneOps *ops;
    EspStats past; /* plane.c's */
};
