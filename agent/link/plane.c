#include "agent/link/plane.h"

#include "agent/link/plane_ops.h"

void
plane_free(Plane *p)
{
    if (p)
        p->ops->free(p);
}

void
plane_set_sock(Plane *p, AddrFamily family, UdpSock *natt)
{
    p->ops->set_sock(p, family, natt);
}

void
plane_hold(Plane *p, Hold *hold)
{
    if (p->ops->hold)
        p->ops->hold(p, hold);
}

void
plane_expect(Plane *p, uint32_t spi_in)
{
    if (p->ops->expect)
        p->ops->expect(p, spi_in);
}

bool
plane_add(Plane *p, const EspSaSetup *setup, const Endpoint *remote, bool out)
{
    return p->ops->add(p, setup, remote, out);
}

void
plane_out(Plane *p, uint32_t spi_in)
{
    p->ops->out(p, spi_in);
}

void
plane_move(Plane *p, uint32_t spi_in, const Endpoint *remote)
{
    p->ops->move(p, spi_in, remote);
}

bool
plane_strayed(Plane *p, uint32_t spi_in, Endpoint *ret)
{
    return p->ops->strayed(p, spi_in, ret);
}

void
plane_remove(Plane *p, uint32_t spi_in)
{
    EspStats last;

    if (plane_stats(p, spi_in, &last))
        esp_stats_add(&p->past, &last);
    p->ops->remove(p, spi_in);
}

const EspStats *
plane_past(const Plane *p)
{
    return &p->past;
}

bool
plane_stats(Plane *p, uint32_t spi_in, EspStats *ret)
{
    return p->ops->stats(p, spi_in, ret);
}

void
plane_set_mss(Plane *p, uint32_t octets)
{
    if (p->ops->set_mss)
        p->ops->set_mss(p, octets);
}

uint64_t
plane_refusals(Plane *p)
{
    return p->ops->refusals ? p->ops->refusals(p) : 0;
}

uint64_t
plane_drops(Plane *p, EspStatus why)
{
    return p->ops->drops ? p->ops->drops(p, why) : 0;
}

uint64_t
plane_losses(Plane *p, PumpLoss why)
{
    return p->ops->losses ? p->ops->losses(p, why) : 0;
}

void
plane_lost(Plane *p, uint64_t drops[static ESP_STATUS_N], uint64_t losses[static PUMP_LOSS_N])
{
    for (EspStatus why = 0; why < ESP_STATUS_N; why++)
        drops[why] += plane_drops(p, why);
    for (PumpLoss why = 0; why < PUMP_LOSS_N; why++)
        losses[why] = plane_losses(p, why);
}
