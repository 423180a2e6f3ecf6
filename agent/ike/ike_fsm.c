#include "agent/ike/ike_sa_private.h"

#define S(name) IKE_STATES(name)
#define P(name) IKE_SET(name)
#define X(name) IKE_EXCHANGE_##name

/* Initiator, once there are keys; those of them with a request of ours under way. */
#define CLIENT  (S(AUTH_SENT) | S(TRUST) | S(TRUST_LAST) | S(EAP) | S(ASKING) | S(AUTH_FINAL))
#define WAITING (S(AUTH_SENT) | S(EAP) | S(AUTH_FINAL))
/* Responder, once there are keys: owing nothing, and owing the answer to a request. */
#define SERVER (S(INIT_SEEN) | S(AGAIN) | S(LOGIN) | S(EAP_DONE))
#define OWING  (S(PEER) | S(VERDICT) | S(DECIDING) | S(GRANTING))

/* First match wins, so the stricter row of a pair stands first. */
static const IkeTransition rows[] = {
    /* IKE_SA_INIT, initiator */
    { S(IDLE), IKE_ON_START, 0, 0, 0, ike_x_init_start, IKE_STATE_INIT_SENT,
      "IKE_SA_INIT sent (RFC 7296 §1.2)" },
    { S(INIT_SENT), IKE_ON_RESPONSE, X(IKE_SA_INIT), P(SA) | P(KE) | P(NONCE), 0,
      ike_x_init_on_response, IKE_STATE_AUTH_SENT, "keys agreed, IKE_AUTH sent (RFC 7296 §1.2)" },
    { S(INIT_SENT), IKE_ON_RESPONSE, X(IKE_SA_INIT), P(NOTIFY), 0, ike_x_init_on_error,
      IKE_STATE_STAY, "asked to come again, with a cookie or another group (RFC 7296 §1.2, §2.6)" },
    { S(INIT_SENT), IKE_ON_MOVED, 0, 0, 0, ike_x_redirect_obey, IKE_STATE_CLOSED,
      "the gateway names another, bound to our nonce (RFC 5685 §3)" },
    { S(INIT_SENT), IKE_ON_GIVE_UP, 0, 0, 0, ike_x_init_give_up, IKE_STATE_CLOSED,
      "no good answer to IKE_SA_INIT (RFC 7296 §2.4)" },
    { S(IDLE) | S(INIT_SENT), IKE_ON_CLOSE, 0, 0, 0, NULL, IKE_STATE_CLOSED,
      "closed before there were keys" },
    /* IKE_SA_INIT, responder */
    { S(IDLE), IKE_ON_REQUEST, X(IKE_SA_INIT), P(SA) | P(KE) | P(NONCE), 0, ike_x_init_on_request,
      IKE_STATE_INIT_SEEN, "keys agreed, IKE_SA_INIT answered (RFC 7296 §1.2)" },
    { S(IDLE) | S(INIT_SENT), IKE_ON_BROKEN, 0, 0, 0, ike_x_init_refuse, IKE_STATE_CLOSED,
      "IKE_SA_INIT refused, nothing is kept (RFC 7296 §2.21.1)" },

    /* IKE_AUTH, initiator */
    { S(AUTH_SENT), IKE_ON_RESPONSE, X(IKE_AUTH), 0, P(IDr) | P(CERT) | P(AUTH) | P(EAP),
      ike_x_auth_i_on_identity, IKE_STATE_TRUST,
      "gateway's AUTH verified, is its certificate trusted? (RFC 7296 §2.15)" },
    { S(AUTH_SENT), IKE_ON_RESPONSE, X(IKE_AUTH), 0, P(IDr) | P(AUTH) | P(SA) | P(TSi) | P(TSr),
      ike_x_auth_i_on_whole, IKE_STATE_TRUST_LAST,
      "gateway's AUTH verified, child SA made, is it to be trusted? (RFC 7296 §1.2)" },
    { S(AUTH_SENT), IKE_ON_RESPONSE, X(IKE_AUTH), 0, P(IDr) | P(AUTH), ike_x_auth_i_on_half,
      IKE_STATE_TRUST, "gateway's AUTH verified, no child SA yet (RFC 4739 §2.2)" },
    { S(TRUST_LAST), IKE_ON_TRUSTED, 0, 0, 0, ike_x_auth_i_finish, IKE_STATE_READY,
      "gateway accepted, the child SA is used (RFC 7296 §1.2)" },
    { S(TRUST), IKE_ON_TRUSTED, 0, 0, 0, ike_x_auth_i_trusted, IKE_STATE_EAP,
      "certificate accepted, EAP begins (RFC 7296 §2.16)" },
    { S(TRUST) | S(TRUST_LAST), IKE_ON_DISTRUSTED, 0, 0, 0, ike_x_auth_i_distrusted,
      IKE_STATE_DELETING, "certificate refused, gateway is to be told (RFC 7296 §2.21.2)" },
    { S(EAP), IKE_ON_RESPONSE, X(IKE_AUTH), 0, P(EAP), ike_x_auth_i_on_eap, IKE_STATE_EAP,
      "EAP packet came (RFC 7296 §2.16)" },
    { S(EAP), IKE_ON_EAP_SEND, 0, 0, 0, ike_x_auth_i_send_eap, IKE_STATE_EAP,
      "EAP response sent (RFC 3748 §4.1)" },
    { S(EAP), IKE_ON_EAP_ASK, 0, 0, 0, ike_x_auth_i_ask, IKE_STATE_ASKING,
      "EAP asks a person (RFC 3748 §5)" },
    { S(EAP), IKE_ON_EAP_SUCCESS, 0, 0, 0, ike_x_auth_i_prove, IKE_STATE_AUTH_FINAL,
      "EAP succeeded, AUTH sent (RFC 7296 §2.16)" },
    { S(EAP), IKE_ON_DENIED, 0, 0, 0, NULL, IKE_STATE_CLOSED,
      "gateway refused the login (RFC 7296 §2.16)" },
    { S(ASKING), IKE_ON_ANSWER, 0, 0, 0, ike_x_auth_i_answer, IKE_STATE_EAP, "person answered" },
    { S(AUTH_FINAL), IKE_ON_RESPONSE, X(IKE_AUTH), 0, P(AUTH) | P(SA) | P(TSi) | P(TSr),
      ike_x_auth_i_on_final, IKE_STATE_READY,
      "gateway's final AUTH verified, child SA made (RFC 7296 §2.16)" },
    { S(AUTH_FINAL), IKE_ON_RESPONSE, X(IKE_AUTH), 0, P(AUTH), ike_x_auth_i_on_childless,
      IKE_STATE_DELETING, "authenticated, but no child SA: Delete sent (RFC 7296 §1.2)" },
    { WAITING, IKE_ON_RESPONSE, X(IKE_AUTH), 0, 0, ike_x_auth_i_on_other, IKE_STATE_CLOSED,
      "IKE_AUTH refused by the gateway (RFC 7296 §2.21.2)" },
    { WAITING, IKE_ON_GIVE_UP, 0, 0, 0, ike_x_info_lost, IKE_STATE_CLOSED,
      "no answer to IKE_AUTH (RFC 7296 §2.4)" },
    { S(TRUST) | S(TRUST_LAST) | S(ASKING), IKE_ON_LIMIT, 0, 0, 0, ike_x_info_late_person,
      IKE_STATE_DELETING, "nobody answered in time, Delete sent" },
    { CLIENT, IKE_ON_BROKEN, 0, 0, 0, ike_x_info_break, IKE_STATE_DELETING,
      "gateway told why this ends (RFC 7296 §2.21.2)" },

    /* IKE_AUTH, responder */
    { S(INIT_SEEN), IKE_ON_REQUEST, X(IKE_AUTH), 0, P(IDi) | P(SA) | P(TSi) | P(TSr),
      ike_x_auth_r_on_first, IKE_STATE_PEER, "client names itself, who is it? (RFC 7296 §1.2)" },
    { S(PEER), IKE_ON_EAP_PEER, 0, 0, 0, ike_x_auth_r_begin, IKE_STATE_LOGIN,
      "client wants EAP (RFC 7296 §2.16)" },
    { S(PEER), IKE_ON_PROOF_PEER, 0, 0, 0, ike_x_auth_r_check, IKE_STATE_VERDICT,
      "client's AUTH verified, is it to be trusted? (RFC 7296 §2.15)" },
    { S(VERDICT), IKE_ON_TRUSTED, 0, 0, 0, ike_x_auth_r_trusted, IKE_STATE_GRANTING,
      "client accepted (RFC 7296 §2.15)" },
    { S(VERDICT), IKE_ON_HALF_TRUSTED, 0, 0, 0, ike_x_auth_r_half_trusted, IKE_STATE_AGAIN,
      "client's certificate accepted, our AUTH sent, EAP is to follow (RFC 4739 §2.2)" },
    { S(VERDICT), IKE_ON_DISTRUSTED, 0, 0, 0, ike_x_auth_r_distrusted, IKE_STATE_CLOSED,
      "client's certificate refused (RFC 7296 §2.21.2)" },
    { S(AGAIN), IKE_ON_REQUEST, X(IKE_AUTH), 0, P(IDi), ike_x_auth_r_on_again, IKE_STATE_LOGIN,
      "client names itself again, for EAP (RFC 4739 §2.2)" },
    { S(LOGIN), IKE_ON_REQUEST, X(IKE_AUTH), 0, P(EAP), ike_x_auth_r_on_eap, IKE_STATE_LOGIN,
      "EAP response came (RFC 7296 §2.16)" },
    { S(LOGIN), IKE_ON_EAP_SEND, 0, 0, 0, ike_x_auth_r_send_eap, IKE_STATE_LOGIN,
      "EAP request sent (RFC 3748 §4.1)" },
    { S(LOGIN), IKE_ON_EAP_ASK, 0, 0, 0, ike_x_auth_r_ask, IKE_STATE_DECIDING,
      "EAP asks who owns us (RFC 3748 §5)" },
    { S(LOGIN), IKE_ON_EAP_SUCCESS, 0, 0, 0, ike_x_auth_r_send_eap, IKE_STATE_EAP_DONE,
      "EAP-Success sent (RFC 3748 §4.2)" },
    { S(LOGIN), IKE_ON_EAP_FAILURE, 0, 0, 0, ike_x_auth_r_send_failure, IKE_STATE_CLOSED,
      "EAP-Failure sent (RFC 3748 §4.2)" },
    { S(DECIDING), IKE_ON_ANSWER, 0, 0, 0, ike_x_auth_r_answer, IKE_STATE_LOGIN, "owner answered" },
    { S(EAP_DONE), IKE_ON_REQUEST, X(IKE_AUTH), 0, P(AUTH), ike_x_auth_r_on_final,
      IKE_STATE_GRANTING, "client's final AUTH verified (RFC 7296 §2.16)" },
    { S(GRANTING), IKE_ON_GRANT, 0, 0, 0, ike_x_auth_r_grant, IKE_STATE_READY,
      "AUTH and configuration sent, child SA made (RFC 7296 §2.19)" },
    { S(GRANTING), IKE_ON_REDIRECT, 0, 0, 0, ike_x_auth_r_redirect, IKE_STATE_LOGIN,
      "client sent to another gateway (RFC 5685 §6)" },
    { S(GRANTING), IKE_ON_REFUSAL, 0, 0, 0, ike_x_auth_r_refuse, IKE_STATE_DELETING,
      "no configuration for this client, Delete sent (RFC 7296 §1.2)" },
    { SERVER, IKE_ON_REQUEST, X(IKE_AUTH), 0, 0, ike_x_auth_r_on_other, IKE_STATE_CLOSED,
      "IKE_AUTH without what it must carry (RFC 7296 §2.21.2)" },
    { SERVER | OWING, IKE_ON_BROKEN, 0, 0, 0, ike_x_auth_r_break, IKE_STATE_CLOSED,
      "IKE_AUTH refused (RFC 7296 §2.21.2)" },
    { OWING, IKE_ON_CLOSE, 0, 0, 0, ike_x_auth_r_break, IKE_STATE_CLOSED,
      "closed by the owner, login refused (RFC 7296 §2.21.2)" },
    { OWING, IKE_ON_LIMIT, 0, 0, 0, ike_x_auth_r_break, IKE_STATE_CLOSED,
      "the owner did not answer in time, login refused (RFC 7296 §2.21.2)" },
    /* before the first IKE_AUTH the address may be forged: nothing is sent to it */
    { S(INIT_SEEN), IKE_ON_LIMIT, 0, 0, 0, ike_x_info_late_peer, IKE_STATE_CLOSED,
      "IKE_AUTH did not come in time" },
    { S(AGAIN) | S(LOGIN) | S(EAP_DONE), IKE_ON_LIMIT, 0, 0, 0, ike_x_info_late_peer,
      IKE_STATE_DELETING, "the next IKE_AUTH did not come in time, Delete sent" },

    /* another gateway */
    { CLIENT | S(READY), IKE_ON_MOVED, 0, 0, 0, ike_x_redirect_leave, IKE_STATE_DELETING,
      "the gateway names another, Delete is to be sent (RFC 5685 §5, §6)" },

    /* INFORMATIONAL and the end, both roles */
    { CLIENT | SERVER | S(READY) | S(DELETING), IKE_ON_REQUEST, X(INFORMATIONAL), 0, 0,
      ike_x_info_on_request, IKE_STATE_STAY, "INFORMATIONAL answered (RFC 7296 §1.4)" },
    { CLIENT | SERVER | S(READY) | S(DELETING), IKE_ON_ENDED, 0, 0, 0, NULL, IKE_STATE_CLOSED,
      "the IKE SA is deleted (RFC 7296 §1.4.1)" },
    { S(READY), IKE_ON_REQUEST, X(CREATE_CHILD_SA), 0, P(SA) | P(NONCE) | P(TSi) | P(TSr),
      ike_x_child_on_request, IKE_STATE_STAY, "peer wants a child SA (RFC 7296 §1.3.3)" },
    { S(READY), IKE_ON_REQUEST, X(CREATE_CHILD_SA), 0, P(SA) | P(NONCE) | P(KE),
      ike_x_rekey_on_request, IKE_STATE_STAY, "peer rekeys the IKE SA (RFC 7296 §1.3.2)" },
    { S(READY) | S(DELETING), IKE_ON_REQUEST, 0, 0, 0, ike_x_info_on_other, IKE_STATE_STAY,
      "request refused, the IKE SA stays (RFC 7296 §1.3)" },
    { S(READY) | S(DELETING), IKE_ON_WORK, 0, 0, 0, ike_job_ask, IKE_STATE_STAY,
      "the window is free, the next request is sent (RFC 7296 §2.3)" },
    { S(READY) | S(DELETING), IKE_ON_RESPONSE, 0, 0, 0, ike_job_answered, IKE_STATE_STAY,
      "a request of ours is answered (RFC 7296 §2.3)" },
    { S(READY), IKE_ON_LIMIT, 0, 0, 0, ike_x_rekey_late, IKE_STATE_DELETING,
      "too old and not rekeyed in time, Delete sent (RFC 7296 §2.8)" },
    { S(READY), IKE_ON_GIVE_UP, 0, 0, 0, ike_x_info_lost, IKE_STATE_CLOSED,
      "peer is dead (RFC 7296 §2.4)" },
    { S(READY), IKE_ON_BROKEN, 0, 0, 0, ike_x_info_answer_error, IKE_STATE_CLOSED,
      "a protected message was malformed (RFC 7296 §2.21.3)" },
    { CLIENT | SERVER | S(READY), IKE_ON_CLOSE, 0, 0, 0, ike_x_info_leave, IKE_STATE_DELETING,
      "closed by the owner, the peer is to be told (RFC 7296 §1.4.1)" },
    { S(DELETING), IKE_ON_GIVE_UP, 0, 0, 0, NULL, IKE_STATE_CLOSED, "farewell not answered" },
    { S(DELETING), IKE_ON_LIMIT, 0, 0, 0, NULL, IKE_STATE_CLOSED, "farewell not answered in time" },
};
#undef S
#undef P
#undef X

