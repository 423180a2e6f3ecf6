/* IKE_AUTH, the responder (RFC 7296 §1.2, §2.16; orders of agent/docs/WIRE.md §2.4, §7.5). */
#include "agent/base/log.h"
#include "agent/ike/ike_sa_private.h"
#include "agent/ike/ike_vendor.h"

static Slice
body_of(const IkeMsg *m, uint8_t type)
{
    return ike_msg_find(m, type, NULL)->body;
}

static GBytes *
keep(const IkeMsg *m, uint8_t type)
{
    const IkePayload *p = ike_msg_find(m, type, NULL);

    return p ? g_bytes_new(p->body.p, p->body.len) : NULL;
}

/* Who it says it is, whom it asks for, and its proof: checked when the owner has said how. */
static IkeStatus
read_identity(IkeSa *sa, const IkeMsg *m)
{
    Reader in = reader_init(body_of(m, IKE_PAYLOAD_IDi));
    IkeNotify n;
    IkeId id;

    if (ike_id_decode(&in, &id) != IKE_OK)
        return ike_sa_fail(sa, IKE_N_AUTHENTICATION_FAILED, IKE_REASON_LOGIN,
                           "the client's identity is malformed");
    sa->idi = keep(m, IKE_PAYLOAD_IDi);
    sa->idr_asked = keep(m, IKE_PAYLOAD_IDr);
    sa->auth_kept = keep(m, IKE_PAYLOAD_AUTH);
    sa->chain = ike_identity_read_chain(m);
    sa->another = ike_msg_notify(m, IKE_N_ANOTHER_AUTH_FOLLOWS, &n);
    ike_x_ppk_keep(sa, m);
    return IKE_OK;
}

/* SAi2, TSi, TSr and the CFG_REQUEST are kept for the last message. A client whose ESP offer we
 * cannot use hears so before it types a password. */
static IkeStatus
read_child(IkeSa *sa, const IkeMsg *m)
{
    Reader in_i = reader_init(body_of(m, IKE_PAYLOAD_TSi));
    Reader in_r = reader_init(body_of(m, IKE_PAYLOAD_TSr));
    const IkePayload *cp = ike_msg_find(m, IKE_PAYLOAD_CP, NULL);
    Slice sa_body = body_of(m, IKE_PAYLOAD_SA), spi;
    IkeOffer ours = sa->config->esp;
    IkeTs tsi, tsr;
    Reader in;

    (void)ike_offer_drop_ke(&ours, false);
    if (ike_choose(&ours, sa_body, &sa->esp, &sa->esp_number, &spi) != IKE_OK) {
        g_autofree char *why = ike_choose_explain(IKE_PROTO_ESP, sa_body);

        return ike_sa_fail(sa, IKE_N_NO_PROPOSAL_CHOSEN, IKE_REASON_NO_PROPOSAL, "%s", why);
    }
    in = reader_init(spi);
    if (spi.len != IKE_CHILD_SPI_LEN || !reader_u32(&in, &sa->child.spi_out) ||
        sa->child.spi_out < IKE_CHILD_SPI_MIN)
        return ike_sa_fail(sa, IKE_N_INVALID_SYNTAX, IKE_REASON_PROTOCOL,
                           "the client's ESP SPI is reserved (RFC 4303 §2.1)");
    if (ike_ts_decode(&in_i, &tsi) != IKE_OK || ike_ts_decode(&in_r, &tsr) != IKE_OK)
        return ike_sa_fail(sa, IKE_N_INVALID_SYNTAX, IKE_REASON_PROTOCOL,
                           "the client's traffic selectors are malformed");
    ike_child_keep(sa, &tsr, &tsi);
    if (cp) {
        IkeCp request;

        in = reader_init(cp->body);
        sa->cfg_asked = ike_cp_decode(&in, &request) == IKE_OK && request.type == IKE_CFG_REQUEST;
        if (sa->cfg_asked)
            sa->cfg_request = g_bytes_new(request.attrs.p, request.attrs.len);
    }
    return IKE_OK;
}

