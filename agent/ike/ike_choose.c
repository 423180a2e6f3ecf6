#include "agent/ike/ike_choose.h"

enum { EXPLAIN_MAX = 24 }; /* algorithms named; a hostile offer has thousands */

static bool
has(const IkeProposal *p, uint8_t type)
{
    for (size_t i = 0; i < p->n; i++)
        if (p->t[i].type == type)
            return true;
    return false;
}

static bool
offers(const IkeProposal *p, const IkeTransform *t)
{
    for (size_t i = 0; i < p->n; i++)
        if (p->t[i].type == t->type && p->t[i].id == t->id && p->t[i].key_bits == t->key_bits &&
            !p->t[i].unknown_attr)
            return true;
    return false;
}

/* "NONE" and nothing at all mean the same for INTEG and KE (RFC 7296 §3.3.3). */
static bool
allows_none(const IkeProposal *p, uint8_t type)
{
    return !has(p, type) || offers(p, &(IkeTransform){ .type = type, .id = 0 });
}

/* The first of our transforms of @type that they have too and that we can do. */
static const IkeTransform *
first_common(const IkeProposal *ours, const IkeProposal *theirs, uint8_t type)
{
    for (size_t i = 0; i < ours->n; i++) {
        const IkeTransform *t = &ours->t[i];
        const SuiteAlg *alg = suite_find(t->type, t->id);

        if (t->type == type && alg && alg->implemented && offers(theirs, t))
            return t;
    }
    return NULL;
}

/* A transform type that may, or may not, be NONE. */
static bool
choose_optional(const IkeProposal *ours, const IkeProposal *theirs, uint8_t type, uint16_t *ret)
{
    const IkeTransform *t = first_common(ours, theirs, type);

    if (t)
        *ret = t->id;
    return t || (allows_none(ours, type) && allows_none(theirs, type));
}

static bool
choose_required(const IkeProposal *ours, const IkeProposal *theirs, uint8_t type, uint16_t *ret)
{
    const IkeTransform *t = first_common(ours, theirs, type);

    if (t)
        *ret = t->id;
    return t;
}

/* A cipher decides whether an HMAC goes with it, so each of ours is tried with that (RFC 5282 §8).
 */
static bool
choose_cipher(const IkeProposal *ours, const IkeProposal *theirs, Suite *s)
{
    for (size_t i = 0; i < ours->n; i++) {
        const IkeTransform *t = &ours->t[i];
        const SuiteAlg *alg = suite_find(t->type, t->id);

        if (t->type != TRANSFORM_ENCR || !alg || !alg->implemented || !offers(theirs, t))
            continue;
        s->encr = t->id;
        s->key_bits = t->key_bits ? t->key_bits : alg->key_bits[0];
        s->integ = AUTH_NONE;
        if (alg->aead ? allows_none(theirs, TRANSFORM_INTEG)
                      : choose_required(ours, theirs, TRANSFORM_INTEG, &s->integ))
            return true;
    }
    return false;
}

/* §3.3.6: every type they name must be understood, for one of each must be chosen. */
static bool
types_understood(const IkeProposal *theirs)
{
    for (size_t i = 0; i < theirs->n; i++) {
        bool ike = theirs->proto == IKE_PROTO_IKE;

        switch (theirs->t[i].type) {
        case TRANSFORM_ENCR:
        case TRANSFORM_INTEG:
        case TRANSFORM_KE:
            continue;
        case TRANSFORM_PRF:
            if (ike)
                continue;
            return false;
        case TRANSFORM_ESN:
            if (!ike)
                continue;
            return false;
        default:
            return false;
        }
    }
    return true;
}

static bool
match(const IkeProposal *ours, const IkeProposal *theirs, Suite *ret)
{
    Suite s = { .ke = KE_NONE };

    if (ours->proto != theirs->proto || !types_understood(theirs) ||
        !choose_cipher(ours, theirs, &s))
        return false;
    if (ours->proto == IKE_PROTO_IKE) {
        if (!choose_required(ours, theirs, TRANSFORM_PRF, &s.prf) ||
            !choose_required(ours, theirs, TRANSFORM_KE, &s.ke))
            return false;
    } else if (!choose_required(ours, theirs, TRANSFORM_ESN, &s.esn) ||
               !choose_optional(ours, theirs, TRANSFORM_KE, &s.ke)) {
        return false;
    }
    *ret = s;
    return true;
}