const IkeTransition *
ike_fsm_rows(size_t *ret_n)
{
    *ret_n = G_N_ELEMENTS(rows);
    return rows;
}

const char *
ike_state_name(IkeState s)
{
    static const char *const names[] = {
#define X(name, text) #name,
        IKE_STATE_LIST(X)
#undef X
    };

    g_assert(s < IKE_STATE_N);
    return names[s];
}

const IkeTransition *
ike_fsm_find(IkeState from, IkeTrigger on, const IkeMsg *m)
{
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        const IkeTransition *t = &rows[i];
        uint64_t outer = m ? m->outer : 0, inner = m ? m->inner : 0;

        if ((t->from & UINT32_C(1) << from) != 0 && t->on == on &&
            (t->exchange == 0 || (m && t->exchange == m->h.exchange)) &&
            (outer & t->outer) == t->outer && (inner & t->inner) == t->inner)
            return t;
    }
    return NULL;
}

/* The only caller of ike_sa_enter(): handlers do work, the table moves. */
static IkeStatus
step(IkeSa *sa, IkeTrigger on, const IkeMsg *m, Usec now)
{
    const IkeTransition *t = ike_fsm_find(sa->state, on, m);
    IkeStatus st;

    if (!t)
        return IKE_DROP;
    sa->raised = IKE_ON_NONE;
    sa->story = t->story;
    st = t->run ? t->run(sa, m, now) : IKE_OK;
    g_assert(st == IKE_OK || on != IKE_ON_BROKEN); /* nothing is more broken than that */
    if (st == IKE_OK)
        ike_sa_enter(sa, t->to, sa->story, now);
    else
        sa->raised = st > 0 ? IKE_ON_BROKEN : IKE_ON_NONE;
    return st;
}

