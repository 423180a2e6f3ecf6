#include "tun/nl.h"

#include <errno.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "tun/tun_error.h"

enum {
    ANSWER_MAX = 32768, /* the kernel's own bound for one datagram of answers */
    ANSWER_WAIT = 10,   /* seconds; answers are there when send returns, but never hang on it */
};

struct Nl {
    struct mnl_socket *sock;
    uint32_t port, seq;
    bool secret;
    union {
        struct nlmsghdr first;
        uint8_t octets[ANSWER_MAX];
    } answer;
};

Nl *
nl_open_on(int bus, GError **error)
{
    struct timeval wait = { .tv_sec = ANSWER_WAIT };
    g_autoptr(Nl) nl = g_new0(Nl, 1);
    int on = 1;

    nl->sock = mnl_socket_open2(bus, SOCK_CLOEXEC);
    if (!nl->sock || mnl_socket_bind(nl->sock, 0, MNL_SOCKET_AUTOPID) < 0 ||
        setsockopt(mnl_socket_get_fd(nl->sock), SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) < 0) {
        tun_error_set(error, errno, "netlink socket");
        return NULL;
    }
    /* Both only make the errors better: the kernel's sentence, without our request echoed. */
    (void)mnl_socket_setsockopt(nl->sock, NETLINK_EXT_ACK, &on, sizeof(on));
    (void)mnl_socket_setsockopt(nl->sock, NETLINK_CAP_ACK, &on, sizeof(on));
    nl->port = mnl_socket_get_portid(nl->sock);
    return g_steal_pointer(&nl);
}

void
nl_keep_secret(Nl *nl)
{
    nl->secret = true;
}

Nl *
nl_open(GError **error)
{
    return nl_open_on(NETLINK_ROUTE, error);
}

void
nl_free(Nl *nl)
{
    if (!nl)
        return;
    if (nl->sock)
        mnl_socket_close(nl->sock);
    g_free(nl);
}

void *
nl_begin(NlRequest *m, uint16_t type, uint16_t flags, size_t body_len)
{
    memset(m, 0, sizeof(*m)); /* the octets between attributes go to the kernel as well */
    mnl_nlmsg_put_header(m);
    m->head.nlmsg_type = type;
    m->head.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
    return mnl_nlmsg_put_extra_header(&m->head, body_len);
}

void
nl_put_addr(NlRequest *m, uint16_t attr, const Addr *a)
{
    mnl_attr_put(&m->head, attr, addr_len(a), a->b);
}

int
nl_family(uint8_t family)
{
    return family == ADDR_V6 ? AF_INET6 : AF_INET;
}

static int
take_words(const struct nlattr *attr, void *user)
{
    const char **words = user;

    if (mnl_attr_get_type(attr) == NLMSGERR_ATTR_MSG &&
        mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) == 0)
        *words = mnl_attr_get_str(attr);
    return MNL_CB_OK;
}

/* The sentence of an extended acknowledgement, or NULL; it is inside @h and ends in NUL. */
static const char *
kernel_words(const struct nlmsghdr *h)
{
    size_t skip = sizeof(struct nlmsgerr);
    const char *words = NULL;

    if (!(h->nlmsg_flags & NLM_F_ACK_TLVS))
        return NULL;
    if (!(h->nlmsg_flags & NLM_F_CAPPED)) {
        const struct nlmsgerr *e = mnl_nlmsg_get_payload(h);

        if (e->msg.nlmsg_len < sizeof(e->msg))
            return NULL;
        skip += e->msg.nlmsg_len - sizeof(e->msg);
    }
    if (skip >= mnl_nlmsg_get_payload_len(h))
        return NULL;
    mnl_attr_parse(h, (unsigned)skip, take_words, &words);
    return words;
}

static bool
acknowledged(const struct nlmsghdr *h, GError **error)
{
    const struct nlmsgerr *e = mnl_nlmsg_get_payload(h);
    const char *words;

    if (mnl_nlmsg_get_payload_len(h) < sizeof(*e)) {
        tun_error_set(error, EPROTO, "short netlink acknowledgement");
        return false;
    }
    if (e->error == 0)
        return true;
    words = kernel_words(h);
    g_set_error(error, TUN_ERROR, -e->error, "%s%s%s%s", g_strerror(-e->error), words ? " (" : "",
                words ? words : "", words ? ")" : "");
    return false;
}

static bool
send_octets(Nl *nl, const void *octets, size_t len, GError **error)
{
    while (mnl_socket_sendto(nl->sock, octets, len) < 0) {
        if (errno == EINTR)
            continue;
        tun_error_set(error, errno, "netlink request");
        return false;
    }
    return true;
}

