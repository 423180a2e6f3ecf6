#include "tests/soak/mutate.h"

#include "agent/ike/ike_header.h"

enum { ESP_PLACES = 8, DAMAGES = 4 };

/* splitmix64 */
uint64_t
mutate_draw(Mutator *m)
{
    uint64_t z = (m->state += UINT64_C(0x9e3779b97f4a7c15));

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

size_t
mutate_below(Mutator *m, size_t n)
{
    return (size_t)(mutate_draw(m) % n);
}

static bool
chance(Mutator *m, size_t one_in)
{
    return mutate_below(m, one_in) == 0;
}

static void
draw_octets(Mutator *m, uint8_t *ret, size_t len)
{
    for (size_t i = 0; i < len; i += sizeof(uint64_t)) {
        uint64_t z = mutate_draw(m);

        memcpy(ret + i, &z, MIN(len - i, sizeof(z)));
    }
}

void
mutate_learn(Mutator *m, const Sample *s)
{
    size_t esp = 0;

    for (size_t i = 0; i < m->n; i++)
        esp += m->v[i].esp;
    if (s->esp && esp >= ESP_PLACES)
        return;
    m->v[m->next] = *s;
    m->next = (m->next + 1) % MUTATE_SAMPLES;
    m->n = MAX(m->n, m->next ? m->next : MUTATE_SAMPLES);
}

static void
put_u16(uint8_t *at, size_t n)
{
    at[0] = (uint8_t)(n >> 8);
    at[1] = (uint8_t)n;
}

/* Octets that decoders have stumbled over. */
static void
odd_octet(Mutator *m, uint8_t *at)
{
    static const uint8_t odd[] = { 0, 1, 2, 3, 4, 7, 8, 0x7f, 0x80, 0xff };

    *at = chance(m, 3) ? (uint8_t)mutate_draw(m) : odd[mutate_below(m, sizeof(odd))];
}

static size_t
cut_out(Mutator *m, uint8_t *octets, size_t len)
{
    size_t at = mutate_below(m, len), n = 1 + mutate_below(m, MIN(len - at, 64));

    memmove(octets + at, octets + at + n, len - at - n);
    return len - n;
}

static size_t
put_in(Mutator *m, uint8_t *octets, size_t len, size_t cap)
{
    size_t at = mutate_below(m, len + 1), n = 1 + mutate_below(m, 64);

    if (len + n > cap)
        return len;
    memmove(octets + at + n, octets + at, len - at);
    if (at >= n && chance(m, 2))
        memcpy(octets + at, octets + at - n, n); /* what stood before it, twice */
    else
        draw_octets(m, octets + at, n);
    return len + n;
}

size_t
mutate_octets(Mutator *m, uint8_t *octets, size_t len, size_t cap)
{
    for (size_t i = 1 + mutate_below(m, DAMAGES); i > 0 && len > 0; i--) {
        size_t at = mutate_below(m, len);

        switch (mutate_below(m, 6)) {
        case 0:
            octets[at] ^= (uint8_t)(1 << mutate_below(m, 8));
            break;
        case 1:
            odd_octet(m, octets + at);
            break;
        case 2:
            if (at + 2 <= len) /* a length or a type, that lies */
                put_u16(octets + at, chance(m, 2) ? mutate_below(m, 65536) : mutate_below(m, len));
            break;
        case 3:
            len = at;
            break;
        case 4:
            len = cut_out(m, octets, len);
            break;
        default:
            len = put_in(m, octets, len, cap);
            break;
        }
    }
    return len;
}

/* Walk the payloads of a clear message, and harm the generic header of one of them. */
static void
harm_payload(Mutator *m, uint8_t *ike, size_t len)
{
    size_t at = IKE_HEADER_LEN;

    for (size_t hop = mutate_below(m, 8); at + 4 <= len; hop--) {
        size_t n = (size_t)(ike[at + 2] << 8 | ike[at + 3]);

        if (hop == 0 || n < 4 || at + n + 4 > len)
            break;
        at += n;
    }
    if (at + 4 > len)
        return;
    if (chance(m, 3))
        put_u16(ike + at + 2, mutate_below(m, 2 * (len - at)));
    else
        odd_octet(m, ike + at + mutate_below(m, 2));
}

/* Another conversation, another message of it, another kind of message. */
static void
harm_header(Mutator *m, uint8_t *ike)
{
    static const uint8_t exchanges[] = { 34, 35, 36, 37 };

    switch (mutate_below(m, 7)) {
    case 0:
    case 1:
        draw_octets(m, ike, 8);
        break;
    case 2:
        draw_octets(m, ike + 8, 8);
        break;
    case 3:
        odd_octet(m, ike + 16);
        break;
    case 4:
        odd_octet(m, ike + 17);
        break;
    case 5:
        ike[18] = chance(m, 4) ? (uint8_t)mutate_draw(m) : exchanges[mutate_below(m, 4)];
        ike[19] ^= (uint8_t)(8 << mutate_below(m, 3)); /* initiator, version, response */
        break;
    default:
        memset(ike + 20, 0, 3);
        odd_octet(m, ike + 23);
        break;
    }
}

static void
mend_length(uint8_t *ike, size_t len)
{
    memset(ike + 24, 0, 2);
    put_u16(ike + 26, len);
}

/* The head of one with the tail of another. */
static size_t
splice(Mutator *m, uint8_t *octets, size_t len)
{
    const Sample *other = &m->v[mutate_below(m, m->n)];
    size_t keep = mutate_below(m, len + 1), from = mutate_below(m, other->len + 1);
    size_t n = MIN(other->len - from, MUTATE_MAX - keep);

    memcpy(octets + keep, other->octets + from, n);
    return keep + n;
}

const Sample *
mutate_next(Mutator *m, uint8_t ret[static MUTATE_MAX], size_t *ret_len)
{
    const Sample *s = &m->v[mutate_below(m, m->n)];
    size_t len = s->len;
    uint8_t *ike = ret + s->at;

    memcpy(ret, s->octets, len);
    if (chance(m, 32)) {
        len = mutate_below(m, 200);
        draw_octets(m, ret, len);
    } else if (!chance(m, 64)) { /* else it is repeated as it was */
        if (!s->esp && len >= s->at + IKE_HEADER_LEN && chance(m, 2))
            harm_header(m, ike);
        if (!s->esp && chance(m, 3))
            harm_payload(m, ike, len - s->at);
        if (chance(m, 16))
            len = splice(m, ret, len);
        if (chance(m, 2))
            len = mutate_octets(m, ret, len, MUTATE_MAX);
    }
    if (!s->esp && len >= s->at + IKE_HEADER_LEN && !chance(m, 3))
        mend_length(ike, len - s->at);
    *ret_len = len;
    return s;
}
