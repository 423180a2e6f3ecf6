#include "tun/nl.h"

#include <errno.h>
#include <linux/netlink.h>
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
    union {
        struct nlmsghdr first;
        uint8_t octets[ANSWER_MAX];
    } answer;
};

Nl *
nl_open(GError **error)
{
    struct timeval wait = { .tv_sec = ANSWER_WAIT };
    g_autoptr(Nl) nl = g_new0(Nl, 1);
    int on = 1;

    nl->sock = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
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

bool
nl_request(Nl *nl, NlRequest *m, NlEach each, void *user, GError **error)
{
    uint32_t seq = m->head.nlmsg_seq = ++nl->seq;

    g_assert(m->head.nlmsg_len <= sizeof(*m));
    while (mnl_socket_sendto(nl->sock, m, m->head.nlmsg_len) < 0) {
        if (errno == EINTR)
            continue;
        tun_error_set(error, errno, "netlink request");
        return false;
    }
    for (;;) {
        ssize_t got = mnl_socket_recvfrom(nl->sock, &nl->answer, sizeof(nl->answer));
        const struct nlmsghdr *h = &nl->answer.first;
        int left = (int)got;

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) { /* ENOSPC: did not fit, EAGAIN: ANSWER_WAIT is over */
            tun_error_set(error, got < 0 ? errno : EPROTO, "netlink answer");
            return false;
        }
        for (; mnl_nlmsg_ok(h, left); h = mnl_nlmsg_next(h, &left)) {
            if (h->nlmsg_seq != seq || h->nlmsg_pid != nl->port)
                continue; /* the answer to a request that was given up */
            if (h->nlmsg_type == NLMSG_ERROR)
                return acknowledged(h, error);
            if (each)
                each(h, user);
        }
    }
}
