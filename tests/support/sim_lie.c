#include "tests/support/sim_lie.h"

#include "agent/ike/ike_sa_private.h"
#include "agent/ike/ike_sk.h"

typedef struct Liar {
    SimLie lie;
    void *user;
} Liar;

SimPayload *
sim_letter_add(SimLetter *l, uint8_t type, Slice body)
{
    return ike_letter_add(&l->inside, type, body);
}

SimPayload *
sim_letter_find(const SimLetter *l, uint8_t type)
{
    return ike_letter_find(&l->inside, type);
}

void
sim_letter_remove(SimLetter *l, uint8_t type)
{
    SimPayload *p = sim_letter_find(l, type);

    g_assert_nonnull(p);
    g_ptr_array_remove(l->payloads, p);
}

char *
sim_letter_order(const SimLetter *l)
{
    g_autoptr(GString) s = g_string_new(NULL);

    for (guint i = 0; i < l->payloads->len; i++) {
        const SimPayload *p = g_ptr_array_index(l->payloads, i);

        g_string_append_printf(s, "%s%s", i ? " " : "", ike_payload_name(p->type));
    }
    return g_strdup(s->str);
}

char *
sim_letter_sizes(const SimLetter *l)
{
    g_autoptr(GString) s = g_string_new(NULL);

    for (guint i = 0; i < l->payloads->len; i++) {
        const SimPayload *p = g_ptr_array_index(l->payloads, i);

        g_string_append_printf(s, "%s%u", i ? " " : "", p->body->len + IKE_PAYLOAD_HEADER_LEN);
    }
    return g_strdup(s->str);
}

static bool
is_of(const IkeEpoch *e, const IkeHeader *h)
{
    return e && e->armed && e->spi_i == h->spi_i && e->spi_r == h->spi_r;
}

static const IkeEpoch *
epoch_in(const IkeSa *sa, const IkeHeader *h)
{
    if (is_of(sa->ike, h))
        return sa->ike;
    if (is_of(sa->rival, h))
        return sa->rival;
    for (size_t i = 0; i < sa->n_replaced; i++)
        if (is_of(sa->replaced[i], h))
            return sa->replaced[i];
    return NULL;
}

/* The IKE SA whose keys a message of @from with header @h is under. */
static const IkeEpoch *
epoch_of(const Sim *sim, SimSide from, const IkeHeader *h)
{
    const IkeEpoch *e = NULL;

    if (from == SIM_CLIENT)
        return epoch_in(sim->client.sa, h);
    for (guint i = 0; i < sim->sas->len && !e; i++)
        e = epoch_in(g_ptr_array_index(sim->sas, i), h);
    return e;
}

/* The direction of SK that the original initiator of @e sends in, or the other (RFC 7296 §2.14). */
static Aead *
aead_of(const IkeEpoch *e, bool initiator, AeadUse use)
{
    const IkeKeys *k = &e->keys;
    Aead *a = aead_new(&e->suite, secret_view(initiator ? &k->ei : &k->er),
                       secret_view(initiator ? &k->ai : &k->ar), use);

    g_assert_nonnull(a);
    return a;
}

bool
sim_peek(const Sim *sim, SimSide from, Slice octets, Secret *ret)
{
    g_autofree uint8_t *scratch = g_malloc(octets.len + 1);
    g_autoptr(Aead) a = NULL;
    const IkePayload *sk;
    const IkeEpoch *e;
    Slice plain;
    IkeMsg m;

    if (ike_msg_decode(octets, &m, NULL) != IKE_OK || !(e = epoch_of(sim, from, &m.h)) ||
        !(sk = ike_msg_find(&m, IKE_PAYLOAD_SK, NULL)))
        return false;
    a = aead_of(e, (m.h.flags & IKE_FLAG_INITIATOR) != 0, AEAD_OPEN);
    if (!ike_sk_open(a, m.octets, sk->body, scratch, &plain))
        return false;
    secret_set(ret, plain);
    return true;
}

static void
seal(Sim *sim, const IkeLetter *l, const IkeEpoch *e, GByteArray *octets)
{
    g_autofree uint8_t *wire = g_malloc(IKE_MESSAGE_MAX), *plain = g_malloc(IKE_MESSAGE_MAX);
    Writer w = { .base = wire, .cap = IKE_MESSAGE_MAX };
    Writer in = { .base = plain, .cap = IKE_MESSAGE_MAX };
    IkeChain c;

    ike_header_encode(&l->h, &w);
    if (l->sealed) {
        g_autoptr(Aead) a = aead_of(e, (l->h.flags & IKE_FLAG_INITIATOR) != 0, AEAD_SEAL);
        uint8_t iv[32];

        c = ike_chain_begin(&in, SIZE_MAX);
        ike_letter_write(l, &c);
        sim->env.random(sim->env.user, iv, sizeof(iv) - 1);
        ike_sk_seal(a, &w, 0, c.first, writer_view(&in), iv);
    } else {
        c = ike_chain_begin(&w, 0);
        ike_letter_write(l, &c);
        ike_header_finish(&w, 0);
    }
    g_assert_false(w.overflow);
    g_byte_array_set_size(octets, 0);
    g_byte_array_append(octets, w.base, (guint)w.len);
}

