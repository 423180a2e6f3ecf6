/* path_mtu.h - how large a packet the path to a peer takes whole, as routers and the kernel say who
 * could not pass one on (RFC 1191, RFC 8201, RFC 4301 §8.2). */
#pragma once

#include "agent/esp/esp_sa.h"
#include "agent/link/sock_addr.h"

enum {
    PATH_MTU_LEAST4 = 576, /* what is said below that is not believed */
    PATH_MTU_LEAST6 = 1280,
    PATH_MTU_ROUGH = 1280, /* nor below that of who does not say of which packet it speaks */
};

/* What one ICMP message, or the kernel, says. */
typedef struct PathMtuNews {
    SockAddr to;
    uint32_t octets;
    bool kernel;  /* its own interface is too narrow: true, whatever it says */
    bool quoted;  /* else: it quotes a packet of ours, with */
    uint32_t spi; /* this SPI. Who has not seen one does not know it */
} PathMtuNews;

/* path_mtu_read - the next from the error queue of @fd (IP_RECVERR); other errors are passed over.
 * Returns false when there is none. */
bool path_mtu_read(int fd, PathMtuNews *ret);

/* What is known of one path. A value; zeros: nothing. */
typedef struct PathMtu {
    uint32_t octets; /* of an IP packet; 0: unknown */
    Usec until;      /* then it may have become wider (RFC 1191 §6.3) */
} PathMtu;

/* path_mtu_learn - believe @news as far as it goes. Returns true when the path is narrower than was
 * known. */
bool path_mtu_learn(PathMtu *path, const PathMtuNews *news, Usec now);
/* path_mtu_inner - the largest inner packet of @sa whose ESP packet passes; 0: any. @family:
 * AF_INET, AF_INET6, of the path. */
uint32_t path_mtu_inner(const PathMtu *path, const EspSa *sa, int family);
/* path_mtu_passes - does an ESP packet of @len octets pass whole? */
bool path_mtu_passes(const PathMtu *path, size_t len, int family);

/* What TCP is told of one path. One thread writes it, another may read it; zeros: nothing. */
typedef struct PathMtuSegment {
    uint32_t octets;
    Usec until;
} PathMtuSegment;
/* path_mtu_set_segment - @path takes inner packets of @inner octets; 0: any. */
void path_mtu_set_segment(PathMtuSegment *s, const PathMtu *path, uint32_t inner);
/* path_mtu_segment - what TCP over IPv4 may put into a segment that goes there: @octets, or less;
 * 0: any. What is no longer known lowers nothing, or nobody would find out. */
uint32_t path_mtu_segment(const PathMtuSegment *s, uint32_t octets, Usec now);

/* How many senders may still be told; zeros to begin with. */
typedef struct PathMtuTold {
    Usec since;
    unsigned left;
} PathMtuTold;
/* path_mtu_may_tell - at most so many a second (RFC 4443 §2.4 f). */
bool path_mtu_may_tell(PathMtuTold *t, Usec now);
