/* IKE_SA_INIT, both roles (RFC 7296 §1.2; orders of agent/docs/WIRE.md §1.3). */
#include "agent/ike/ike_cookie.h"
#include "agent/ike/ike_impair_private.h"
#include "agent/ike/ike_ke.h"
#include "agent/ike/ike_sa_private.h"
#include "agent/ike/ike_vendor.h"

enum { NONCE_MIN = 16, NONCE_MAX = 256 /* RFC 7296 §2.10 */ };

/* "Hash Algorithms" we verify (RFC 7427 §4). SHA-1 is left out: who knows this notify has better.
 */
static const uint16_t our_hashes[] = { SIG_SHA2_256, SIG_SHA2_384, SIG_SHA2_512, SIG_IDENTITY };

/* At least half the key of the PRF (§2.10), of the longest one offered while it is open. */
static size_t
nonce_len(const IkeSa *sa)
{
    const IkeOffer *o = &sa->config->ike;

    if (sa->role == IKE_RESPONDER)
        return prf_len(sa->ike->suite.prf) > IKE_NONCE_SMALL ? IKE_NONCE_LARGE : IKE_NONCE_SMALL;
    for (size_t i = 0; i < o->n && !sa->config->classic_only; i++)
        for (size_t j = 0; j < o->p[i].n; j++)
            if (o->p[i].t[j].type == TRANSFORM_PRF && prf_len(o->p[i].t[j].id) > IKE_NONCE_SMALL)
                return IKE_NONCE_LARGE;
    return IKE_NONCE_SMALL;
}

static bool
offers_group(const IkeOffer *o, uint16_t group)
{
    for (size_t i = 0; i < o->n; i++)
        for (size_t j = 0; j < o->p[i].n; j++)
            if (o->p[i].t[j].type == TRANSFORM_KE && o->p[i].t[j].id == group)
                return true;
    return false;
}

static uint16_t
first_group(const IkeConfig *config)
{
    const IkeProposal *p = &config->ike.p[0];

    if (config->ke_group)
        return config->ke_group;
    for (size_t j = 0; config->ike.n > 0 && j < p->n; j++)
        if (p->t[j].type == TRANSFORM_KE)
            return p->t[j].id;
    return KE_NONE;
}

static bool
knows_skf(const IkeSa *sa)
{
    return sa->config->fragmentation && !sa->config->classic_only;
}

static void
write_hashes(IkeChain *c)
{
    uint8_t buf[2 * G_N_ELEMENTS(our_hashes)];
    Writer w = { .base = buf, .cap = sizeof(buf) };

    for (size_t i = 0; i < G_N_ELEMENTS(our_hashes); i++)
        writer_u16(&w, our_hashes[i]);
    ike_chain_notify(c, IKE_PROTO_IKE, IKE_N_SIGNATURE_HASH_ALGORITHMS, writer_view(&w));
}

/* A gateway that does not know yet who comes answers AnyConnect with AnyConnect. */
static bool
speaks_anyconnect(const IkeSa *sa)
{
    if (sa->role == IKE_RESPONDER && sa->config->ask_plan)
        return sa->peer_anyconnect;
    return ike_plan_anyconnect(sa->plan);
}

/* Responder: how the client may prove itself, as far as that is known before its name is (RFC 7296
 * §1.2, RFC 4739 §2.2). */
static void
write_wishes(const IkeSa *sa, IkeChain *c)
{
    if ((sa->config->ask_plan && !sa->config->router) || sa->plan->theirs == IKE_WAY_CERT_EAP)
        ike_chain_notify(c, IKE_PROTO_NONE, IKE_N_MULTIPLE_AUTH_SUPPORTED, (Slice){ 0 });
    ike_identity_write_certreq(sa, c);
}

