/* MOBIKE, both roles (RFC 4555): the client says where it is, the gateway makes sure that it really
 * is there before ESP follows. */
#include "agent/crypto/ct.h"
#include "agent/ike/ike_natd.h"
#include "agent/ike/ike_sa_private.h"

enum {
    NATTED_MAX = 3,   /* times that one move is told when a NAT is in the way */
    EXPECT_S = 30,    /* after an UPDATE_SA_ADDRESSES a check is no surprise */
    STRAY_REST_S = 5, /* between two checks of where ESP comes from, if the first was in vain */
};

/* §3.9: what can change addresses says between which it goes, where no NAT may change them. */
static void
forbid_nats(const IkeSa *sa, IkeChain *c)
{
    uint8_t buf[2 * (sizeof(((Addr *)0)->b) + 2)];
    Writer w = { .base = buf, .cap = sizeof(buf) };

    if (!sa->config->no_nats)
        return;
    ike_mobike_no_nats_encode(&sa->path.local, &sa->path.remote, &w);
    ike_chain_notify(c, IKE_PROTO_NONE, IKE_N_NO_NATS_ALLOWED, writer_view(&w));
}

void
ike_x_mobike_announce(IkeSa *sa, IkeChain *c)
{
    const IkeConfig *config = sa->config;

    if (!config->mobike || (sa->role == IKE_RESPONDER && !sa->mobike.on))
        return;
    ike_chain_notify(c, IKE_PROTO_NONE, IKE_N_MOBIKE_SUPPORTED, (Slice){ 0 });
    for (size_t i = 0; i < config->n_addrs; i++)
        if (!addr_equal(&config->addrs[i], &sa->path.local.addr))
            ike_chain_notify(c, IKE_PROTO_NONE, ike_mobike_addr_type(&config->addrs[i]),
                             addr_view(&config->addrs[i]));
    if (sa->role == IKE_INITIATOR)
        forbid_nats(sa, c);
}

void
ike_x_mobike_learn(IkeSa *sa, const IkeMsg *m)
{
    IkeNotify n;

    sa->mobike.on = sa->config->mobike && ike_msg_notify(m, IKE_N_MOBIKE_SUPPORTED, &n);
    if (sa->mobike.on)
        (void)ike_mobike_addrs_decode(m, &sa->mobike.peer_addrs);
}

/* ---- client ---- */

/* How the gateway has seen us under this IKE SA: the hash covers its SPIs. */
static bool
knows_mapping(const IkeSa *sa)
{
    return sa->mobike.seen_under == sa->ike->spi_r && sa->mobike.seen_under != 0;
}

Usec
ike_x_mobike_move_due(const IkeSa *sa)
{
    return sa->mobike.move_due ? sa->mobike.move_due : USEC_NEVER;
}

static IkeStatus
ask(IkeSa *sa, bool update, Usec now)
{
    g_auto(IkeDraft) d = { 0 };

    sa->mobike.updating = update;
    if (update)
        sa->mobike.updated = now;
    sa->mobike.asked_from = sa->path;
    ike_draft_begin(&d);
    if (update)
        ike_chain_notify(&d.chain, IKE_PROTO_NONE, IKE_N_UPDATE_SA_ADDRESSES, (Slice){ 0 });
    if (update)
        forbid_nats(sa, &d.chain);
    ike_path_write_natd(sa, sa->ike, &d.chain, &sa->path);
    return ike_sa_request(sa, IKE_EXCHANGE_INFORMATIONAL, &d, now);
}

IkeStatus
ike_x_mobike_move_ask(IkeSa *sa, Usec now)
{
    sa->mobike.move_due = 0;
    return ask(sa, true, now);
}

/* §3.8: a liveness check also asks through which mapping of a NAT we are seen; where nobody knows
 * with what to compare the answer, it says where we are. */
IkeStatus
ike_x_mobike_probe(IkeSa *sa, Usec now)
{
    return ask(sa, !knows_mapping(sa), now);
}

