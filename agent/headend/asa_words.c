/* Lists of algorithms: words of the language to transforms of IANA. */

#include "agent/crypto/suite.h"
#include "agent/headend/asa_parse_private.h"

const AsaWord asa_words_group[] = {
    { "1", KE_MODP768, 0, false, false },   { "2", KE_MODP1024, 0, false, false },
    { "5", KE_MODP1536, 0, false, false },  { "14", KE_MODP2048, 0, false, false },
    { "15", KE_MODP3072, 0, false, false }, { "16", KE_MODP4096, 0, false, false },
    { "19", KE_ECP256, 0, false, false },   { "20", KE_ECP384, 0, false, false },
    { "21", KE_ECP521, 0, false, false },   { "31", KE_CURVE25519, 0, false, false },
    { "24", 24, 0, false, true },           { NULL, 0, 0, false, false },
};

static const AsaWord *
find_word(const AsaWord *words, const char *word)
{
    for (; words->word; words++)
        if (g_str_equal(words->word, word))
            return words;
    return NULL;
}

static bool
has_alg(const AsaAlgs *algs, const AsaWord *w)
{
    for (size_t i = 0; i < algs->n; i++)
        if (algs->v[i].id == w->id && algs->v[i].bits == w->bits)
            return true;
    return false;
}

void
asa_parse_algs(AsaParse *p, const AsaArgs *a, const AsaWord *words, const char *what, AsaAlgs *ret)
{
    AsaAlgs algs = { 0 };

    for (size_t i = a->rest; i < p->line.n; i++) {
        const AsaWord *w = find_word(words, p->line.word[i]);

        if (!w) {
            asa_parse_fail(p, "%s \"%s\" is not supported", what, p->line.word[i]);
            return;
        }
        if (w->never)
            asa_parse_warn(p, "%s %s is too weak and never chosen", what, w->word);
        else if (!has_alg(&algs, w) && algs.n < ASA_ALGS_MAX)
            algs.v[algs.n++] = (AsaAlg){ w->id, w->bits, w->aead };
    }
    if (algs.n == 0)
        asa_parse_fail(p, "no usable %s is left on this line", what);
    *ret = algs;
}

bool
asa_parse_group(AsaParse *p, const char *word, AsaAlg *ret)
{
    const AsaWord *w =
        g_str_has_prefix(word, "group") ? find_word(asa_words_group, word + 5) : NULL;

    if (!w || w->never) {
        asa_parse_fail(p, "group \"%s\" is not supported", word);
        return false;
    }
    *ret = (AsaAlg){ w->id, 0, false };
    return true;
}