IkeStatus
ike_fsm_fire(IkeSa *sa, IkeTrigger on, const IkeMsg *m, Usec now)
{
    IkeStatus st = step(sa, on, m, now);

    for (;;) {
        IkeTrigger next = sa->raised;

        if (next == IKE_ON_NONE && ike_job_due(sa) <= now)
            next = IKE_ON_WORK;
        if (next == IKE_ON_NONE)
            return st < 0 ? st : IKE_OK;
        g_assert(
            ike_fsm_find(sa->state, next, NULL)); /* a handler raises what its row can go on with */
        sa->raised = IKE_ON_NONE;
        (void)step(sa, next, NULL, now);
    }
}

char *
ike_fsm_dot(void)
{
    static const char *const triggers[] = {
#define X(name, text) text,
        IKE_TRIGGER_LIST(X)
#undef X
    };
    GString *s = g_string_new("digraph ike {\n    rankdir=TB;\n    node [shape=box];\n");

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        for (IkeState from = 0; from < IKE_STATE_N; from++) {
            const IkeTransition *t = &rows[i];
            IkeState to = t->to == IKE_STATE_STAY ? from : t->to;

            if ((t->from & UINT32_C(1) << from) == 0)
                continue;
            g_string_append_printf(s, "    %s -> %s [label=\"%s%s%s\\n%s\"];\n",
                                   ike_state_name(from), ike_state_name(to),
                                   t->exchange ? ike_exchange_name(t->exchange) : "",
                                   t->exchange ? " " : "", triggers[t->on], t->story);
        }
    g_string_append(s, "}\n");
    return g_string_free(s, FALSE);
}