/* Everything behind SA, and the lengths. @hashes: announce RFC 7427. @fragments: and RFC 7383. */
static GBytes *
finish(IkeSa *sa, Writer *w, IkeChain *c, const IkePath *path, Slice nonce, bool hashes,
       bool fragments)
{
    ike_chain_open(c, IKE_PAYLOAD_KE);
    ike_ke_encode(&(IkeKe){ .group = kex_group(sa->kex), .data = kex_public(sa->kex) }, w);
    ike_chain_close(c);
    ike_chain_add(c, IKE_PAYLOAD_NONCE, nonce);
    if (speaks_anyconnect(sa)) {
        ike_chain_add(c, IKE_PAYLOAD_VENDOR, IKE_VID_DELETE_REASON);
        ike_chain_add(c, IKE_PAYLOAD_VENDOR, IKE_VID_COPYRIGHT);
        ike_chain_add(c, IKE_PAYLOAD_VENDOR, IKE_VID_ANYCONNECT_EAP);
    }
    if (sa->config->router) {
        ike_chain_add(c, IKE_PAYLOAD_VENDOR, IKE_VID_DELETE_REASON);
        ike_chain_add(c, IKE_PAYLOAD_VENDOR, IKE_VID_FLEXVPN);
    }
    ike_path_write_natd(sa, sa->ike, c, path);
    if (hashes && !sa->config->router)
        write_hashes(c);
    if (fragments)
        ike_chain_notify(c, IKE_PROTO_IKE, IKE_N_IKEV2_FRAGMENTATION_SUPPORTED, (Slice){ 0 });
    if (sa->config->fragmentation)
        ike_chain_add(c, IKE_PAYLOAD_VENDOR, IKE_VID_FRAGMENTATION);
    if (sa->role == IKE_RESPONDER ? sa->peer_ppk : ike_x_ppk_wanted(sa))
        ike_chain_notify(c, IKE_PROTO_NONE, IKE_N_USE_PPK, (Slice){ 0 });
    if (sa->role == IKE_RESPONDER)
        write_wishes(sa, c);
    if (sa->role == IKE_INITIATOR && sa->config->redirect && sa->config->redirected_from)
        ike_x_redirect_write(c, IKE_N_REDIRECTED_FROM, sa->config->redirected_from, (Slice){ 0 });
    else if (sa->role == IKE_INITIATOR && sa->config->redirect)
        ike_chain_notify(c, IKE_PROTO_NONE, IKE_N_REDIRECT_SUPPORTED, (Slice){ 0 });
    ike_header_finish(w, 0);
    g_assert(!w->overflow); /* our own offer and key: a tenth of the buffer */
    return ike_impair_clear(sa, g_bytes_new(w->base, w->len));
}

static GBytes *
write_request(IkeSa *sa)
{
    uint8_t buf[IKE_MESSAGE_MAX];
    Writer w = { .base = buf, .cap = sizeof(buf) };
    IkeChain c;

    ike_header_encode(&(IkeHeader){ .spi_i = sa->ike->spi_i,
                                    .version = IKE_VERSION,
                                    .exchange = IKE_EXCHANGE_IKE_SA_INIT,
                                    .flags = IKE_FLAG_INITIATOR },
                      &w);
    c = ike_chain_begin(&w, 0);
    if (sa->cookie) /* the first payload of all, §2.6 */
        ike_chain_notify(&c, IKE_PROTO_NONE, IKE_N_COOKIE, ike_sa_bytes(sa->cookie));
    ike_chain_open(&c, IKE_PAYLOAD_SA);
    ike_offer_encode(&sa->config->ike, (Slice){ 0 }, &w);
    ike_chain_close(&c);
    return finish(sa, &w, &c, &sa->path, ike_sa_bytes(sa->ni), !sa->config->classic_only,
                  knows_skf(sa));
}

