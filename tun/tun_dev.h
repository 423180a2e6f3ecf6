/* tun_dev.h - a TUN interface that lives as long as its file descriptor. */
#pragma once

#include <glib.h>
#include <net/if.h>
#include <stdbool.h>

/* tun_dev_open - make an interface; non-persistent, so the kernel removes it (and every route
 * through it) with us.
 * @pattern: "acc%d" or a full name. @ret_name: the name it got.
 * Returns a non-blocking, close-on-exec descriptor, or -1 with @error. */
int tun_dev_open(const char *pattern, char ret_name[static IF_NAMESIZE], GError **error);