/* The octets in nl->answer, or -1. */
static int
receive(Nl *nl, GError **error)
{
    ssize_t got;

    do
        got = mnl_socket_recvfrom(nl->sock, &nl->answer, sizeof(nl->answer));
    while (got < 0 && errno == EINTR);
    if (got > 0)
        return (int)got;
    /* ENOSPC: did not fit, EAGAIN: ANSWER_WAIT is over */
    tun_error_set(error, got < 0 ? errno : EPROTO, "netlink answer");
    return -1;
}

/* What ends the answers to one request. */
typedef enum Verdict { MORE, DONE, REFUSED } Verdict;

static Verdict
ended(const struct nlmsghdr *h, GError **error)
{
    int32_t code = 0;

    if (h->nlmsg_type == NLMSG_ERROR)
        return acknowledged(h, error) ? DONE : REFUSED;
    if (h->nlmsg_type != NLMSG_DONE)
        return MORE;
    if (mnl_nlmsg_get_payload_len(h) >= sizeof(code))
        memcpy(&code, mnl_nlmsg_get_payload(h), sizeof(code));
    if (code < 0)
        tun_error_set(error, -code, "netlink list");
    return code < 0 ? REFUSED : DONE;
}

static Verdict
read_answers(Nl *nl, int left, uint32_t seq, NlEach each, void *user, GError **error)
{
    Verdict how = MORE;

    for (const struct nlmsghdr *h = &nl->answer.first; how == MORE && mnl_nlmsg_ok(h, left);
         h = mnl_nlmsg_next(h, &left)) {
        if (h->nlmsg_seq != seq || h->nlmsg_pid != nl->port)
            continue; /* the answer to a request that was given up */
        how = ended(h, error);
        if (how == MORE && each)
            each(h, user);
    }
    return how;
}

bool
nl_request(Nl *nl, NlRequest *m, NlEach each, void *user, GError **error)
{
    uint32_t seq = m->head.nlmsg_seq = ++nl->seq;
    Verdict how = MORE;
    bool sent;

    g_assert(m->head.nlmsg_len <= sizeof(*m));
    sent = send_octets(nl, m, m->head.nlmsg_len, error);
    if (nl->secret)
        explicit_bzero(m, sizeof(*m));
    while (sent && how == MORE) {
        int got = receive(nl, error);

        how = got < 0 ? REFUSED : read_answers(nl, got, seq, each, user, error);
        if (nl->secret && got > 0)
            explicit_bzero(nl->answer.octets, (size_t)got);
    }
    return how == DONE;
}

Nl *
nl_follow(int bus, int group, GError **error)
{
    g_autoptr(Nl) nl = nl_open_on(bus, error);

    if (!nl)
        return NULL;
    if (mnl_socket_setsockopt(nl->sock, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) == 0)
        return g_steal_pointer(&nl);
    tun_error_set(error, errno, "netlink group %d", group);
    return NULL;
}

void
nl_news(Nl *nl, NlEach each, void *user)
{
    int fd = mnl_socket_get_fd(nl->sock);

    for (;;) {
        const struct nlmsghdr *h = &nl->answer.first;
        ssize_t got = recv(fd, &nl->answer, sizeof(nl->answer), MSG_DONTWAIT);
        int left = (int)got;

        if (got < 0 && (errno == ENOBUFS || errno == EINTR))
            continue;
        if (got <= 0)
            return;
        for (; mnl_nlmsg_ok(h, left); h = mnl_nlmsg_next(h, &left))
            each(h, user);
    }
}

bool
nl_batch(Nl *nl, struct nlmsghdr *first, size_t len, unsigned n_acks, GError **error)
{
    uint32_t seq = ++nl->seq;
    struct nlmsghdr *m = first;

    g_assert(len <= INT_MAX);
    for (int rest = (int)len; mnl_nlmsg_ok(m, rest); m = mnl_nlmsg_next(m, &rest))
        m->nlmsg_seq = seq;
    if (!send_octets(nl, first, len, error))
        return false;
    while (n_acks > 0) {
        const struct nlmsghdr *h = &nl->answer.first;
        int left = receive(nl, error);

        if (left < 0)
            return false;
        for (; mnl_nlmsg_ok(h, left); h = mnl_nlmsg_next(h, &left)) {
            if (h->nlmsg_seq != seq || h->nlmsg_pid != nl->port || h->nlmsg_type != NLMSG_ERROR)
                continue;
            if (!acknowledged(h, error))
                return false;
            n_acks -= n_acks > 0;
        }
    }
    return true;
}