static GBytes *
write_response(IkeSa *sa, uint8_t number, const IkePath *path)
{
    uint8_t buf[IKE_MESSAGE_MAX];
    Writer w = { .base = buf, .cap = sizeof(buf) };
    IkeChain c;

    ike_header_encode(&(IkeHeader){ .spi_i = sa->ike->spi_i,
                                    .spi_r = sa->ike->spi_r,
                                    .version = IKE_VERSION,
                                    .exchange = IKE_EXCHANGE_IKE_SA_INIT,
                                    .flags = IKE_FLAG_RESPONSE },
                      &w);
    c = ike_chain_begin(&w, 0);
    ike_chain_open(&c, IKE_PAYLOAD_SA);
    ike_choose_write(IKE_PROTO_IKE, number, (Slice){ 0 }, &sa->ike->suite, &w);
    ike_chain_close(&c);
    return finish(sa, &w, &c, path, ike_sa_bytes(sa->nr), sa->peer_hashes != 0, sa->peer_skf);
}

/* What both roles learn from the other's Vendor IDs and notifies; none is ever demanded. */
static void
learn(IkeSa *sa, const IkeMsg *m, const IkePath *path)
{
    IkeNotify n;
    Reader in;
    uint16_t hash;

    sa->peer_redirect = ike_msg_notify(m, IKE_N_REDIRECT_SUPPORTED, &n) ||
                        ike_msg_notify(m, IKE_N_REDIRECTED_FROM, &n);
    sa->peer_delete_reason = ike_msg_has_vendor(m, IKE_VID_DELETE_REASON, false);
    sa->peer_anyconnect = ike_msg_has_vendor(m, IKE_VID_ANYCONNECT_EAP, false);
    /* an IKEv1 habit: a capability word may follow (agent/docs/WIRE.md §1.2) */
    sa->peer_fragmentation = ike_msg_has_vendor(m, IKE_VID_FRAGMENTATION, true);
    sa->peer_skf = knows_skf(sa) &&
                   ike_msg_notify(m, IKE_N_IKEV2_FRAGMENTATION_SUPPORTED, &n); /* RFC 7383 §2.3 */
    sa->peer_ppk = ike_x_ppk_wanted(sa) && ike_msg_notify(m, IKE_N_USE_PPK, &n);
    sa->peer_multiple = ike_msg_notify(m, IKE_N_MULTIPLE_AUTH_SUPPORTED, &n);
    ike_natd_check(m, &path->local, &path->remote, &sa->nat_here, &sa->nat_there);
    sa->peer_hashes = 0;
    if (sa->config->classic_only || !ike_msg_notify(m, IKE_N_SIGNATURE_HASH_ALGORITHMS, &n))
        return;
    in = reader_init(n.data);
    while (reader_u16(&in, &hash))
        if (hash > 0 && hash < 32)
            sa->peer_hashes |= UINT32_C(1) << hash;
}

/* KE and nonce of the peer; false when either is no good. */
static bool
read_ke_and_nonce(const IkeMsg *m, IkeKe *ke, Slice *nonce)
{
    Reader in = reader_init(ike_msg_find(m, IKE_PAYLOAD_KE, NULL)->body);

    *nonce = ike_msg_find(m, IKE_PAYLOAD_NONCE, NULL)->body;
    return ike_ke_decode(&in, ke) == IKE_OK && nonce->len >= NONCE_MIN && nonce->len <= NONCE_MAX;
}

/* SKEYSEED and the two directions of SK; false when OpenSSL has not got the suite. */
static bool
derive(IkeSa *sa, Slice g_ir)
{
    if (!ike_keys_derive(&sa->ike->suite, g_ir, ike_sa_bytes(sa->ni), ike_sa_bytes(sa->nr),
                         sa->ike->spi_i, sa->ike->spi_r, &sa->ike->keys) ||
        !ike_epoch_arm(sa->ike))
        return false;
    ike_sa_show_keys(sa, sa->ike);
    return true;
}

