/* offload.h - what may be moved in large pieces; less than all is for diagnosis. */
#pragma once

#include <stdbool.h>

typedef enum Offload {
    OFFLOAD_ALL, /* as far as the kernel can, which is found out */
    OFFLOAD_TUN, /* packets of many segments inside, single datagrams outside */
    OFFLOAD_UDP, /* the reverse */
    OFFLOAD_NONE,
} Offload;

/* Their names, NULL at the end. */
extern const char *const offload_names[];

/* offload_parse - false when @text is none of the names. */
bool offload_parse(const char *text, Offload *ret);
/* What tun_dev_open() is asked for: TunOffload. */
unsigned offload_tun(Offload o);
/* Is a socket to move many datagrams in one piece? */
bool offload_udp(Offload o);