/* What a step of the server's state machine means to ours. */
static IkeStatus
follow(IkeSa *sa, EapVerdict v)
{
    switch (v) {
    case EAP_SEND:
        sa->person |= eap_server_person(sa->server);
        sa->raised = IKE_ON_EAP_SEND;
        return IKE_OK;
    case EAP_ASK:
        sa->raised = IKE_ON_EAP_ASK;
        return IKE_OK;
    case EAP_SUCCEEDED:
        sa->raised = IKE_ON_EAP_SUCCESS;
        return IKE_OK;
    case EAP_FAILED:
        sa->raised = IKE_ON_EAP_FAILURE;
        return IKE_OK;
    case EAP_DROP:
        break;
    }
    /* a request must be answered, and this one cannot be sent better */
    return ike_sa_fail(sa, IKE_N_AUTHENTICATION_FAILED, IKE_REASON_PROTOCOL,
                       "the client's EAP packet is malformed or out of turn (RFC 3748 §4)");
}

static uint8_t
auth_method(const IkeSa *sa)
{
    Slice body = ike_sa_bytes(sa->auth_kept);

    return body.len ? body.p[0] : 0;
}

/* HDR, SK { VID, IDi, [CERT..,] CERTREQ, [IDr,] [AUTH,] CP, SA, TSi, TSr, N.. }. */
IkeStatus
ike_x_auth_r_on_first(IkeSa *sa, const IkeMsg *m, Usec now)
{
    IkeStatus st;

    (void)now;
    if (sa->config->mobike && ike_x_mobike_natted(m, &sa->at->came_over))
        return ike_sa_fail(sa, IKE_N_UNEXPECTED_NAT_DETECTED, IKE_REASON_NAT,
                           "a NAT stands before the client, which allows none (RFC 4555 §3.9)");
    st = read_identity(sa, m);
    if (st == IKE_OK)
        st = read_child(sa, m);
    if (st != IKE_OK)
        return st;
    ike_x_mobike_learn(sa, m);
    if (sa->config->ask_plan)
        ike_sa_tell(sa, &(IkeEvent){ .kind = IKE_EV_PEER,
                                     .idi = ike_sa_id(sa->idi),
                                     .idr = ike_sa_id(sa->idr_asked),
                                     .auth_method = auth_method(sa) });
    else
        sa->raised = sa->plan->theirs == IKE_WAY_EAP ? IKE_ON_EAP_PEER : IKE_ON_PROOF_PEER;
    return IKE_OK;
}

static IkeStatus
check_plan(IkeSa *sa)
{
    const char *why = ike_plan_unsound(sa->plan, sa->role);

    return why ? ike_sa_fail(sa, IKE_N_AUTHENTICATION_FAILED, IKE_REASON_LOGIN,
                             "the client cannot be let in: %s", why)
               : IKE_OK;
}

static IkeStatus
begin_eap(IkeSa *sa)
{
    EapSetup setup;

    sa->person = false;
    if (!ike_proof_eap_setup(sa, &setup))
        return ike_sa_fail(sa, IKE_N_AUTHENTICATION_FAILED, IKE_REASON_PROTOCOL,
                           "EAP cannot begin: the client's AUTH octets cannot be made");
    sa->server = eap_server_new(sa->plan->eap, &setup);
    return follow(sa, eap_server_start(sa->server));
}

/* The owner says EAP; the client says so by leaving out AUTH. An AnyConnect names itself as
 * agent/docs/WIRE.md §2.2 has it. */