static void
tap(Sim *sim, SimSide from, GByteArray *octets, void *user)
{
    Liar *liar = user;
    SimLetter l = { .from = from };
    g_autofree uint8_t *scratch = NULL;
    Slice plain;
    const IkeEpoch *e;
    IkeMsg m;

    g_assert_cmpint(ike_msg_decode((Slice){ octets->data, octets->len }, &m, NULL), ==, IKE_OK);
    e = epoch_of(sim, from, &m.h);
    l.sealed = (m.outer & IKE_SET(SK)) != 0;
    if (l.sealed && !e)
        return; /* a repetition from beyond the grave */
    if (l.sealed) {
        const IkePayload *sk = ike_msg_find(&m, IKE_PAYLOAD_SK, NULL);
        g_autoptr(Aead) a = aead_of(e, (m.h.flags & IKE_FLAG_INITIATOR) != 0, AEAD_OPEN);

        scratch = g_malloc(octets->len);
        g_assert_true(ike_sk_open(a, m.octets, sk->body, scratch, &plain));
        g_assert_cmpint(ike_msg_decode_inner(&m, sk->next, plain, NULL), ==, IKE_OK);
    }
    l.exchange = m.h.exchange;
    l.response = ike_msg_is_response(&m);
    l.id = m.h.message_id;
    ike_letter_init(&l.inside, &m.h, l.sealed);
    l.payloads = l.inside.parts;
    for (size_t i = 0; i < m.n; i++)
        if (m.p[i].inner == l.sealed)
            sim_letter_add(&l, m.p[i].type, m.p[i].body);
    if (liar->lie(sim, &l, liar->user))
        seal(sim, &l.inside, e, octets);
    ike_letter_clear(&l.inside);
}

void
sim_lie(Sim *sim, SimLie lie, void *user)
{
    Liar *liar = g_new0(Liar, 1);

    *liar = (Liar){ lie, user };
    sim->tap = tap;
    g_free(sim->tap_user);
    sim->tap_user = liar;
}

/* The SA to forge for: the gateway's newest has its keys first. */
static const IkeSa *
forged_sa(const Sim *sim)
{
    return sim->gateway.sa ? sim->gateway.sa : sim->client.sa;
}

uint8_t
sim_flags(SimSide from, bool response)
{
    return (uint8_t)((from == SIM_CLIENT ? IKE_FLAG_INITIATOR : 0) |
                     (response ? IKE_FLAG_RESPONSE : 0));
}

GByteArray *
sim_seal(Sim *sim, SimSide from, uint8_t exchange, uint8_t flags, uint32_t id, uint8_t first,
         Slice plain)
{
    const IkeSa *sa = forged_sa(sim);
    bool client_began = sa->ike->ours == (sa->role == IKE_INITIATOR);
    g_autoptr(Aead) a = aead_of(sa->ike, (from == SIM_CLIENT) == client_began, AEAD_SEAL);
    g_autofree uint8_t *wire = g_malloc(IKE_MESSAGE_MAX);
    Writer w = { .base = wire, .cap = IKE_MESSAGE_MAX };
    uint8_t iv[32];

    ike_header_encode(&(IkeHeader){ .spi_i = sa->ike->spi_i,
                                    .spi_r = sa->ike->spi_r,
                                    .version = IKE_VERSION,
                                    .exchange = exchange,
                                    .flags = flags,
                                    .message_id = id },
                      &w);
    sim->env.random(sim->env.user, iv, sizeof(iv) - 1);
    ike_sk_seal(a, &w, 0, first, plain, iv);
    return g_byte_array_append(g_byte_array_new(), w.base, (guint)w.len);
}

void
sim_forge_plain(Sim *sim, SimSide from, uint8_t exchange, uint8_t flags, uint32_t id, uint8_t first,
                Slice plain)
{
    g_autoptr(GByteArray) wire = sim_seal(sim, from, exchange, flags, id, first, plain);

    sim_inject(sim, from == SIM_CLIENT ? SIM_GATEWAY : SIM_CLIENT, true,
               (Slice){ wire->data, wire->len });
}

void
sim_forge(Sim *sim, SimSide from, uint8_t exchange, bool response, uint32_t id, uint8_t type,
          Slice body)
{
    uint8_t buf[512];
    Writer w = { .base = buf, .cap = sizeof(buf) };
    IkeChain c = ike_chain_begin(&w, SIZE_MAX);

    if (type != IKE_PAYLOAD_NONE)
        ike_chain_add(&c, type, body);
    g_assert_false(w.overflow);
    sim_forge_plain(sim, from, exchange, sim_flags(from, response), id, c.first, writer_view(&w));
}
