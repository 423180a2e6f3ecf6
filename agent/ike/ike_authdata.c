#include "agent/ike/ike_authdata.h"

#include "agent/base/writer.h"
#include "agent/crypto/prf.h"

bool
ike_authdata_octets(uint16_t prf_id, Slice message, Slice nonce, Slice sk_p, Slice id_body,
                    Secret *ret)
{
    g_auto(Secret) maced_id = { 0 };
    g_auto(Secret) all = { 0 };
    Writer w;

    if (!prf(prf_id, sk_p, &id_body, 1, &maced_id))
        return false;
    secret_alloc(&all, message.len + nonce.len + maced_id.len);
    w = (Writer){ .base = all.p, .cap = all.len };
    writer_slice(&w, message);
    writer_slice(&w, nonce);
    writer_slice(&w, secret_view(&maced_id));
    secret_move(ret, &all);
    return true;
}

bool
ike_authdata_mic(uint16_t prf_id, Slice key, Slice octets, Secret *ret)
{
    g_auto(Secret) padded = { 0 };
    Slice pad = slice_of("Key Pad for IKEv2");

    return prf(prf_id, key, &pad, 1, &padded) && prf(prf_id, secret_view(&padded), &octets, 1, ret);
}
