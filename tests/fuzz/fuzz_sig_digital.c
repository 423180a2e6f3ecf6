#include "agent/crypto/sig.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Made anew in each run: no input can hold a good signature by them. */
static SigKey *keys[3];

static void
keys_make(void)
{
    if (keys[0])
        return;
    keys[0] = sig_key_generate_ecdsa(256);
    keys[1] = sig_key_generate_ed25519();
    keys[2] = sig_key_generate_rsa(1024);
}

/* The AlgorithmIdentifier alone: what decodes says the same once encoded. */
static void
identifier(Slice der)
{
    uint8_t buf[SIG_ALG_MAX];
    Writer out = { .base = buf, .cap = sizeof(buf) };
    SigAlg alg, again;

    if (!sig_alg_decode(der, &alg))
        return;
    sig_alg_encode(&alg, &out);
    if (writer_finish(&out) < 0 || !sig_alg_decode(writer_view(&out), &again) ||
        again.scheme != alg.scheme || again.hash != alg.hash || again.salt_len != alg.salt_len)
        g_error("decode/encode disagree");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const SigPolicy policy = { .sha1_ok = true, .min_rsa = 1024 };
    static const uint8_t methods[] = { 1, 9, 14 };
    Slice auth = { data, size };
    Reader in = reader_init(auth);
    const char *why = NULL;
    uint8_t len;
    Slice der;

    keys_make();
    if (reader_u8(&in, &len) && reader_slice(&in, len, &der))
        identifier(der);
    for (size_t k = 0; k < G_N_ELEMENTS(keys); k++)
        for (size_t m = 0; m < G_N_ELEMENTS(methods); m++)
            if (sig_verify(keys[k], methods[m], &policy, slice_of("x"), auth, NULL, &why) || !why)
                g_error("a forgery was accepted, or refused without a word");
    return 0;
}
