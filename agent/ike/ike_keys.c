#include "agent/ike/ike_keys.h"

#include "agent/base/writer.h"
#include "agent/crypto/prf.h"

enum { SEED_MAX = 2 * 256 + 16 }; /* Ni | Nr | SPIi | SPIr, §2.10 */

/* The next @len octets of @in; the caller has asked prf_plus() for enough. */
static void
take(Reader *in, size_t len, Secret *ret)
{
    Slice s = { 0 };

    g_assert(reader_slice(in, len, &s));
    secret_set(ret, s);
}

/* The seven keys, SKEYSEED being known (§2.14). @nonces: Ni | Nr. */
static bool
expand(const Suite *suite, const Secret *skeyseed, Slice nonces, uint64_t spi_i, uint64_t spi_r,
       IkeKeys *ret)
{
    g_auto(Secret) all = { 0 };
    uint8_t buf[SEED_MAX];
    Writer seed = { .base = buf, .cap = sizeof(buf) };
    size_t p = prf_len(suite->prf), a = suite_integ_key_len(suite), e = suite_encr_key_len(suite);
    Reader in;

    writer_slice(&seed, nonces);
    writer_u64(&seed, spi_i);
    writer_u64(&seed, spi_r);
    if (seed.overflow || !prf_plus(suite->prf, secret_view(skeyseed), writer_view(&seed),
                                   3 * p + 2 * a + 2 * e, &all))
        return false;
    in = reader_init(secret_view(&all));
    take(&in, p, &ret->d);
    take(&in, a, &ret->ai);
    take(&in, a, &ret->ar);
    take(&in, e, &ret->ei);
    take(&in, e, &ret->er);
    take(&in, p, &ret->pi);
    take(&in, p, &ret->pr);
    return true;
}

bool
ike_keys_derive(const Suite *suite, Slice g_ir, Slice ni, Slice nr, uint64_t spi_i, uint64_t spi_r,
                IkeKeys *ret)
{
    g_auto(Secret) skeyseed = { 0 };
    uint8_t buf[SEED_MAX];
    Writer nonces = { .base = buf, .cap = sizeof(buf) };

    writer_slice(&nonces, ni);
    writer_slice(&nonces, nr);
    return !nonces.overflow && prf(suite->prf, writer_view(&nonces), &g_ir, 1, &skeyseed) &&
           expand(suite, &skeyseed, writer_view(&nonces), spi_i, spi_r, ret);
}

bool
ike_keys_rekey(const Suite *suite, uint16_t old_prf, const IkeKeys *old, Slice g_ir, Slice ni,
               Slice nr, uint64_t spi_i, uint64_t spi_r, IkeKeys *ret)
{
    const Slice parts[] = { g_ir, ni, nr };
    g_auto(Secret) skeyseed = { 0 };
    uint8_t buf[SEED_MAX];
    Writer nonces = { .base = buf, .cap = sizeof(buf) };

    writer_slice(&nonces, ni);
    writer_slice(&nonces, nr);
    return !nonces.overflow &&
           prf(old_prf, secret_view(&old->d), parts, G_N_ELEMENTS(parts), &skeyseed) &&
           expand(suite, &skeyseed, writer_view(&nonces), spi_i, spi_r, ret);
}

void
ike_keys_clear(IkeKeys *k)
{
    Secret *all[] = { &k->d, &k->ai, &k->ar, &k->ei, &k->er, &k->pi, &k->pr };

    for (size_t i = 0; i < G_N_ELEMENTS(all); i++)
        secret_clear(all[i]);
}

bool
ike_keys_child(uint16_t prf_id, const IkeKeys *k, const Suite *child, Slice g_ir, Slice ni,
               Slice nr, IkeChildKeys *ret)
{
    g_auto(Secret) all = { 0 }, buf = { 0 };
    Writer seed;
    size_t e = suite_encr_key_len(child), a = suite_integ_key_len(child);
    Reader in;

    secret_alloc(&buf, g_ir.len + ni.len + nr.len);
    seed = (Writer){ .base = buf.p, .cap = buf.len };
    writer_slice(&seed, g_ir);
    writer_slice(&seed, ni);
    writer_slice(&seed, nr);
    if (!prf_plus(prf_id, secret_view(&k->d), writer_view(&seed), 2 * (e + a), &all))
        return false;
    in = reader_init(secret_view(&all));
    take(&in, e, &ret->ei);
    take(&in, a, &ret->ai);
    take(&in, e, &ret->er);
    take(&in, a, &ret->ar);
    return true;
}

void
ike_child_keys_clear(IkeChildKeys *k)
{
    secret_clear(&k->ei);
    secret_clear(&k->ai);
    secret_clear(&k->er);
    secret_clear(&k->ar);
}
