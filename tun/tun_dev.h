/* tun_dev.h - a TUN interface that lives as long as its file descriptor. */
#pragma once

#include <glib.h>
#include <net/if.h>
#include <stdbool.h>

/* What is read and written beside single packets. */
typedef enum TunOffload {
    TUN_OFFLOAD = 1,     /* a header of 10 octets in front of each packet (struct virtio_net_hdr,
                            little-endian), checksums left to the other side, TCP in packets of many
                            segments */
    TUN_OFFLOAD_UDP = 2, /* UDP in such packets too: Linux 6.2 */
} TunOffload;

/* tun_dev_open - make an interface; non-persistent, so the kernel removes it (and every route
 * through it) with us.
 * @pattern: "acc%d" or a full name. @ret_name: the name it got.
 * @offload: TunOffload; in: wanted, out: what the kernel can of it. NULL: nothing of it.
 * Returns a non-blocking, close-on-exec descriptor, or -1 with @error. */
int tun_dev_open(const char *pattern, unsigned *offload, char ret_name[static IF_NAMESIZE],
                 GError **error);
