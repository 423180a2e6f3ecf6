/* A PPK in the AUTH payloads and in SK_d, both roles (RFC 8784 §3). */
#include "agent/ike/ike_cert.h"
#include "agent/ike/ike_ppk.h"
#include "agent/ike/ike_sa_private.h"

bool
ike_x_ppk_wanted(const IkeSa *sa)
{
    if (sa->role == IKE_RESPONDER && sa->config->ask_plan)
        return sa->config->ppk;
    return sa->plan->ppk.len > 0;
}

static void
write_identity(const IkeSa *sa, IkeChain *c)
{
    ike_chain_open(c, IKE_PAYLOAD_NOTIFY);
    ike_notify_encode(&(IkeNotify){ .type = IKE_N_PPK_IDENTITY }, c->out);
    ike_ppk_id_encode(&(IkePpkId){ IKE_PPK_ID_FIXED, sa->plan->ppk_id }, c->out);
    ike_chain_close(c);
}

IkeStatus
ike_x_ppk_write_proof(IkeSa *sa, IkeWay way, IkeChain *c)
{
    bool required = sa->plan->ppk_required;
    g_auto(Secret) without = { 0 };
    uint8_t method;
    IkeStatus st;

    if (!sa->peer_ppk || sa->ppk_asked)
        return ike_proof_write(sa, way, c);
    st = required ? IKE_OK : ike_proof_make(sa, way, &method, &without);
    if (st != IKE_OK)
        return st;
    if (!ike_ppk_mix(sa->ike->suite.prf, sa->plan->ppk, &sa->ike->keys, &sa->plain))
        return ike_sa_fail(sa, IKE_N_AUTHENTICATION_FAILED, IKE_REASON_PROTOCOL,
                           "the PPK cannot be mixed in");
    sa->ppk_asked = true;
    st = ike_proof_write(sa, way, c);
    if (st != IKE_OK)
        return st;
    write_identity(sa, c);
    if (!required)
        ike_chain_notify(c, IKE_PROTO_NONE, IKE_N_NO_PPK_AUTH, secret_view(&without));
    return IKE_OK;
}

IkeStatus
ike_x_ppk_settle(IkeSa *sa, const IkeMsg *m)
{
    IkeNotify n;

    if (sa->plain.d.len == 0)
        return IKE_OK;
    sa->ppk = ike_msg_notify(m, IKE_N_PPK_IDENTITY, &n);
    if (!sa->ppk && sa->plan->ppk_required)
        return ike_sa_fail(sa, IKE_N_AUTHENTICATION_FAILED, IKE_REASON_SERVER_AUTH,
                           "the gateway did not use the PPK, without which it must not be");
    if (sa->ppk)
        ike_keys_clear(&sa->plain);
    else
        ike_ppk_unmix(&sa->ike->keys, &sa->plain);
    return IKE_OK;
}

void
ike_x_ppk_keep(IkeSa *sa, const IkeMsg *m)
{
    IkeNotify n;

    g_clear_pointer(&sa->ppk_kept, g_bytes_unref);
    g_clear_pointer(&sa->no_ppk_kept, g_bytes_unref);
    if (ike_msg_notify(m, IKE_N_PPK_IDENTITY, &n))
        sa->ppk_kept = g_bytes_new(n.data.p, n.data.len);
    if (ike_msg_notify(m, IKE_N_NO_PPK_AUTH, &n))
        sa->no_ppk_kept = g_bytes_new(n.data.p, n.data.len);
}

/* Is it the one that the owner gave us for this client? */
static bool
is_ours(const IkeSa *sa)
{
    Reader in = reader_init(ike_sa_bytes(sa->ppk_kept));
    IkePpkId id;

    return sa->ppk_kept && sa->plan->ppk.len > 0 && ike_ppk_id_decode(&in, &id) == IKE_OK &&
           id.type == IKE_PPK_ID_FIXED && slice_equal(id.data, sa->plan->ppk_id);
}

/* The AUTH payload that would have come without a PPK: the same method, the other data. */
static bool
take_other_auth(IkeSa *sa)
{
    Reader in = reader_init(ike_sa_bytes(sa->auth_kept));
    g_autofree uint8_t *buf = NULL;
    IkeAuth auth;
    Writer w;

    if (ike_auth_decode(&in, &auth) != IKE_OK)
        return false;
    auth.data = ike_sa_bytes(sa->no_ppk_kept);
    w = (Writer){ .cap = auth.data.len + 4 };
    w.base = buf = g_malloc(w.cap);
    ike_auth_encode(&auth, &w);
    g_bytes_unref(sa->auth_kept);
    sa->auth_kept = g_bytes_new(w.base, w.len);
    return true;
}

IkeStatus
ike_x_ppk_accept(IkeSa *sa)
{
    if (sa->ppk)
        return IKE_OK;
    if (sa->peer_ppk && is_ours(sa)) {
        sa->ppk = ike_ppk_mix(sa->ike->suite.prf, sa->plan->ppk, &sa->ike->keys, &sa->plain);
        ike_keys_clear(&sa->plain);
        return sa->ppk ? IKE_OK
                       : ike_sa_fail(sa, IKE_N_AUTHENTICATION_FAILED, IKE_REASON_PROTOCOL,
                                     "the PPK cannot be mixed in");
    }
    if (sa->plan->ppk_required)
        return ike_sa_fail(sa, IKE_N_AUTHENTICATION_FAILED, IKE_REASON_LOGIN,
                           "the client does not use the PPK without which it must not log in");
    if (!sa->peer_ppk || !sa->ppk_kept)
        return IKE_OK;
    if (!sa->no_ppk_kept || !take_other_auth(sa))
        return ike_sa_fail(sa, IKE_N_AUTHENTICATION_FAILED, IKE_REASON_LOGIN,
                           "the client insists on a PPK that is not known here");
    return IKE_OK;
}

void
ike_x_ppk_confirm(IkeSa *sa, IkeChain *c)
{
    if (!sa->ppk || sa->ppk_confirmed)
        return;
    ike_chain_notify(c, IKE_PROTO_NONE, IKE_N_PPK_IDENTITY, (Slice){ 0 });
    sa->ppk_confirmed = true;
}

const char *
ike_x_ppk_doubt(const IkeSa *sa)
{
    return sa->ppk ? "; or the PPKs differ" : "";
}