/* Initiator: HDR, SAi1, KEi, Ni (§1.2). */
IkeStatus
ike_x_init_start(IkeSa *sa, const IkeMsg *m, Usec now)
{
    const char *why = ike_plan_unsound(sa->plan, sa->role);

    (void)m;
    if (why)
        return ike_sa_fail(sa, IKE_N_AUTHENTICATION_FAILED, IKE_REASON_LOCAL, "no login: %s", why);
    sa->kex = kex_new(first_group(sa->config));
    if (!sa->kex)
        return ike_sa_fail(sa, IKE_N_NO_PROPOSAL_CHOSEN, IKE_REASON_NO_PROPOSAL,
                           "the policy offers no key exchange group that is implemented");
    sa->ni = ike_sa_random(sa, nonce_len(sa));
    sa->env->random(sa->env->user, sa->natd_lie, sizeof(sa->natd_lie));
    sa->init_i = write_request(sa);
    ike_sa_push_clear(sa, &sa->path, sa->init_i, now);
    ike_window_send(&sa->ike->window, IKE_EXCHANGE_IKE_SA_INIT, g_bytes_ref(sa->init_i), now);
    return IKE_OK;
}

/* An answer that nobody signed says no: it is kept for the end, and a better one may still come for
 * a while (§2.21.1). The first of them counts. */
static void
remember(IkeSa *sa, IkeReason reason, char *why)
{
    if (sa->init_why) {
        g_free(why);
        return;
    }
    sa->init_reason = reason;
    sa->init_why = why;
    ike_window_hurry(&sa->ike->window, IKE_ERROR_PATIENCE);
}

/* Initiator: HDR, SAr1, KEr, Nr. It may be forged, so whatever is wrong with it is ignored. */
IkeStatus
ike_x_init_on_response(IkeSa *sa, const IkeMsg *m, Usec now)
{
    g_auto(Secret) g_ir = { 0 };
    Slice sa_body = ike_msg_find(m, IKE_PAYLOAD_SA, NULL)->body, nonce, spi;
    Suite suite;
    IkeKe ke;

    if (m->h.spi_r == 0)
        return IKE_DROP;
    if (ike_choose_check(&sa->config->ike, sa_body, &suite, &spi) != IKE_OK) {
        remember(sa, IKE_REASON_NO_PROPOSAL, ike_choose_explain(IKE_PROTO_IKE, sa_body));
        return IKE_DROP;
    }
    if (!read_ke_and_nonce(m, &ke, &nonce) || ke.group != suite.ke ||
        ke.group != kex_group(sa->kex) || !kex_finish(sa->kex, ke.data, &g_ir))
        return IKE_DROP;
    sa->ike->spi_r = m->h.spi_r;
    sa->ike->suite = suite;
    g_clear_pointer(&sa->nr, g_bytes_unref);
    sa->nr = g_bytes_new(nonce.p, nonce.len);
    if (!derive(sa, secret_view(&g_ir)))
        return IKE_DROP;
    sa->init_r = g_bytes_new(m->octets.p, m->octets.len);
    learn(sa, m, &sa->path);
    ike_window_answered(&sa->ike->window);
    g_clear_pointer(&sa->kex, kex_free);
    sa->path = sa->esp_path = sa->natt;
    return ike_x_auth_i_send_first(sa, now);
}

/* Initiator: the same IKE_SA_INIT in other words, under the same Message ID. The last one is what
 * AUTH covers (§2.15). */
static void
ask_again(IkeSa *sa, Usec now)
{
    g_bytes_unref(sa->init_i);
    sa->init_i = write_request(sa);
    ike_sa_push_clear(sa, &sa->path, sa->init_i, now);
    ike_window_replace(&sa->ike->window, g_bytes_ref(sa->init_i), now);
}

