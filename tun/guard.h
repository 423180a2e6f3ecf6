/* guard.h - packets for an inner address that come by another interface than the tunnel's are
 * dropped before anything answers them (CVE-2019-14899): one nftables table per interface. */
#pragma once

#include <net/if.h>

#include "agent/base/addr.h"
#include "tun/nl.h"
#include "tun/tun_error.h"

enum {
    GUARD_ADDRS_MAX = 8,
    GUARD_TABLE_MAX = IFNAMSIZ + 9, /* "acclient_acc0", and its NUL */
};

/* The name of the table of @ifname, written into @buf and returned. */
const char *guard_table(const char *ifname, char buf[static GUARD_TABLE_MAX]);
/* guard_open - the way to nftables. To close it waits until the kernel has really forgotten what
 * was replaced or removed, which are milliseconds: not while somebody waits for the tunnel.
 * ENOENT: the kernel has no netfilter. */
Nl *guard_open(GError **error);
/* guard_set - let packets for @addrs (at most GUARD_ADDRS_MAX) come by @ifname or loopback only,
 * and forget the addresses of before; all or nothing, and no moment without a guard. The interface
 * need not be there. */
bool guard_set(Nl *nl, const char *ifname, const Addr *addrs, size_t n,
               GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* guard_remove - ENOENT: there is none, or the kernel has no nftables. */
bool guard_remove(Nl *nl, const char *ifname, GError **error) G_GNUC_WARN_UNUSED_RESULT;
