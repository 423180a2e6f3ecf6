/* arrivals.h - datagrams that come to an address of a network namespace, counted by a thread. */
#pragma once

#include <netinet/in.h>
#include <stdint.h>

typedef struct Arrivals Arrivals;
/* arrivals_new - @ns: a file, /run/netns/name; the caller stays where it is. Any port. Lives as
 * long as the program; what is wrong ends it. */
Arrivals *arrivals_new(const char *ns, const char *address);
/* arrivals_gather - what the kernel has in one piece may come in one piece (UDP_GRO): it is counted
 * all the same, for less. */
void arrivals_gather(const Arrivals *a);
/* Where they are to be sent. */
struct sockaddr_in arrivals_at(const Arrivals *a);
uint64_t arrivals_count(const Arrivals *a);

/* arrivals_socket - a UDP socket in another namespace, with room for bursts. */
int arrivals_socket(const char *ns);