IkeStatus
ike_x_auth_r_begin(IkeSa *sa, const IkeMsg *m, Usec now)
{
    IkeId id = ike_sa_id(sa->idi);
    IkeStatus st = check_plan(sa);

    (void)m;
    (void)now;
    if (st != IKE_OK)
        return st;
    if (sa->auth_kept)
        return ike_sa_fail(sa, IKE_N_AUTHENTICATION_FAILED, IKE_REASON_LOGIN,
                           "the client wants to log in without EAP");
    if (ike_plan_anyconnect(sa->plan) && id.type != IKE_ID_GROUP && id.type != IKE_ID_KEY_ID)
        return ike_sa_fail(sa, IKE_N_AUTHENTICATION_FAILED, IKE_REASON_LOGIN,
                           "the client's identity is no group name and no key id");
    return begin_eap(sa);
}

/* The owner says certificate or pre-shared key. */
IkeStatus
ike_x_auth_r_check(IkeSa *sa, const IkeMsg *m, Usec now)
{
    IkeWay way = sa->plan->theirs;
    IkeStatus st = check_plan(sa);
    const char *why;

    (void)m;
    (void)now;
    if (st != IKE_OK)
        return st;
    if (!sa->auth_kept)
        return ike_sa_fail(sa, IKE_N_AUTHENTICATION_FAILED, IKE_REASON_LOGIN,
                           "the client wants to log in with EAP");
    if (sa->another != (way == IKE_WAY_CERT_EAP))
        return ike_sa_fail(sa, IKE_N_AUTHENTICATION_FAILED, IKE_REASON_LOGIN,
                           sa->another ? "the client wants a second login, which is not asked for"
                                       : "the client wants no second login, which is asked for");
    if (ike_plan_has_cert(way) && !sa->chain)
        return ike_sa_fail(sa, IKE_N_AUTHENTICATION_FAILED, IKE_REASON_LOGIN,
                           "the client's certificate is missing or cannot be read");
    st = ike_x_ppk_accept(sa);
    if (st != IKE_OK)
        return st;
    if (!ike_proof_check(sa, way, ike_sa_bytes(sa->auth_kept), &why))
        return ike_sa_fail(sa, IKE_N_AUTHENTICATION_FAILED, IKE_REASON_LOGIN,
                           "the client's AUTH does not verify: %s%s", why, ike_x_ppk_doubt(sa));
    if (ike_plan_has_cert(way))
        ike_sa_tell(sa, &(IkeEvent){ .kind = IKE_EV_CERTIFICATE,
                                     .chain = sa->chain,
                                     .idi = ike_sa_id(sa->idi) });
    else
        sa->raised = IKE_ON_TRUSTED;
    return IKE_OK;
}

/* Whom another gateway is to serve: told with our own proof, before anything is granted. */
static bool
sends_elsewhere(const IkeSa *sa)
{
    return sa->config->redirect_auth && sa->peer_redirect;
}

static void
ask_config(IkeSa *sa)
{
    if (sends_elsewhere(sa)) {
        sa->raised = IKE_ON_REDIRECT;
        return;
    }
    ike_sa_tell(sa, &(IkeEvent){ .kind = IKE_EV_CONFIG,
                                 .cp = { .type = sa->cfg_asked ? IKE_CFG_REQUEST : 0,
                                         .attrs = ike_sa_bytes(sa->cfg_request) } });
}

IkeStatus
ike_x_auth_r_trusted(IkeSa *sa, const IkeMsg *m, Usec now)
{
    (void)m;
    (void)now;
    ask_config(sa);
    return IKE_OK;
}

IkeStatus
ike_x_auth_r_distrusted(IkeSa *sa, const IkeMsg *m, Usec now)
{
    ike_sa_blame(sa, IKE_REASON_CERT_REFUSED, "the client's certificate was refused");
    return ike_x_auth_r_break(sa, m, now);
}

/* IDr, [CERT..,] AUTH. */
static IkeStatus
write_identity(IkeSa *sa, IkeChain *c)
{
    IkeStatus st;

    ike_identity_write(sa, sa->plan->ours, c);
    sa->identified = true;
    st = ike_proof_write(sa, sa->plan->ours, c);
    ike_x_ppk_confirm(sa, c);
    return st;
}

