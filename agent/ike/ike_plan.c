/* What a plan comes to, and which are no good. */
#include "agent/ike/ike_sa_private.h"

bool
ike_plan_has_eap(IkeWay way)
{
    return way == IKE_WAY_EAP || way == IKE_WAY_CERT_EAP;
}

bool
ike_plan_has_cert(IkeWay way)
{
    return way == IKE_WAY_CERT || way == IKE_WAY_CERT_EAP;
}

bool
ike_plan_anyconnect(const IkePlan *p)
{
    if (!ike_plan_has_eap(p->ours) && !ike_plan_has_eap(p->theirs))
        return false;
    for (size_t i = 0; p->eap && p->eap[i]; i++)
        if (p->eap[i] == &eap_anyconnect)
            return true;
    return false;
}

/* What we prove ourselves with. */
static const char *
ours_unsound(const IkePlan *p)
{
    if (p->ours == IKE_WAY_PSK && p->psk_ours.len == 0)
        return "there is no pre-shared key of ours";
    if (ike_plan_has_cert(p->ours) && (!p->key || !p->chain || x509_chain_len(p->chain) == 0))
        return "there is no certificate of ours, or no key to it";
    if (p->ppk_required && p->ppk.len == 0)
        return "there is no PPK, and it must not be without";
    return p->ppk.len > 0 && p->ppk_id.len == 0 ? "the PPK has no identity" : NULL;
}

const char *
ike_plan_unsound(const IkePlan *p, IkeRole role)
{
    IkeWay client = role == IKE_INITIATOR ? p->ours : p->theirs;
    IkeWay gateway = role == IKE_INITIATOR ? p->theirs : p->ours;

    if (ike_plan_has_eap(gateway))
        return "a gateway proves itself by certificate or pre-shared key";
    /* RFC 7296 §2.16: who shares the key of a group could ask for everybody's password */
    if (ike_plan_has_eap(client) && gateway != IKE_WAY_CERT)
        return "EAP needs a gateway with a certificate";
    if (ike_plan_has_eap(client) && (!p->eap || !p->eap[0]))
        return "there is no EAP method";
    if (p->theirs == IKE_WAY_PSK && p->psk_theirs.len == 0)
        return "there is no pre-shared key of the peer";
    return ours_unsound(p);
}
