/* link.h - a network interface as a thing to ask about, bring up and take down. */
#pragma once

#include <net/if.h>

#include "tun/nl.h"

typedef struct Link {
    unsigned index;
    char name[IFNAMSIZ];
    uint32_t mtu;   /* octets */
    uint32_t queue; /* packets that wait to be sent */
    bool is_tun;    /* made by the tun driver */
    bool direct;    /* packets go to the driver at once: no discipline orders them */
    uint32_t if_id; /* made by the xfrm driver: its number; else 0 */
} Link;

bool link_get(Nl *nl, unsigned index, Link *ret, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* link_up - set the MTU and the queue, which is the driver's alone where the kernel lets it be, and
 * bring it up, without a link-local address of its own:
 * nothing but what the gateway gave may be a source address inside. */
bool link_up(Nl *nl, unsigned index, uint32_t mtu, GError **error) G_GNUC_WARN_UNUSED_RESULT;
bool link_down(Nl *nl, unsigned index, uint32_t mtu, GError **error) G_GNUC_WARN_UNUSED_RESULT;
bool link_delete(Nl *nl, unsigned index, GError **error) G_GNUC_WARN_UNUSED_RESULT;
