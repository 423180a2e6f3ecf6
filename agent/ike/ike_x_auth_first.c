/* The first IKE_AUTH request (RFC 7296 §1.2, §2.16; orders of agent/docs/WIRE.md §2). */
#include "agent/ike/ike_sa_private.h"
#include "agent/ike/ike_vendor.h"

/* The tail of the field's client 3.0.1047 (agent/docs/WIRE.md §2.1); nobody checks it. */
static const uint8_t granite_tail[8] = { 0xb8, 0xda, 0x30, 0x46, 0xbe, 0x91, 0x56, 0xfa };

static void
write_esp_offer(IkeSa *sa, IkeChain *c)
{
    uint8_t spi[IKE_CHILD_SPI_LEN];
    Writer w = { .base = spi, .cap = sizeof(spi) };
    IkeOffer o = sa->config->esp;

    (void)ike_offer_drop_ke(&o, false); /* RFC 7296 §1.2: the first child SA has no KE of its own */
    sa->child.spi_in = sa->env->esp_spi(sa->env->user);
    writer_u32(&w, sa->child.spi_in);
    ike_chain_open(c, IKE_PAYLOAD_SA);
    ike_offer_encode(&o, writer_view(&w), c->out);
    ike_chain_close(c);
}

static void
write_selectors(IkeSa *sa, IkeChain *c)
{
    IkeTs any = { .n = 1, .s = { selector_all(ADDR_V4) } };

    if (sa->config->inner_ipv6)
        any.s[any.n++] = selector_all(ADDR_V6);
    ike_child_keep(sa, sa->config->tsi.n > 0 ? &sa->config->tsi : &any,
                   sa->config->tsr.n > 0 ? &sa->config->tsr : &any);
    ike_chain_open(c, IKE_PAYLOAD_TSi);
    ike_ts_encode(sa->local, c->out);
    ike_chain_close(c);
    ike_chain_open(c, IKE_PAYLOAD_TSr);
    ike_ts_encode(sa->remote, c->out);
    ike_chain_close(c);
}

static void
write_cp(const IkeConfig *config, bool anyconnect, IkeChain *c)
{
    IkeCpWish wish = { .ipv6 = config->inner_ipv6,
                       .ip4 = config->ip4,
                       .ip6 = config->ip6,
                       .mtu = config->mtu,
                       .app_version = config->app_version,
                       .hostname = config->hostname };

    if (config->no_cp)
        return;
    ike_chain_open(c, IKE_PAYLOAD_CP);
    if (anyconnect)
        ike_cp_encode_anyconnect_request(&wish, c->out);
    else
        ike_cp_encode_request(&wish, c->out);
    ike_chain_close(c);
}

static void
write_wanted(const IkeSa *sa, IkeChain *c)
{
    if (sa->plan->want.type == 0)
        return;
    ike_chain_open(c, IKE_PAYLOAD_IDr);
    ike_id_encode(&sa->plan->want, c->out);
    ike_chain_close(c);
}

/* AUTH by PSK or certificate; without one it asks for EAP (RFC 7296 §2.16). With another to follow
 * only to a gateway that knows how (RFC 4739 §2.2). */
static IkeStatus
write_proof(IkeSa *sa, IkeChain *c)
{
    IkeStatus st;

    if (sa->plan->ppk_required && !sa->peer_ppk)
        return ike_sa_fail(sa, IKE_N_AUTHENTICATION_FAILED, IKE_REASON_SERVER_AUTH,
                           "the gateway knows nothing of the PPK, without which it must not be");
    if (sa->plan->ours == IKE_WAY_EAP)
        return IKE_OK;
    if (sa->plan->ours == IKE_WAY_CERT_EAP && !sa->peer_multiple)
        return ike_sa_fail(sa, IKE_N_AUTHENTICATION_FAILED, IKE_REASON_LOGIN,
                           "the gateway takes no second login after a certificate");
    st = ike_x_ppk_write_proof(sa, sa->plan->ours, c);
    if (st != IKE_OK || sa->plan->ours != IKE_WAY_CERT_EAP)
        return st;
    ike_chain_notify(c, IKE_PROTO_NONE, IKE_N_MULTIPLE_AUTH_SUPPORTED, (Slice){ 0 });
    ike_chain_notify(c, IKE_PROTO_NONE, IKE_N_ANOTHER_AUTH_FOLLOWS, (Slice){ 0 });
    return IKE_OK;
}

/* HDR, SK { [VID,] IDi, [CERT..,] [CERTREQ,] [IDr,] [AUTH,] [CP,] SA, TSi, TSr, N, N, N }. */
IkeStatus
ike_x_auth_i_send_first(IkeSa *sa, Usec now)
{
    bool anyconnect = ike_plan_anyconnect(sa->plan);
    uint8_t granite[IKE_VID_GRANITE_LEN];
    g_auto(IkeDraft) d = { 0 };
    IkeChain *c;
    IkeStatus st;

    ike_draft_begin(&d);
    c = &d.chain;
    if (anyconnect || sa->config->router) {
        ike_vendor_granite(sa->ike->spi_i, true, granite_tail, granite);
        ike_chain_add(c, IKE_PAYLOAD_VENDOR, (Slice){ granite, sizeof(granite) });
    }
    ike_identity_write(sa, sa->plan->ours, c);
    ike_identity_write_certreq(sa, c);
    write_wanted(sa, c);
    st = write_proof(sa, c);
    if (st != IKE_OK)
        return st;
    write_cp(sa->config, anyconnect, c);
    write_esp_offer(sa, c);
    write_selectors(sa, c);
    if (!sa->config->follows)
        ike_chain_notify(c, IKE_PROTO_IKE, IKE_N_INITIAL_CONTACT, (Slice){ 0 });
    ike_chain_window(sa, c);
    ike_chain_notify(c, IKE_PROTO_IKE, IKE_N_ESP_TFC_PADDING_NOT_SUPPORTED, (Slice){ 0 });
    ike_chain_notify(c, IKE_PROTO_IKE, IKE_N_NON_FIRST_FRAGMENTS_ALSO, (Slice){ 0 });
    ike_x_mobike_announce(sa, c);
    return ike_sa_request(sa, IKE_EXCHANGE_IKE_AUTH, &d, now);
}
