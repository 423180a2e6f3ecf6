/* What both ends are told beforehand, unless a test tunes it. */
#include "tests/support/sim_private.h"

/* A gateway's key and certificate: made once, as key generation is slow. */
static const SigKey *
gateway_key(void)
{
    static SigKey *key;

    if (!key)
        key = sig_key_generate_rsa(2048);
    return key;
}

static const X509Chain *
gateway_chain(void)
{
    static X509Chain *chain;

    if (!chain)
        chain = x509_self_signed(gateway_key(), NULL, "ASA-IKEV2", NULL, 0, 4102444800, NULL);
    return chain;
}

static Slice
gateway_name(void)
{
    static GBytes *der;
    Slice s;

    if (!der)
        der = x509_chain_subject_der(gateway_chain(), 0);
    s.p = g_bytes_get_data(der, &s.len);
    return s;
}

void
sim_configure(Sim *sim)
{
    static const EapMethod *const methods[] = { &eap_anyconnect, NULL };
    IkeConfig *c = &sim->config[SIM_CLIENT], *g = &sim->config[SIM_GATEWAY];

    *c = (IkeConfig){ .sig = { .min_rsa = 2048 },
                      .plan = { .ours = IKE_WAY_EAP,
                                .theirs = IKE_WAY_CERT,
                                .id = { IKE_ID_GROUP, slice_of("*$AnyConnectClient$*") },
                                .eap = methods,
                                .eap_setup = { .ac = { .version = "3.0.1047",
                                                       .device = "win",
                                                       .group = "ASA-IKEV2" } } },
                      .app_version = "AnyConnect Windows 3.0.1047",
                      .hostname = "winxp64template",
                      .mtu = 1406 };
    ike_offer_policy(IKE_PROTO_IKE, SUITE_MODERN, &c->ike);
    ike_offer_policy(IKE_PROTO_ESP, SUITE_MODERN, &c->esp);
    *g = (IkeConfig){ .ike = c->ike,
                      .esp = c->esp,
                      .sig = c->sig,
                      .plan = { .ours = IKE_WAY_CERT,
                                .theirs = IKE_WAY_EAP,
                                .key = gateway_key(),
                                .chain = gateway_chain(),
                                .cert_twice = true,
                                .id = { IKE_ID_DER_ASN1_DN, gateway_name() },
                                .eap = methods,
                                .eap_setup = { .ac = { .version = "100.7(6)116" } } } };
    if (sim->setup.tune)
        sim->setup.tune(c, g);
}
