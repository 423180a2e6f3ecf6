#include "agent/link/udp_send.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include "agent/link/link_private.h"

enum {
    SEGMENTS_MAX = 64,    /* of one message: as many as any kernel takes */
    OCTETS_MAX = 65507,   /* of one message: what fits into IPv4 with UDP */
    WAIT = 100,           /* ms that a full socket may hold up a batch */
    AGAIN_S = 60,         /* until a path that was too small for a size is tried again */
    OPTION_SEGMENT = 103, /* UDP_SEGMENT of <linux/udp.h> */
};

/* Control data that says the size of a segment, and TOS or traffic class. */
typedef union SendControl {
    struct cmsghdr align;
    uint8_t octets[CMSG_SPACE(sizeof(uint16_t)) + CMSG_SPACE(sizeof(int))];
} SendControl;

typedef struct Message {
    UdpTo *to;
    uint32_t octets, size; /* together; of all datagrams but the last */
    uint8_t n, first;      /* in ->parts */
    uint8_t tos;           /* one for all: it is in the IP header */
    bool open;
} Message;

struct UdpSend {
    UdpSock *sock;
    int fd;
    bool many;
    Usec now;
    uint32_t turn;
    size_t n, n_messages;
    Slice datagrams[UDP_SEND_MAX];
    uint8_t message_of[UDP_SEND_MAX];
    Message messages[UDP_SEND_MAX];
    struct iovec parts[UDP_SEND_MAX]; /* those of a message side by side */
    struct mmsghdr msgs[UDP_SEND_MAX];
    SendControl controls[UDP_SEND_MAX];
    uint64_t lost; /* atomic */
};

UdpSend *
udp_send_new(void)
{
    return g_new0(UdpSend, 1);
}

void
udp_send_free(UdpSend *s)
{
    g_free(s);
}

void
udp_send_begin(UdpSend *s, UdpSock *sock, unsigned how, Usec now)
{
    s->sock = sock;
    s->fd = !sock ? -1 : how & UDP_SEND_LOOSE ? udp_sock_loose_fd(sock) : udp_sock_fd(sock);
    s->many = how == UDP_SEND_MANY && sock && udp_sock_segments(sock);
    s->now = now;
    s->n = s->n_messages = 0;
    s->turn++;
}

static bool
fits(const Message *m, size_t len, uint8_t tos)
{
    return m->open && m->tos == tos && len > 0 && len <= m->size && m->n < SEGMENTS_MAX &&
           m->octets + len <= OCTETS_MAX;
}

static Message *
begin(UdpSend *s, UdpTo *to, size_t len, uint8_t tos)
{
    Message *m = &s->messages[s->n_messages];

    if (to->whole_max && s->now >= to->again)
        to->whole_max = 0;
    *m = (Message){ .to = to, .size = (uint32_t)len, .tos = tos };
    m->open = s->many && len < OCTETS_MAX && (!to->whole_max || len <= to->whole_max);
    to->turn = s->turn;
    to->message = (uint8_t)s->n_messages++;
    return m;
}

void
udp_send_add(UdpSend *s, UdpTo *to, Slice datagram, uint8_t tos)
{
    Message *m = to->turn == s->turn ? &s->messages[to->message] : NULL;

    g_assert(s->n < UDP_SEND_MAX);
    if (!m || !fits(m, datagram.len, tos))
        m = begin(s, to, datagram.len, tos);
    m->n++;
    m->octets += (uint32_t)datagram.len;
    m->open = m->open && datagram.len == m->size;
    s->message_of[s->n] = (uint8_t)(m - s->messages);
    s->datagrams[s->n++] = datagram;
}

/* Each message finds its datagrams side by side in ->parts, in their order. */
static void
sort_parts(UdpSend *s)
{
    uint8_t at = 0, next[UDP_SEND_MAX];

    for (size_t i = 0; i < s->n_messages; i++) {
        next[i] = s->messages[i].first = at;
        at = (uint8_t)(at + s->messages[i].n);
    }
    for (size_t i = 0; i < s->n; i++) {
        Slice d = s->datagrams[i];

        s->parts[next[s->message_of[i]]++] = (struct iovec){ (void *)(uintptr_t)d.p, d.len };
    }
}

/* @n parts from @first on, as one message to @to. */
static void
set_msg(const UdpSend *s, struct mmsghdr *msg, UdpTo *to, struct iovec *first, size_t n)
{
    *msg = (struct mmsghdr){ .msg_hdr = { .msg_iov = first, .msg_iovlen = n } };
    if (!udp_sock_names(s->sock, s->fd))
        return;
    msg->msg_hdr.msg_name = &to->addr.storage;
    msg->msg_hdr.msg_namelen = to->addr.len;
}

static void
add_control(struct msghdr *msg, SendControl *c, int level, int type, const void *p, size_t len)
{
    struct cmsghdr head = { CMSG_LEN(len), level, type };
    uint8_t *at = c->octets + msg->msg_controllen;

    memset(at, 0, CMSG_SPACE(len));
    memcpy(at, &head, sizeof(head));
    memcpy(at + CMSG_LEN(0), p, len);
    msg->msg_control = c;
    msg->msg_controllen += CMSG_SPACE(len);
}

/* Nothing when there is nothing to say: the kernel reads each of them.
 * @n: datagrams of @m in @msg. */
