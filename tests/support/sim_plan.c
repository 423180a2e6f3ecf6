#include "tests/support/sim_plan.h"

static const SigKey *
make_key(SimKey kind)
{
    switch (kind) {
    case SIM_RSA:
        return sig_key_generate_rsa(2048);
    case SIM_P256:
        return sig_key_generate_ecdsa(256);
    case SIM_P384:
        return sig_key_generate_ecdsa(384);
    case SIM_P521:
        return sig_key_generate_ecdsa(521);
    case SIM_ED25519:
    case SIM_KEYS:
        break;
    }
    return sig_key_generate_ed25519();
}

const SigKey *
sim_key(SimSide side, SimKey kind)
{
    static const SigKey *keys[2][SIM_KEYS];

    if (!keys[side][kind])
        keys[side][kind] = make_key(kind);
    return keys[side][kind];
}

const X509Chain *
sim_chain(SimSide side, SimKey kind)
{
    static const X509Chain *chains[2][SIM_KEYS];
    const char *host = side == SIM_CLIENT ? "anu.example.org" : "gw.example.org";

    if (!chains[side][kind])
        chains[side][kind] =
            x509_self_signed(sim_key(side, kind), NULL, host, NULL, 0, 4102444800, NULL);
    return chains[side][kind];
}

const IkeId sim_client_id = { IKE_ID_FQDN, { (const uint8_t *)"anu.example.org", 15 } };
const IkeId sim_gateway_id = { IKE_ID_FQDN, { (const uint8_t *)"gw.example.org", 14 } };

static void
prove(IkePlan *p, SimSide side, IkeWay ours, IkeWay theirs)
{
    bool client = side == SIM_CLIENT;
    const char *secrets[] = { "client's part", "gateway's part" };

    p->ours = ours;
    p->theirs = theirs;
    p->id = client ? sim_client_id : sim_gateway_id;
    p->want = client ? sim_gateway_id : (IkeId){ 0 };
    p->key = sim_key(side, SIM_P256);
    p->chain = sim_chain(side, SIM_P256);
    p->cert_twice = false;
    p->psk_ours = slice_of(secrets[side]);
    p->psk_theirs = slice_of(secrets[!client ? SIM_CLIENT : SIM_GATEWAY]);
}

static void
tune(IkeConfig *c, IkeConfig *g, IkeWay client, IkeWay gateway)
{
    prove(&c->plan, SIM_CLIENT, client, gateway);
    prove(&g->plan, SIM_GATEWAY, gateway, client);
    if (client == IKE_WAY_CERT_EAP) /* as an AnyConnect names itself */
        c->plan.id = (IkeId){ IKE_ID_GROUP, slice_of("*$AnyConnectClient$*") };
}

void
sim_psk(IkeConfig *client, IkeConfig *gateway)
{
    tune(client, gateway, IKE_WAY_PSK, IKE_WAY_PSK);
}

void
sim_cert(IkeConfig *client, IkeConfig *gateway)
{
    tune(client, gateway, IKE_WAY_CERT, IKE_WAY_CERT);
}

void
sim_psk_cert(IkeConfig *client, IkeConfig *gateway)
{
    tune(client, gateway, IKE_WAY_PSK, IKE_WAY_CERT);
}

void
sim_cert_psk(IkeConfig *client, IkeConfig *gateway)
{
    tune(client, gateway, IKE_WAY_CERT, IKE_WAY_PSK);
}

void
sim_cert_eap(IkeConfig *client, IkeConfig *gateway)
{
    tune(client, gateway, IKE_WAY_CERT_EAP, IKE_WAY_CERT);
}

const SimWay sim_ways[5] = {
    { "PSK", sim_psk, 2 },
    { "certificates", sim_cert, 2 },
    { "PSK under a certificate", sim_psk_cert, 2 },
    { "certificate under a PSK", sim_cert_psk, 2 },
    { "certificate, then EAP", sim_cert_eap, 7 },
};