/* HDR, SK { IDr, CERT.., AUTH }. */
IkeStatus
ike_x_auth_r_half_trusted(IkeSa *sa, const IkeMsg *m, Usec now)
{
    g_auto(IkeDraft) d = { 0 };
    IkeStatus st;

    (void)m;
    ike_draft_begin(&d);
    st = write_identity(sa, &d.chain);
    return st == IKE_OK ? ike_sa_respond(sa, &d, now) : st;
}

/* HDR, SK { IDi }: who logs in with EAP may have another name than the certificate. */
IkeStatus
ike_x_auth_r_on_again(IkeSa *sa, const IkeMsg *m, Usec now)
{
    (void)now;
    g_bytes_unref(sa->idi);
    sa->idi = keep(m, IKE_PAYLOAD_IDi);
    return begin_eap(sa);
}

static void
write_granite(IkeSa *sa, IkeChain *c)
{
    uint8_t tail[8], granite[IKE_VID_GRANITE_LEN];

    sa->env->random(sa->env->user, tail, sizeof(tail));
    ike_vendor_granite(sa->ike->spi_r, false, tail, granite);
    ike_chain_add(c, IKE_PAYLOAD_VENDOR, (Slice){ granite, sizeof(granite) });
}

/* RFC 5685 §6; the person there has to look at our certificate before Delete comes. */
static IkeStatus
redirect(IkeSa *sa, IkeDraft *d, Usec now)
{
    sa->person = true;
    ike_x_redirect_write(&d->chain, IKE_N_REDIRECT, sa->config->redirect_auth, (Slice){ 0 });
    return ike_sa_respond(sa, d, now);
}

/* HDR, SK { EAP }; the first of them HDR, SK { VID, IDr, CERT.., AUTH, EAP }. */
IkeStatus
ike_x_auth_r_send_eap(IkeSa *sa, const IkeMsg *m, Usec now)
{
    g_auto(IkeDraft) d = { 0 };

    (void)m;
    ike_draft_begin(&d);
    if (!sa->identified) {
        IkeStatus st;

        if (ike_plan_anyconnect(sa->plan))
            write_granite(sa, &d.chain);
        st = write_identity(sa, &d.chain);
        if (st != IKE_OK)
            return st;
        if (sends_elsewhere(sa)) {
            sa->story = "client sent to another gateway (RFC 5685 §6)";
            return redirect(sa, &d, now);
        }
    }
    ike_chain_add(&d.chain, IKE_PAYLOAD_EAP, eap_server_out(sa->server));
    return ike_sa_respond(sa, &d, now);
}

IkeStatus
ike_x_auth_r_on_eap(IkeSa *sa, const IkeMsg *m, Usec now)
{
    (void)now;
    sa->person = false;
    return follow(sa, eap_server_recv(sa->server, body_of(m, IKE_PAYLOAD_EAP)));
}

IkeStatus
ike_x_auth_r_ask(IkeSa *sa, const IkeMsg *m, Usec now)
{
    const EapQuestion *q = eap_server_question(sa->server);

    (void)m;
    (void)now;
    if (q->doc && q->doc->version && !sa->client_version)
        sa->client_version =
            log_escape(q->doc->version, strlen(q->doc->version), CLIENT_VERSION_MAX);
    ike_sa_tell(sa, &(IkeEvent){ .kind = IKE_EV_QUESTION, .question = q });
    return IKE_OK;
}

IkeStatus
ike_x_auth_r_answer(IkeSa *sa, const IkeMsg *m, Usec now)
{
    (void)m;
    (void)now;
    sa->person = sa->answer->kind == EAP_ANSWER_DOC; /* a form or a banner: somebody reads it */
    if (sa->answer->kind == EAP_ANSWER_DECLINE && sa->answer->text)
        ike_sa_blame(sa, IKE_REASON_LOGIN, "%s", sa->answer->text);
    return follow(sa, eap_server_answer(sa->server, sa->answer));
}

