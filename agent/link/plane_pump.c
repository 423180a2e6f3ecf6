#include "agent/link/plane_ops.h"

typedef struct PumpPlane {
    Plane plane;
    Pump *pump;
} PumpPlane;

static Pump *
pump_of(Plane *p)
{
    return ((PumpPlane *)p)->pump;
}

static void
free_pump(Plane *p)
{
    pump_free(pump_of(p));
    g_free(p);
}

static void
set_sock(Plane *p, AddrFamily family, UdpSock *natt)
{
    pump_set_sock(pump_of(p), family, natt);
}

static void
hold(Plane *p, Hold *h)
{
    pump_hold(pump_of(p), h);
}

static void
expect(Plane *p, uint32_t spi_in)
{
    pump_expect(pump_of(p), spi_in);
}

static bool
add(Plane *p, const EspSaSetup *setup, const Endpoint *remote, bool out)
{
    EspSaSetup whole = *setup;
    EspSa *sa;

    whole.rules = *pump_rules(pump_of(p));
    sa = esp_sa_new(&whole);
    if (!sa)
        return false;
    if (out)
        pump_add(pump_of(p), sa, remote);
    else
        pump_add_in(pump_of(p), sa, remote);
    return true;
}

static void
go_out(Plane *p, uint32_t spi_in)
{
    pump_out(pump_of(p), spi_in);
}

static void
move(Plane *p, uint32_t spi_in, const Endpoint *remote)
{
    pump_move(pump_of(p), spi_in, remote);
}

static bool
strayed(Plane *p, uint32_t spi_in, Endpoint *ret)
{
    return pump_strayed(pump_of(p), spi_in, ret);
}

static void
remove_sa(Plane *p, uint32_t spi_in)
{
    pump_remove(pump_of(p), spi_in);
}

static bool
stats(Plane *p, uint32_t spi_in, EspStats *ret)
{
    return pump_stats(pump_of(p), spi_in, ret);
}

static void
set_mss(Plane *p, uint32_t octets)
{
    pump_set_mss(pump_of(p), octets);
}

static uint64_t
refusals(Plane *p)
{
    return pump_refusals(pump_of(p));
}

static uint64_t
drops(Plane *p, EspStatus why)
{
    return pump_drops(pump_of(p), why);
}

static uint64_t
losses(Plane *p, PumpLoss why)
{
    return pump_losses(pump_of(p), why);
}

static const PlaneOps ops = {
    .free = free_pump,
    .set_sock = set_sock,
    .hold = hold,
    .expect = expect,
    .add = add,
    .out = go_out,
    .move = move,
    .strayed = strayed,
    .remove = remove_sa,
    .stats = stats,
    .set_mss = set_mss,
    .refusals = refusals,
    .drops = drops,
    .losses = losses,
};

Plane *
plane_of_pump(const PumpSetup *setup, UdpSock *natt, GError **error)
{
    Pump *pump = pump_new(setup, natt, error);
    PumpPlane *p;

    if (!pump)
        return NULL;
    p = g_new(PumpPlane, 1);
    *p = (PumpPlane){ .plane.ops = &ops, .pump = pump };
    return &p->plane;
}
