#include "agent/link/path_mtu.h"

#include <errno.h>
#include <linux/errqueue.h>
#include <netinet/in.h>
#include <string.h>

#include "agent/base/reader.h"
#include "agent/esp/esp_mss.h"

enum {
    UDP_HEADER = 8,
    IPV4_HEADER = 20,
    IPV6_HEADER = 40,
    QUOTE_MAX = 64, /* octets of our packet: the SPI stands first */
    CONTROL_MAX = 512,
    SKIP_MAX = 64,  /* errors passed over in one call */
    KEEP_S = 600,   /* RFC 1191 §6.3: ten minutes */
    TELLS_MAX = 20, /* a second, for each SA */
};

static size_t
headers(int family)
{
    return (family == AF_INET6 ? IPV6_HEADER : IPV4_HEADER) + UDP_HEADER;
}

static const struct sock_extended_err *
find_error(struct msghdr *msg)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c))
        if (((c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR) ||
             (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_RECVERR)) &&
            c->cmsg_len >= CMSG_LEN(sizeof(struct sock_extended_err)))
            return (const struct sock_extended_err *)CMSG_DATA(c);
    return NULL;
}

/* One error; EMSGSIZE is the one that speaks of a path. */
static bool
is_news(struct msghdr *msg, Slice quote, PathMtuNews *ret)
{
    const struct sock_extended_err *e = find_error(msg);
    Reader in = reader_init(quote);

    if (!e || e->ee_errno != EMSGSIZE || e->ee_info == 0 ||
        msg->msg_namelen > sizeof(ret->to.storage))
        return false;
    ret->to.len = msg->msg_namelen;
    ret->octets = e->ee_info;
    ret->kernel = e->ee_origin == SO_EE_ORIGIN_LOCAL;
    ret->quoted = !ret->kernel && reader_u32(&in, &ret->spi);
    return true;
}

bool
path_mtu_read(int fd, PathMtuNews *ret)
{
    for (int i = 0; i < SKIP_MAX; i++) {
        uint8_t quote[QUOTE_MAX];
        union {
            struct cmsghdr align;
            uint8_t octets[CONTROL_MAX];
        } control;
        PathMtuNews news = { 0 };
        struct iovec part = { quote, sizeof(quote) };
        struct msghdr msg = { .msg_name = &news.to.storage,
                              .msg_namelen = sizeof(news.to.storage),
                              .msg_iov = &part,
                              .msg_iovlen = 1,
                              .msg_control = &control,
                              .msg_controllen = sizeof(control) };
        ssize_t len = recvmsg(fd, &msg, MSG_ERRQUEUE | MSG_DONTWAIT);

        if (len < 0)
            return false;
        if (is_news(&msg, (Slice){ quote, (size_t)len }, &news)) {
            *ret = news;
            return true;
        }
    }
    return false;
}

bool
path_mtu_learn(PathMtu *path, const PathMtuNews *news, Usec now)
{
    int family = news->to.storage.ss_family;
    uint32_t least = family == AF_INET6 ? PATH_MTU_LEAST6 : PATH_MTU_LEAST4, octets;

    if (!news->kernel && !news->quoted)
        least = MAX(least, (uint32_t)PATH_MTU_ROUGH);
    octets = MAX(news->octets, least);
    if (path->octets && path->octets <= octets && now < path->until)
        return false;
    *path = (PathMtu){ .octets = octets, .until = usec_add(now, KEEP_S * USEC_PER_SEC) };
    return true;
}

uint32_t
path_mtu_inner(const PathMtu *path, const EspSa *sa, int family)
{
    uint32_t inner = path->octets;

    while (inner > 1 && inner + esp_sa_overhead(sa, inner) + headers(family) > path->octets)
        inner--;
    return inner;
}

bool
path_mtu_passes(const PathMtu *path, size_t len, int family)
{
    return path->octets == 0 || len + headers(family) <= path->octets;
}

void
path_mtu_set_segment(PathMtuSegment *s, const PathMtu *path, uint32_t inner)
{
    __atomic_store_n(&s->octets, inner ? esp_mss_of(UINT32_MAX, inner) : 0, __ATOMIC_RELAXED);
    __atomic_store_n(&s->until, path->until, __ATOMIC_RELAXED);
}

uint32_t
path_mtu_segment(const PathMtuSegment *s, uint32_t octets, Usec now)
{
    uint32_t most = __atomic_load_n(&s->octets, __ATOMIC_RELAXED);

    if (most == 0 || now >= __atomic_load_n(&s->until, __ATOMIC_RELAXED))
        return octets;
    return octets ? MIN(octets, most) : most;
}

bool
path_mtu_may_tell(PathMtuTold *t, Usec now)
{
    if (t->since == 0 || now >= usec_add(t->since, USEC_PER_SEC))
        *t = (PathMtuTold){ .since = now, .left = TELLS_MAX };
    if (t->left == 0)
        return false;
    t->left--;
    return true;
}