/* The hash of how the gateway has seen us; true when it is another one than before. */
static bool
mapping_changed(IkeSa *sa, const IkeMsg *m)
{
    IkeMobike *k = &sa->mobike;
    bool changed;
    IkeNotify n;

    if (!ike_msg_notify(m, IKE_N_NAT_DETECTION_DESTINATION_IP, &n) || n.data.len != IKE_NATD_LEN)
        return false;
    changed = knows_mapping(sa) && memcmp(k->seen_as, n.data.p, IKE_NATD_LEN) != 0;
    memcpy(k->seen_as, n.data.p, IKE_NATD_LEN);
    k->seen_under = sa->ike->spi_r;
    return changed;
}

/* §3.9: who can change one packet must not end it. */
static void
hear_of_nat(IkeSa *sa, Usec now)
{
    if (++sa->mobike.natted < NATTED_MAX) {
        sa->mobike.move_due = now;
        return;
    }
    ike_sa_blame(sa, IKE_REASON_NAT,
                 "a NAT changes this host's new address on the way to the gateway, and none is "
                 "allowed");
    sa->raised = IKE_ON_CLOSE;
}

IkeStatus
ike_x_mobike_heard(IkeSa *sa, const IkeMsg *m, Usec now)
{
    IkeMobike *k = &sa->mobike;
    bool changed;
    IkeNotify n;

    if (!m) { /* the IKE SA was replaced before the gateway could answer */
        k->move_due = k->updating ? now : k->move_due;
        return IKE_OK;
    }
    if (!ike_path_equal(&k->asked_from, &sa->path)) {
        /* §3.5: we have moved again meanwhile, and the answer is about where we were */
        k->move_due = now;
        return IKE_OK;
    }
    if (ike_msg_notify(m, IKE_N_UNACCEPTABLE_ADDRESSES, &n)) {
        ike_sa_blame(sa, IKE_REASON_PEER, "the gateway does not accept this host's new address");
        sa->raised = IKE_ON_CLOSE;
        return IKE_OK;
    }
    if (sa->config->no_nats && ike_msg_notify(m, IKE_N_UNEXPECTED_NAT_DETECTED, &n)) {
        hear_of_nat(sa, now);
        return IKE_OK;
    }
    k->natted = 0;
    changed = mapping_changed(sa, m);
    if (!k->updating && changed)
        k->move_due = now;
    if (k->updating)
        ike_path_arrived(sa);
    return IKE_OK;
}

/* A gateway that looks for us without having been told that we have moved has heard our packets
 * from elsewhere: whoever has sent them, it is told where we are. */
static void
notice_check(IkeSa *sa, Usec now)
{
    IkeMobike *k = &sa->mobike;
    bool expected = k->updated && now < usec_add(k->updated, EXPECT_S * USEC_PER_SEC);

    k->updated = 0;
    if (!expected && !k->move_due)
        k->move_due = now;
}

/* ---- gateway ---- */

Usec
ike_x_mobike_check_due(const IkeSa *sa)
{
    const IkeMobike *k = &sa->mobike;

    return usec_min(k->check_due ? k->check_due : USEC_NEVER,
                    k->stray_due ? k->stray_due : USEC_NEVER);
}

IkeStatus
ike_x_mobike_check_ask(IkeSa *sa, Usec now)
{
    IkeMobike *k = &sa->mobike;
    IkePath home = sa->path;
    g_auto(IkeDraft) d = { 0 };
    IkeStatus st;

    k->straying = !k->check_due || now < k->check_due;
    if (k->straying)
        sa->path = k->stray;
    else
        k->check_due = 0;
    k->stray_due = 0;
    k->asked_from = sa->path;
    k->asked_elsewhere = false;
    sa->env->random(sa->env->user, k->cookie2, sizeof(k->cookie2));
    ike_draft_begin(&d);
    ike_chain_notify(&d.chain, IKE_PROTO_NONE, IKE_N_COOKIE2,
                     (Slice){ k->cookie2, sizeof(k->cookie2) });
    st = ike_sa_request(sa, IKE_EXCHANGE_INFORMATIONAL, &d, now);
    sa->path = home;
    return st;
}

void
ike_x_mobike_stray(IkeSa *sa, const IkePath *from, Usec now)
{
    IkeMobike *k = &sa->mobike;

    if (k->stray_due || now < k->stray_rest)
        return;
    k->stray = *from;
    k->stray_due = now;
}

void
ike_x_mobike_asked(IkeSa *sa, const IkePath *path)
{
    if (!ike_path_equal(path, &sa->mobike.asked_from))
        sa->mobike.asked_elsewhere = true;
}