/* Initiator: INVALID_KE_PAYLOAD for a group we offer: the same request with that group (§1.2). */
static IkeStatus
try_group(IkeSa *sa, Slice data, Usec now)
{
    Reader in = reader_init(data);
    uint16_t group = 0;
    bool named = reader_u16(&in, &group);
    Kex *kex;

    if (named && group == kex_group(sa->kex) && sa->ke_retries > 0) {
        sa->init_again = true; /* as a rule the answer to the first try, doubled on the way */
        return IKE_DROP;
    }
    if (!named || group == kex_group(sa->kex) || !offers_group(&sa->config->ike, group) ||
        sa->ke_retries >= IKE_KE_RETRIES || !(kex = kex_new(group))) {
        remember(sa, IKE_REASON_NO_PROPOSAL,
                 g_strdup("the gateway insists on a key exchange group that the policy does not "
                          "offer"));
        return IKE_DROP;
    }
    sa->ke_retries++;
    kex_free(sa->kex);
    sa->kex = kex;
    ask_again(sa, now);
    return IKE_OK;
}

/* Initiator: COOKIE goes back as it came, in front of what was asked before (§2.6). */
static IkeStatus
return_cookie(IkeSa *sa, Slice data, Usec now)
{
    if (data.len < IKE_COOKIE_MIN || data.len > IKE_COOKIE_MAX)
        return IKE_DROP;
    if (sa->cookie && slice_equal(ike_sa_bytes(sa->cookie), data)) {
        sa->init_again = true;
        return IKE_DROP;
    }
    if (sa->cookie_retries >= IKE_COOKIE_RETRIES) {
        remember(sa, IKE_REASON_PROTOCOL,
                 g_strdup("the gateway takes none of the cookies that it asks for"));
        return IKE_DROP;
    }
    sa->cookie_retries++;
    g_clear_pointer(&sa->cookie, g_bytes_unref);
    sa->cookie = g_bytes_new(data.p, data.len);
    ask_again(sa, now);
    return IKE_OK;
}

/* Initiator: an answer without keys, so without proof of who sent it. Its SPI of the responder says
 * nothing (§2.6). */
IkeStatus
ike_x_init_on_error(IkeSa *sa, const IkeMsg *m, Usec now)
{
    IkeNotify n;

    if (ike_msg_notify(m, IKE_N_COOKIE, &n))
        return return_cookie(sa, n.data, now);
    if (ike_x_redirect_told(sa, m)) {
        sa->raised = IKE_ON_MOVED;
        return IKE_OK;
    }
    if (!ike_msg_error(m, &n))
        return IKE_DROP;
    if (n.type == IKE_N_INVALID_KE_PAYLOAD)
        return try_group(sa, n.data, now);
    if (n.type == IKE_N_NO_PROPOSAL_CHOSEN)
        remember(sa, IKE_REASON_NO_PROPOSAL,
                 g_strdup("the gateway accepts none of the suites that the policy offers"));
    else
        remember(sa, IKE_REASON_PROTOCOL,
                 g_strdup_printf("the gateway answers IKE_SA_INIT with %s (%u)",
                                 ike_notify_name(n.type), n.type));
    return IKE_DROP;
}

IkeStatus
ike_x_init_give_up(IkeSa *sa, const IkeMsg *m, Usec now)
{
    (void)m;
    (void)now;
    if (sa->init_why)
        ike_sa_blame(sa, sa->init_reason, "%s", sa->init_why);
    else if (sa->init_again)
        ike_sa_blame(sa, IKE_REASON_PROTOCOL,
                     "the gateway asks for the same cookie or group again and again");
    else
        ike_sa_blame(sa, IKE_REASON_TIMEOUT, "no answer to IKE_SA_INIT");
    return IKE_OK;
}

/* Responder: the suite, or why there is none. The group that the client has guessed is taken if the
 * policy has it at all: that saves a round trip (§2.7). */