IkeStatus
ike_choose(const IkeOffer *ours, Slice sa_body, Suite *ret, uint8_t *ret_number, Slice *ret_spi)
{
    if (ike_proposal_check(sa_body) != IKE_OK)
        return IKE_N_INVALID_SYNTAX;
    for (size_t i = 0; i < ours->n; i++) {
        Reader in = reader_init(sa_body);
        IkeProposal theirs;

        while (ike_proposal_next(&in, &theirs) == IKE_OK)
            if (match(&ours->p[i], &theirs, ret)) {
                *ret_number = theirs.number;
                *ret_spi = theirs.spi;
                return IKE_OK;
            }
    }
    return IKE_N_NO_PROPOSAL_CHOSEN;
}

static bool
one_of_each(const IkeProposal *p)
{
    bool seen[UINT8_MAX + 1] = { false };

    for (size_t i = 0; i < p->n; i++) {
        if (seen[p->t[i].type])
            return false;
        seen[p->t[i].type] = true;
    }
    return true;
}

IkeStatus
ike_choose_check(const IkeOffer *ours, Slice sa_body, Suite *ret, Slice *ret_spi)
{
    Reader in = reader_init(sa_body);
    IkeProposal answer;

    if (ike_proposal_next(&in, &answer) != IKE_OK || reader_left(&in) != 0 || answer.number == 0 ||
        answer.number > ours->n || !one_of_each(&answer) ||
        !match(&ours->p[answer.number - 1], &answer, ret))
        return IKE_N_NO_PROPOSAL_CHOSEN;
    *ret_spi = answer.spi;
    return IKE_OK;
}

static void
add(IkeProposal *p, uint8_t type, uint16_t id, uint16_t key_bits)
{
    p->t[p->n++] = (IkeTransform){ .type = type, .id = id, .key_bits = key_bits };
}

void
ike_choose_write(uint8_t proto, uint8_t number, Slice spi, const Suite *s, Writer *out)
{
    IkeProposal p = { .number = number, .proto = proto, .spi = spi };
    const SuiteAlg *encr = suite_find(TRANSFORM_ENCR, s->encr);

    add(&p, TRANSFORM_ENCR, s->encr, encr && encr->key_len_attr ? s->key_bits : 0);
    if (proto == IKE_PROTO_IKE)
        add(&p, TRANSFORM_PRF, s->prf, 0);
    if (s->integ != AUTH_NONE)
        add(&p, TRANSFORM_INTEG, s->integ, 0);
    if (s->ke != KE_NONE)
        add(&p, TRANSFORM_KE, s->ke, 0);
    if (proto != IKE_PROTO_IKE)
        add(&p, TRANSFORM_ESN, s->esn, 0);
    ike_proposal_encode(&p, true, out);
}

static char *
transform_word(const IkeTransform *t)
{
    static const char *const types[] = { "transform", "ENCR", "PRF", "INTEG", "KE", "ESN" };
    const SuiteAlg *alg = suite_find(t->type, t->id);

    if (!alg)
        return g_strdup_printf("%s %u", types[t->type < G_N_ELEMENTS(types) ? t->type : 0], t->id);
    if (t->key_bits)
        return g_strdup_printf("%s-%u", alg->word, t->key_bits);
    return g_strdup(alg->word);
}

/* Every algorithm of @body once, in the peer's order. */
static char *
list_words(Slice body)
{
    g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);
    Reader in = reader_init(body);
    IkeProposal p;

    while (ike_proposal_next(&in, &p) == IKE_OK)
        for (size_t i = 0; i < p.n && words->len <= EXPLAIN_MAX; i++) {
            char *word = p.t[i].type == TRANSFORM_ESN ? NULL : transform_word(&p.t[i]);

            if (!word)
                continue;
            if (words->len == EXPLAIN_MAX) {
                g_free(word);
                word = g_strdup("...");
            }
            if (g_ptr_array_find_with_equal_func(words, word, g_str_equal, NULL))
                g_free(word);
            else
                g_ptr_array_add(words, word);
        }
    g_ptr_array_add(words, NULL);
    return g_strjoinv(", ", (char **)words->pdata);
}

char *
ike_choose_explain(uint8_t proto, Slice sa_body)
{
    g_autofree char *words = NULL;

    if (ike_proposal_check(sa_body) != IKE_OK)
        return g_strdup("its proposals are malformed");
    words = list_words(sa_body);
    for (SuiteRank rank = SUITE_MODERN; rank < SUITE_NEVER; rank++) {
        uint8_t number;
        IkeOffer offer;
        Suite suite;
        Slice spi;

        ike_offer_policy(proto, rank, &offer);
        if (ike_choose(&offer, sa_body, &suite, &number, &spi) == IKE_OK)
            return g_strdup_printf("offers only %s; policy = %s would allow it", words,
                                   suite_rank_name(rank));
    }
    return g_strdup_printf("offers only %s; no policy allows it", words);
}