/* §3.7: sent to several addresses, it does not tell which of them has answered. */
static void
believe_cookie(IkeSa *sa, Usec now)
{
    IkeMobike *k = &sa->mobike;

    if (!k->asked_elsewhere) {
        ike_path_turn(sa, &k->asked_from, now);
        ike_path_carry(sa, &k->asked_from);
        if (k->check_due && ike_path_equal(&sa->esp_path, &sa->path))
            k->check_due = 0;
    } else if (k->straying) {
        k->stray_rest = usec_add(now, STRAY_REST_S * USEC_PER_SEC);
    } else {
        k->check_due = now;
    }
}

IkeStatus
ike_x_mobike_check_heard(IkeSa *sa, const IkeMsg *m, Usec now)
{
    IkeMobike *k = &sa->mobike;
    Slice cookie;

    if (!m) { /* the IKE SA was replaced before the client could answer */
        k->check_due = k->straying ? k->check_due : now;
        return IKE_OK;
    }
    if (!ike_mobike_cookie2(m, &cookie) ||
        !ct_equal(cookie, (Slice){ k->cookie2, sizeof(k->cookie2) })) {
        ike_sa_blame(sa, IKE_REASON_PROTOCOL,
                     "the client's answer lacks the cookie that was sent to its new address "
                     "(RFC 4555 §3.7)");
        sa->raised = IKE_ON_CLOSE;
        return IKE_OK;
    }
    believe_cookie(sa, now);
    return IKE_OK;
}

bool
ike_x_mobike_natted(const IkeMsg *m, const IkePath *path)
{
    Endpoint src, dst;
    IkeNotify n;

    if (!ike_msg_notify(m, IKE_N_NO_NATS_ALLOWED, &n))
        return false;
    return !ike_mobike_no_nats_decode(n.data, &src, &dst) || !endpoint_equal(&src, &path->remote) ||
           !endpoint_equal(&dst, &path->local);
}

static bool
is_acceptable(const Addr *a)
{
    return !addr_is_unspecified(a) && !addr_is_multicast(a);
}

/* The addresses are those of the IP header, as a NAT may have written them (§3.5). ESP follows only
 * when the client has shown that it hears us there: one that is authentic may lie, and nobody else
 * is to get what it asked for, not for a moment. That costs a round trip. */
static void
take_move(IkeSa *sa, const IkeMsg *m, IkeChain *answer, Usec now)
{
    const IkePath *to = &sa->at->came_over;

    if (!is_acceptable(&to->remote.addr)) {
        ike_chain_notify(answer, IKE_PROTO_NONE, IKE_N_UNACCEPTABLE_ADDRESSES, (Slice){ 0 });
        return;
    }
    ike_natd_check(m, &to->local, &to->remote, &sa->nat_here, &sa->nat_there);
    ike_path_turn(sa, to, now);
    sa->mobike.check_due = ike_path_equal(&sa->esp_path, to) ? 0 : now;
}

void
ike_x_mobike_on_request(IkeSa *sa, const IkeMsg *m, IkeChain *answer, Usec now)
{
    IkeNotify n;
    Slice cookie;

    if (!sa->mobike.on || sa->state != IKE_STATE_READY)
        return;
    if (ike_x_mobike_natted(m, &sa->at->came_over)) {
        ike_chain_notify(answer, IKE_PROTO_NONE, IKE_N_UNEXPECTED_NAT_DETECTED, (Slice){ 0 });
    } else {
        (void)ike_mobike_addrs_decode(m, &sa->mobike.peer_addrs);
        if (sa->role == IKE_RESPONDER && ike_msg_notify(m, IKE_N_UPDATE_SA_ADDRESSES, &n))
            take_move(sa, m, answer, now);
    }
    if (ike_msg_notify(m, IKE_N_NAT_DETECTION_SOURCE_IP, &n))
        ike_path_write_natd(sa, sa->at, answer, &sa->at->came_over);
    if (!ike_mobike_cookie2(m, &cookie))
        return;
    ike_chain_notify(answer, IKE_PROTO_NONE, IKE_N_COOKIE2, cookie);
    if (sa->role == IKE_INITIATOR)
        notice_check(sa, now);
}