static IkeStatus
choose(IkeSa *sa, const IkeMsg *m, const IkeKe *ke, uint8_t *number)
{
    Slice body = ike_msg_find(m, IKE_PAYLOAD_SA, NULL)->body, spi;
    IkeOffer ours = sa->config->ike;
    const SuiteAlg *alg;

    (void)ike_offer_prefer_ke(&ours, ke->group);
    if (ike_choose(&ours, body, &sa->ike->suite, number, &spi) != IKE_OK) {
        g_autofree char *why = ike_choose_explain(IKE_PROTO_IKE, body);

        return ike_sa_fail(sa, IKE_N_NO_PROPOSAL_CHOSEN, IKE_REASON_NO_PROPOSAL, "%s", why);
    }
    if (ke->group == sa->ike->suite.ke)
        return IKE_OK;
    sa->hint[0] = (uint8_t)(sa->ike->suite.ke >> 8);
    sa->hint[1] = (uint8_t)sa->ike->suite.ke;
    sa->hint_len = 2;
    alg = suite_find(TRANSFORM_KE, sa->ike->suite.ke);
    return ike_sa_fail(sa, IKE_N_INVALID_KE_PAYLOAD, IKE_REASON_NONE,
                       "asked to come again with group %s (RFC 7296 §1.2)", alg->word);
}

/* Responder: HDR, SAi1, KEi, Ni. What is malformed is dropped: nobody has proved anything yet. */
IkeStatus
ike_x_init_on_request(IkeSa *sa, const IkeMsg *m, Usec now)
{
    g_auto(Secret) g_ir = { 0 };
    uint8_t number;
    IkeStatus st;
    Slice nonce;
    IkeKe ke;

    if (!read_ke_and_nonce(m, &ke, &nonce))
        return IKE_DROP;
    sa->ike->spi_i = m->h.spi_i;
    sa->path = sa->esp_path = sa->ike->came_over;
    st = choose(sa, m, &ke, &number);
    if (st != IKE_OK)
        return st;
    sa->kex = kex_new(sa->ike->suite.ke);
    if (!sa->kex || !kex_finish(sa->kex, ke.data, &g_ir))
        return IKE_DROP; /* RFC 6989 §2: a public value of bad faith */
    sa->ni = g_bytes_new(nonce.p, nonce.len);
    if (ike_impair_refuses(sa))
        return ike_sa_fail(sa, IKE_N_NO_PROPOSAL_CHOSEN, IKE_REASON_NONE, "a lie");
    sa->nr = ike_sa_random(sa, nonce_len(sa));
    learn(sa, m, &sa->path);
    if (!derive(sa, secret_view(&g_ir)))
        return IKE_DROP;
    sa->init_i = g_bytes_new(m->octets.p, m->octets.len);
    sa->init_r = write_response(sa, number, &sa->path);
    g_clear_pointer(&sa->kex, kex_free);
    ike_sa_push_clear(sa, &sa->path, sa->init_r, now);
    ike_window_answer(&sa->ike->window, g_bytes_ref(sa->init_r));
    return IKE_OK;
}

/* Responder: the reason in the clear, and no state (§1.2, §2.21.1). An initiator just ends. */
IkeStatus
ike_x_init_refuse(IkeSa *sa, const IkeMsg *m, Usec now)
{
    uint8_t buf[IKE_HEADER_LEN + 16];
    Writer w = { .base = buf, .cap = sizeof(buf) };
    g_autoptr(GBytes) octets = NULL;
    IkeChain c;

    (void)m;
    if (sa->role == IKE_INITIATOR)
        return IKE_OK;
    ike_header_encode(&(IkeHeader){ .spi_i = sa->ike->spi_i,
                                    .version = IKE_VERSION,
                                    .exchange = IKE_EXCHANGE_IKE_SA_INIT,
                                    .flags = IKE_FLAG_RESPONSE },
                      &w);
    c = ike_chain_begin(&w, 0);
    ike_chain_notify(&c, IKE_PROTO_NONE, sa->error, (Slice){ sa->hint, sa->hint_len });
    ike_header_finish(&w, 0);
    octets = ike_impair_clear(sa, g_bytes_new(buf, w.len));
    ike_sa_push_clear(sa, &sa->path, octets, now);
    return IKE_OK;
}
