#include "agent/link/udp_recv.h"

#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    MESSAGES_MAX = 64, /* read at a time, when they are small */
    MESSAGES_MIN = 4,  /* when they are large */
    /* Octets read at a time, about: they are still in a cache when they are opened. */
    FILL = 256 << 10,
    MESSAGE_MAX = 65535,
    /* The odd part keeps the heads of buffers out of each other's cache sets; pages that no
     * message reaches are never touched. */
    ROOM = 65536 + 4096 + 192,
    /* Octets of the buffers that stay: bursts of large messages reach further, one buffer today and
     * another tomorrow, until all of them are there. */
    KEEP = 1 << 20,
    OPTION_GRO = 104, /* UDP_GRO of <linux/udp.h> */
};

struct UdpRecv {
    size_t want;     /* messages to ask for */
    size_t n, i;     /* messages; which comes next */
    size_t at, size; /* in it: octets given out; octets of each datagram but the last */
    uint8_t tos;     /* of all of it: the kernel puts nothing else together */
    uint8_t *room;   /* MESSAGES_MAX * ROOM octets */
    size_t touched;  /* of ->room, about: the sum of */
    uint32_t reached[MESSAGES_MAX];
    struct mmsghdr msgs[MESSAGES_MAX];
    struct iovec parts[MESSAGES_MAX];
    struct sockaddr_storage names[MESSAGES_MAX];
    UdpControl controls[MESSAGES_MAX];
};

UdpRecv *
udp_recv_new(void)
{
    UdpRecv *r = g_new0(UdpRecv, 1);

    r->room = g_malloc((size_t)MESSAGES_MAX * ROOM);
    r->want = MESSAGES_MIN;
    return r;
}

void
udp_recv_free(UdpRecv *r)
{
    if (!r)
        return;
    g_free(r->room);
    g_free(r);
}

size_t
udp_recv_segment(struct msghdr *msg, size_t len)
{
    int size = 0;

    for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c))
        if (c->cmsg_level == IPPROTO_UDP && c->cmsg_type == OPTION_GRO &&
            c->cmsg_len >= CMSG_LEN(sizeof(size)))
            memcpy(&size, CMSG_DATA(c), sizeof(size));
    return size > 0 && (size_t)size < len ? (size_t)size : len;
}

uint8_t
udp_recv_tos(struct msghdr *msg)
{
    uint8_t tos = 0;
    int class;

    for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
        if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TOS &&
            c->cmsg_len >= CMSG_LEN(sizeof(tos))) {
            memcpy(&tos, CMSG_DATA(c), sizeof(tos));
        } else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_TCLASS &&
                   c->cmsg_len >= CMSG_LEN(sizeof(class))) {
            memcpy(&class, CMSG_DATA(c), sizeof(class));
            tos = (uint8_t) class;
        }
    }
    return tos;
}

static void
enter(UdpRecv *r, size_t i)
{
    r->i = i;
    r->at = 0;
    if (i == r->n)
        return;
    r->size = udp_recv_segment(&r->msgs[i].msg_hdr, r->msgs[i].msg_len);
    r->tos = udp_recv_tos(&r->msgs[i].msg_hdr);
}

/* The next time as many as fill the cache, if they are like these. */
static void
adapt(UdpRecv *r)
{
    size_t octets = 1;

    for (size_t i = 0; i < r->n; i++)
        octets += r->msgs[i].msg_len;
    r->want = CLAMP(FILL * r->n / octets, MESSAGES_MIN, MIN(2 * r->want, MESSAGES_MAX));
}

/* How far the messages have reached into their buffers. */
static void
note_touched(UdpRecv *r)
{
    for (size_t i = 0; i < r->n; i++) {
        uint32_t len = r->msgs[i].msg_len;

        if (len <= r->reached[i])
            continue;
        r->touched += len - r->reached[i];
        r->reached[i] = len;
    }
}

/* Pages that lie in the buffers as a whole; nothing in them is wanted any more. */
static void
give_back(UdpRecv *r)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t from = ((uintptr_t)r->room + page - 1) / page * page;
    uintptr_t to = ((uintptr_t)r->room + (size_t)MESSAGES_MAX * ROOM) / page * page;

    (void)madvise((void *)from, to - from, MADV_DONTNEED);
    memset(r->reached, 0, sizeof(r->reached));
    r->touched = 0;
}

int
udp_recv_fill(UdpRecv *r, const UdpSock *sock)
{
    int n;

    if (r->touched > KEEP)
        give_back(r);
    for (size_t i = 0; i < r->want; i++) {
        r->parts[i] = (struct iovec){ r->room + i * ROOM, MESSAGE_MAX };
        r->msgs[i] = (struct mmsghdr){ .msg_hdr = { .msg_iov = &r->parts[i],
                                                    .msg_iovlen = 1,
                                                    .msg_name = &r->names[i],
                                                    .msg_namelen = sizeof(r->names[i]),
                                                    .msg_control = &r->controls[i],
                                                    .msg_controllen = sizeof(r->controls[i]) } };
    }
    n = recvmmsg(udp_sock_fd(sock), r->msgs, (unsigned)r->want, MSG_DONTWAIT, NULL);
    r->n = n > 0 ? (size_t)n : 0;
    enter(r, 0);
    if (r->n > 0) {
        note_touched(r);
        adapt(r);
    }
    return n;
}

size_t
udp_recv_ahead(const UdpRecv *r)
{
    if (r->i == r->n)
        return 0;
    size_t left = r->msgs[r->i].msg_len - r->at;

    return left ? (left + r->size - 1) / r->size : 1;
}

bool
udp_recv_next(UdpRecv *r, UdpCame *ret)
{
    if (r->i == r->n)
        return false;
    size_t left = r->msgs[r->i].msg_len - r->at;

    *ret = (UdpCame){ .p = r->room + r->i * ROOM + r->at,
                      .len = MIN(left, r->size),
                      .message = (uint8_t)r->i,
                      .tos = r->tos };
    r->at += ret->len;
    if (r->at == r->msgs[r->i].msg_len)
        enter(r, r->i + 1);
    return true;
}

struct msghdr *
udp_recv_msg(UdpRecv *r, uint8_t message)
{
    g_assert(message < r->n);
    return &r->msgs[message].msg_hdr;
}