/* HDR, SK { EAP(Failure), N(AUTHENTICATION_FAILED) } (agent/docs/WIRE.md §4.3). */
IkeStatus
ike_x_auth_r_send_failure(IkeSa *sa, const IkeMsg *m, Usec now)
{
    g_auto(IkeDraft) d = { 0 };

    (void)m;
    ike_sa_blame(sa, IKE_REASON_LOGIN, "%s", eap_server_why(sa->server));
    ike_draft_begin(&d);
    ike_chain_add(&d.chain, IKE_PAYLOAD_EAP, eap_server_out(sa->server));
    ike_chain_notify(&d.chain, IKE_PROTO_NONE, IKE_N_AUTHENTICATION_FAILED, (Slice){ 0 });
    return ike_sa_respond(sa, &d, now);
}

/* HDR, SK { AUTH }. */
IkeStatus
ike_x_auth_r_on_final(IkeSa *sa, const IkeMsg *m, Usec now)
{
    const char *why;
    IkeStatus st;

    (void)now;
    g_bytes_unref(sa->auth_kept);
    sa->auth_kept = keep(m, IKE_PAYLOAD_AUTH);
    ike_x_ppk_keep(sa, m);
    st = ike_x_ppk_accept(sa);
    if (st != IKE_OK)
        return st;
    if (!ike_proof_check(sa, IKE_WAY_EAP, ike_sa_bytes(sa->auth_kept), &why))
        return ike_sa_fail(sa, IKE_N_AUTHENTICATION_FAILED, IKE_REASON_LOGIN,
                           "the client's final AUTH does not verify: %s%s", why,
                           ike_x_ppk_doubt(sa));
    ask_config(sa);
    return IKE_OK;
}

/* The gateway's AUTH of the last message: after EAP its second, else all of its proof. */
static IkeStatus
write_last_proof(IkeSa *sa, IkeChain *c)
{
    IkeStatus st;

    if (sa->config->router)
        write_granite(sa, c);
    if (!ike_plan_has_eap(sa->plan->theirs))
        return write_identity(sa, c);
    st = ike_proof_write(sa, IKE_WAY_EAP, c);
    ike_x_ppk_confirm(sa, c);
    return st;
}

static void
write_child(IkeSa *sa, IkeChain *c)
{
    uint8_t spi[IKE_CHILD_SPI_LEN];
    Writer w = { .base = spi, .cap = sizeof(spi) };

    writer_u32(&w, sa->child.spi_in);
    ike_chain_open(c, IKE_PAYLOAD_SA);
    ike_choose_write(IKE_PROTO_ESP, sa->esp_number, writer_view(&w), &sa->esp, c->out);
    ike_chain_close(c);
    ike_chain_open(c, IKE_PAYLOAD_TSi);
    ike_ts_encode(sa->child.remote, c->out);
    ike_chain_close(c);
    ike_chain_open(c, IKE_PAYLOAD_TSr);
    ike_ts_encode(sa->child.local, c->out);
    ike_chain_close(c);
}

