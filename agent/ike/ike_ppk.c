#include "agent/ike/ike_ppk.h"

#include "agent/crypto/prf.h"

IkeStatus
ike_ppk_id_decode(Reader *in, IkePpkId *ret)
{
    IkePpkId id;

    if (!reader_u8(in, &id.type) || reader_left(in) == 0)
        return IKE_N_INVALID_SYNTAX;
    id.data = reader_rest(in);
    *ret = id;
    return IKE_OK;
}

void
ike_ppk_id_encode(const IkePpkId *id, Writer *out)
{
    writer_u8(out, id->type);
    writer_slice(out, id->data);
}

bool
ike_ppk_mix(uint16_t prf_id, Slice ppk, IkeKeys *k, IkeKeys *ret_plain)
{
    g_auto(Secret) d = { 0 };
    g_auto(Secret) pi = { 0 };
    g_auto(Secret) pr = { 0 };

    if (!prf_plus(prf_id, ppk, secret_view(&k->d), k->d.len, &d) ||
        !prf_plus(prf_id, ppk, secret_view(&k->pi), k->pi.len, &pi) ||
        !prf_plus(prf_id, ppk, secret_view(&k->pr), k->pr.len, &pr))
        return false;
    secret_move(&ret_plain->d, &k->d);
    secret_move(&ret_plain->pi, &k->pi);
    secret_move(&ret_plain->pr, &k->pr);
    secret_move(&k->d, &d);
    secret_move(&k->pi, &pi);
    secret_move(&k->pr, &pr);
    return true;
}

void
ike_ppk_unmix(IkeKeys *k, IkeKeys *plain)
{
    secret_move(&k->d, &plain->d);
    secret_move(&k->pi, &plain->pi);
    secret_move(&k->pr, &plain->pr);
}