static void
set_control(struct msghdr *msg, SendControl *c, const Message *m, size_t n)
{
    bool v6 = m->to->addr.storage.ss_family == AF_INET6;
    uint16_t size = (uint16_t)m->size;
    int tos = m->tos;

    if (n > 1)
        add_control(msg, c, IPPROTO_UDP, OPTION_SEGMENT, &size, sizeof(size));
    if (tos)
        add_control(msg, c, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_TCLASS : IP_TOS, &tos,
                    sizeof(tos));
}

static bool
wait_writable(int fd)
{
    struct pollfd out = { .fd = fd, .events = POLLOUT };

    return poll(&out, 1, WAIT) > 0;
}

/* One datagram that did not pass whole: it has another way. */
static bool
may_be_cut(const UdpSend *s, const struct msghdr *msg, int why)
{
    return why == EMSGSIZE && msg->msg_iovlen == 1 && s->fd == udp_sock_fd(s->sock) &&
           udp_sock_cuts(s->sock);
}

/* transmit - messages from @at up to @n.
 * Returns the place of the first that was not sent, with errno: EAGAIN when there is no room, and
 * none to be had soon. An ICMP error of an earlier datagram is reported in place of sending: each
 * is tried once more, but for what may be cut. */
static unsigned
transmit(const UdpSend *s, struct mmsghdr *msgs, unsigned at, unsigned n)
{
    unsigned tried = n;

    while (at < n) {
        int r = sendmmsg(s->fd, msgs + at, n - at, MSG_DONTWAIT | MSG_NOSIGNAL);

        if (r > 0) {
            at += (unsigned)r;
        } else if (errno == EAGAIN) {
            if (!wait_writable(s->fd)) {
                errno = EAGAIN;
                return at;
            }
        } else if (errno != EINTR) {
            if (tried == at || may_be_cut(s, &msgs[at].msg_hdr, errno))
                return at;
            tried = at;
        }
    }
    return n;
}

static void
lose(UdpSend *s, uint64_t n)
{
    __atomic_add_fetch(&s->lost, n, __ATOMIC_RELAXED);
}

/* @msg: one datagram of @m that was not sent. */
static void
cut_or_lose(UdpSend *s, const Message *m, struct msghdr *msg, int why)
{
    msg->msg_name = &m->to->addr.storage;
    msg->msg_namelen = m->to->addr.len;
    if (!may_be_cut(s, msg, why) ||
        sendmsg(udp_sock_loose_fd(s->sock), msg, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
        lose(s, 1);
}

/* The datagrams of @m one by one. One that cannot be sent (no route, a filter) is lost, as on any
 * network; the next one may have a better path. Returns false when there is no room. */
static bool
send_apart(UdpSend *s, const Message *m)
{
    struct mmsghdr msgs[SEGMENTS_MAX];
    SendControl c;
    unsigned at = 0;

    for (size_t i = 0; i < m->n; i++) {
        set_msg(s, &msgs[i], m->to, &s->parts[m->first + i], 1);
        set_control(&msgs[i].msg_hdr, &c, m, 1); /* the same for each */
    }
    while ((at = transmit(s, msgs, at, m->n)) < m->n) {
        if (errno == EAGAIN) {
            lose(s, m->n - at);
            return false;
        }
        cut_or_lose(s, m, &msgs[at].msg_hdr, errno);
        at++;
    }
    return true;
}

/* Why is @m not sent as one? EIO: the interface sums nothing up, and cutting needs that. Too large
 * for the path: one by one they are cut into IP fragments. Returns false when it is neither. */
static bool
learn(UdpSend *s, const Message *m, int why)
{
    if (why == EIO || why == EOPNOTSUPP || why == ENOPROTOOPT) {
        udp_sock_no_segments(s->sock);
        s->many = false;
        return true;
    }
    if (why != EINVAL && why != EMSGSIZE)
        return false;
    m->to->whole_max = m->size - 1;
    m->to->again = usec_add(s->now, AGAIN_S * USEC_PER_SEC);
    return true;
}

static void
lose_from(UdpSend *s, size_t i)
{
    for (; i < s->n_messages; i++)
        lose(s, s->messages[i].n);
}

void
udp_send_flush(UdpSend *s)
{
    unsigned at = 0, n = (unsigned)s->n_messages;

    if (!s->sock) {
        lose(s, s->n);
        n = 0;
    }
    sort_parts(s);
    for (unsigned i = 0; i < n; i++) {
        const Message *m = &s->messages[i];

        set_msg(s, &s->msgs[i], m->to, &s->parts[m->first], m->n);
        set_control(&s->msgs[i].msg_hdr, &s->controls[i], m, m->n);
    }
    while (at < n && (at = transmit(s, s->msgs, at, n)) < n) {
        const Message *m = &s->messages[at];

        if (errno == EAGAIN) {
            lose_from(s, at);
            break;
        }
        if (m->n == 1) {
            cut_or_lose(s, m, &s->msgs[at].msg_hdr, errno);
        } else if (!learn(s, m, errno)) {
            lose(s, m->n);
        } else if (!send_apart(s, m)) {
            lose_from(s, at + 1);
            break;
        }
        at++;
    }
    s->n = s->n_messages = 0;
}

uint64_t
udp_send_lost(const UdpSend *s)
{
    return __atomic_load_n(&s->lost, __ATOMIC_RELAXED);
}
