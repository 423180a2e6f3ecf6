#include "agent/link/offload.h"

#include <glib.h>

#include "tun/tun_dev.h"

const char *const offload_names[] = {
    [OFFLOAD_ALL] = "all",   [OFFLOAD_TUN] = "tun",     [OFFLOAD_UDP] = "udp",
    [OFFLOAD_NONE] = "none", [OFFLOAD_NONE + 1] = NULL,
};

bool
offload_parse(const char *text, Offload *ret)
{
    for (int i = 0; offload_names[i]; i++)
        if (g_str_equal(text, offload_names[i])) {
            *ret = (Offload)i;
            return true;
        }
    return false;
}

unsigned
offload_tun(Offload o)
{
    return o == OFFLOAD_ALL || o == OFFLOAD_TUN ? TUN_OFFLOAD | TUN_OFFLOAD_UDP : 0;
}

bool
offload_udp(Offload o)
{
    return o == OFFLOAD_ALL || o == OFFLOAD_UDP;
}