/* HDR, SK { [IDr, [CERT..,]] AUTH, [CP,] SA, TSi, TSr, N, N }. */
IkeStatus
ike_x_auth_r_grant(IkeSa *sa, const IkeMsg *m, Usec now)
{
    IkeTs tsi, tsr;
    g_auto(IkeDraft) d = { 0 };
    IkeStatus st;

    (void)m;
    ike_draft_begin(&d);
    st = write_last_proof(sa, &d.chain);
    if (st != IKE_OK)
        return st;
    if (!ike_ts_narrow(sa->remote, ike_ts_view(&sa->grant->tsi), &tsi) ||
        !ike_ts_narrow(sa->local, ike_ts_view(&sa->grant->tsr), &tsr))
        return ike_sa_fail(sa, IKE_N_TS_UNACCEPTABLE, IKE_REASON_CONFIG,
                           "the client's traffic selectors have nothing in common with ours");
    sa->child.spi_in = sa->env->esp_spi(sa->env->user);
    st = ike_child_make(sa, sa->child.spi_out, &tsr, &tsi);
    if (st != IKE_OK)
        return st;
    if (sa->cfg_asked && sa->grant->cp_attrs.len > 0) {
        ike_chain_open(&d.chain, IKE_PAYLOAD_CP);
        ike_cp_encode_head(IKE_CFG_REPLY, &d.out);
        writer_slice(&d.out, sa->grant->cp_attrs);
        ike_chain_close(&d.chain);
    }
    write_child(sa, &d.chain);
    ike_chain_window(sa, &d.chain);
    ike_chain_notify(&d.chain, IKE_PROTO_IKE, IKE_N_ESP_TFC_PADDING_NOT_SUPPORTED, (Slice){ 0 });
    ike_chain_notify(&d.chain, IKE_PROTO_IKE, IKE_N_NON_FIRST_FRAGMENTS_ALSO, (Slice){ 0 });
    ike_x_mobike_announce(sa, &d.chain);
    st = ike_sa_respond(sa, &d, now);
    if (st != IKE_OK)
        return st;
    (void)ike_child_up(sa, now);
    ike_sa_tell(sa, &(IkeEvent){ .kind = IKE_EV_UP });
    return IKE_OK;
}

/* HDR, SK { IDr, [CERT..,] AUTH, N(REDIRECT) }: the client proved itself in its first message. */
IkeStatus
ike_x_auth_r_redirect(IkeSa *sa, const IkeMsg *m, Usec now)
{
    g_auto(IkeDraft) d = { 0 };
    IkeStatus st;

    (void)m;
    ike_draft_begin(&d);
    st = write_last_proof(sa, &d.chain);
    return st == IKE_OK ? redirect(sa, &d, now) : st;
}

/* HDR, SK { AUTH, N(error) }: both are authenticated, but there is no child SA (RFC 7296 §1.2); and
 * then the Delete, because an IKE SA alone is of no use. */
IkeStatus
ike_x_auth_r_refuse(IkeSa *sa, const IkeMsg *m, Usec now)
{
    g_auto(IkeDraft) d = { 0 };
    IkeStatus st;

    ike_draft_begin(&d);
    st = write_last_proof(sa, &d.chain);
    if (st != IKE_OK)
        return st;
    ike_chain_notify(&d.chain, IKE_PROTO_NONE, sa->grant->error, (Slice){ 0 });
    st = ike_sa_respond(sa, &d, now);
    if (st != IKE_OK)
        return st;
    ike_sa_blame(sa, IKE_REASON_CONFIG, "the client was refused a configuration: %s (%u)",
                 ike_notify_name(sa->grant->error), sa->grant->error);
    return ike_x_info_leave(sa, m, now);
}

/* IKE_AUTH that fits nothing: answered, and the end, as after any failed IKE_AUTH (§2.21.2). */
IkeStatus
ike_x_auth_r_on_other(IkeSa *sa, const IkeMsg *m, Usec now)
{
    IkeNotify n;

    if (ike_msg_error(m, &n))
        ike_sa_blame(sa, IKE_REASON_PEER, "the client gave up: %s (%u)", ike_notify_name(n.type),
                     n.type);
    else
        ike_sa_blame(sa, IKE_REASON_PROTOCOL,
                     "the client's IKE_AUTH request lacks what it must carry");
    ike_sa_respond_error(sa, IKE_N_INVALID_SYNTAX, (Slice){ 0 }, now);
    return IKE_OK;
}

/* The answer owed, if any, is the error; the IKE SA is gone with it. */
IkeStatus
ike_x_auth_r_break(IkeSa *sa, const IkeMsg *m, Usec now)
{
    (void)m;
    ike_sa_blame(sa, IKE_REASON_LOCAL, "closed before the login was decided");
    if (ike_window_owes(&sa->at->window))
        ike_sa_respond_error(sa, sa->error ? sa->error : IKE_N_AUTHENTICATION_FAILED,
                             (Slice){ sa->hint, sa->hint_len }, now);
    return IKE_OK;
}
