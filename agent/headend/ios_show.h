/* ios_show.h - the show commands of a router: live data in the words of IOS. Pure text. */
#pragma once

#include <glib.h>

#include "agent/esp/esp_sa.h"
#include "agent/headend/show_ipsec.h"
#include "agent/ike/ike_sa.h"

/* A child SA. */
typedef struct IosShowChild {
    uint32_t spi_in, spi_out;
    bool outbound; /* packets go out over it */
    Suite suite;
    uint32_t seconds;   /* left; 0: none */
    uint32_t kilobytes; /* left; 0: none */
} IosShowChild;

/* An IKE SA with the peer. Strings are borrowed. */
typedef struct IosShowSa {
    unsigned id;
    bool ending;
    IkeInfo ike;
    const char *id_local, *id_remote; /* as text; NULL: not known yet */
    uint32_t active;                  /* seconds since it was made or rekeyed */
    const IosShowChild *children;     /* oldest first */
    size_t n_children;
} IosShowSa;

typedef struct IosShow {
    const char *tunnel, *source_if; /* "Tunnel0"; "Ethernet0/0", NULL: not said */
    Addr local, peer;               /* where the peer is, or else where the tunnel leads */
    uint16_t port;                  /* where the peer's ESP goes; 0: there is no SA */
    uint32_t life, dpd, dpd_retry;  /* as configured */
    uint32_t mtu;                   /* of the tunnel interface, octets */
    EspStats stats;                 /* of all child SAs so far */
    const ShowIpsec *ipsec;
    const IosShowSa *sas; /* oldest first */
    size_t n_sas;
    const char *running;
} IosShow;

/* ios_show_command - the answer to the words after "show".
 * Returns the text, owned by the caller; a text that begins with "ERROR: " for words that are no
 * command. */
char *ios_show_command(const char *words, const IosShow *s);
