/* The table of lies, how they are asked for, and where they are told. */
#include "agent/ike/ike_impair.h"

#include <stdlib.h>

#include "agent/ike/ike_impair_private.h"

enum { LIES_MAX = 32 };

#define LETTER(run)   .letter = ike_lie_##run
#define DATAGRAM(run) .datagram = ike_lie_##run

#define ike_lie_none NULL /* told where the proof is made, or the message comes in */

static const IkeLieRow rows[] = {
    /* datagrams on their way out */
    { "drop", IKE_LIE_NONE, NULL, "the datagram is lost", DATAGRAM(drop) },
    { "double", IKE_LIE_NONE, NULL, "it goes out twice", DATAGRAM(double) },
    { "delay", IKE_LIE_NONE, NULL, "it is kept back until the next one", DATAGRAM(delay) },
    { "replay", IKE_LIE_NONE, NULL, "the one before goes out again behind it", DATAGRAM(replay) },
    { "corrupt", IKE_LIE_NONE, NULL, "one bit of it is flipped", DATAGRAM(corrupt) },
    { "truncate", IKE_LIE_NONE, NULL, "its second half is missing", DATAGRAM(truncate) },
    { "trailing", IKE_LIE_NONE, NULL, "octets follow it", DATAGRAM(trailing) },
    { "length", IKE_LIE_NONE, NULL, "its length field says more", DATAGRAM(length) },
    /* fragments before they are sealed */
    { "fragment", IKE_LIE_WORD, "zero beyond twice more fewer shrunk",
      "of a fragment but the first: its number, the total, or less in it",
      .fragment = ike_lie_fragment },
    /* the chain of payloads before it is sealed */
    { "omit", IKE_LIE_PAYLOAD, NULL, "no payload of that type", LETTER(omit) },
    { "empty", IKE_LIE_PAYLOAD, NULL, "nothing in those of that type", LETTER(empty) },
    { "duplicate", IKE_LIE_PAYLOAD, NULL, "the first of that type twice", LETTER(duplicate) },
    { "critical", IKE_LIE_PAYLOAD, NULL, "the critical bit of that type", LETTER(critical) },
    { "unknown", IKE_LIE_NONE, NULL, "a payload of unknown type", LETTER(unknown) },
    { "unknown-critical", IKE_LIE_NONE, NULL, "the same, critical", LETTER(unknown_critical) },
    { "reserved", IKE_LIE_NONE, NULL, "all reserved bits and octets are set", LETTER(reserved) },
    { "garbage", IKE_LIE_NONE, NULL, "octets that are no chain", LETTER(garbage) },
    { "notify", IKE_LIE_NOTIFY, NULL, "a Notify more, without data", LETTER(notify) },
    { "storm", IKE_LIE_NUMBER, NULL, "so many status notifies more", LETTER(storm) },
    { "only", IKE_LIE_NOTIFY, NULL, "that Notify and nothing else", LETTER(only) },
    /* the header, under a good ICV */
    { "version", IKE_LIE_NUMBER, NULL, "the version octet (33 is 2.1, 48 is 3.0)",
      LETTER(version) },
    { "exchange", IKE_LIE_NUMBER, NULL, "the exchange type", LETTER(exchange) },
    { "id", IKE_LIE_NUMBER, NULL, "added to the Message ID", LETTER(id) },
    { "spi", IKE_LIE_WORD, "initiator responder", "that SPI is zero", LETTER(spi) },
    /* what payloads say */
    { "auth", IKE_LIE_WORD, "bit other short", "AUTH: a bit flipped, other octets, one octet",
      LETTER(auth) },
    { "auth-method", IKE_LIE_NUMBER, NULL, "AUTH: of another method", LETTER(auth_method) },
    { "auth-nonce", IKE_LIE_NONE, NULL, "AUTH covers our nonce instead of the peer's",
      LETTER(none) },
    { "believe", IKE_LIE_NONE, NULL, "any AUTH of the peer's is taken for right", LETTER(none) },
    { "deaf", IKE_LIE_NONE, NULL, "the peer's message is not seen", LETTER(none) },
    { "eap", IKE_LIE_WORD, "success failure response unknown short bit",
      "EAP: another packet, also where there was none", LETTER(eap) },
    { "ke", IKE_LIE_WORD, "zero one top short long group", "KE: another public value or group",
      LETTER(ke) },
    { "nonce", IKE_LIE_WORD, "short long other", "N: 15 octets, 257, or not the one we use",
      LETTER(nonce) },
    { "sa", IKE_LIE_WORD, "weak spi number", "SA: DES, SPI zero, a number that was not offered",
      LETTER(sa) },
    { "ts", IKE_LIE_WORD, "wide family backwards many none",
      "TSi, TSr: everything, IPv6, start > end, 255, none", LETTER(ts) },
    { "cp", IKE_LIE_WORD, "none zero loopback multicast gateway control huge many request",
      "CFG: no address or such a one, hostile texts, too much, a CFG_REQUEST", LETTER(cp) },
    { "delete", IKE_LIE_WORD, "foreign twice ike", "a Delete more: of an unknown child SA, of all",
      LETTER(delete) },
    { "rekey-spi", IKE_LIE_NONE, NULL, "REKEY_SA names a child SA that is not there",
      LETTER(rekey_spi) },
    { "cookie", IKE_LIE_NONE, NULL, "IKE_SA_INIT: a cookie is asked for, every time another",
      LETTER(cookie), .refuses = true },
    { "invalid-ke", IKE_LIE_NUMBER, NULL, "IKE_SA_INIT: that group is wanted, or with 0 any other",
      LETTER(invalid_ke), .refuses = true },
    { "redirect", IKE_LIE_WORD, "self loopback multicast name garbage nonce",
      "REDIRECT: to ourselves, to nowhere good, malformed, not bound to the nonce",
      LETTER(redirect), .refuses = true },
};

typedef struct Lie {
    const IkeLieRow *row;
    unsigned arg;
    uint8_t exchange; /* 0: any */
    bool sided, response;
    bool numbered;
    uint32_t id;
    unsigned times; /* 0: always */
    unsigned told;
} Lie;

struct IkeImpair {
    Lie v[LIES_MAX];
    size_t n;
    unsigned told;
};

const char *
ike_impair_name(unsigned i)
{
    return i < G_N_ELEMENTS(rows) ? rows[i].name : NULL;
}

static char *
help_text(void)
{
    GString *s =
        g_string_new("NAME[=ARG][@EXCHANGE[.request|.response][#MESSAGEID]][*TIMES],...\n");
    static const char *const takes[] = { [IKE_LIE_NONE] = "",
                                         [IKE_LIE_PAYLOAD] = "=PAYLOAD",
                                         [IKE_LIE_NOTIFY] = "=NOTIFY",
                                         [IKE_LIE_NUMBER] = "=NUMBER",
                                         [IKE_LIE_WORD] = "=WORD" };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *head = g_strconcat(rows[i].name, takes[rows[i].takes], NULL);

        g_string_append_printf(s, "  %-20s %s%s%s\n", head, rows[i].story,
                               rows[i].words ? ": " : "", rows[i].words ? rows[i].words : "");
    }
    return g_string_free(s, FALSE);
}

static bool
parse_number(const char *text, unsigned *ret)
{
    guint64 n;

    if (!g_ascii_string_to_unsigned(text, 10, 0, UINT32_MAX, &n, NULL))
        return false;
    *ret = (unsigned)n;
    return true;
}

static bool
parse_name(const char *text, const char *names, unsigned *ret)
{
    g_auto(GStrv) v = g_strsplit(names, " ", -1);

    for (*ret = 0; v[*ret]; ++*ret)
        if (g_str_equal(v[*ret], text))
            return true;
    return false;
}

typedef struct Number {
    const char *name;
    unsigned value;
} Number;

static const Number payloads[] = {
#define X(name, value, word) { #name, value },
    IKE_PAYLOAD_LIST(X)
#undef X
};
static const Number notifies[] = {
#define X(name, value) { #name, value },
    IKE_NOTIFY_LIST(X)
#undef X
};
static const Number exchanges[] = {
#define X(name, value) { #name, value },
    IKE_EXCHANGE_LIST(X)
#undef X
};

static bool
look_up(const char *text, const Number *v, size_t n, unsigned *ret)
{
    for (size_t i = 0; i < n; i++)
        if (g_str_equal(v[i].name, text)) {
            *ret = v[i].value;
            return true;
        }
    return parse_number(text, ret);
}
#define LOOK_UP(text, v, ret) look_up(text, v, G_N_ELEMENTS(v), ret)

static bool
parse_arg(Lie *lie, const char *text)
{
    switch (lie->row->takes) {
    case IKE_LIE_NONE:
        return !text;
    case IKE_LIE_PAYLOAD:
        return text && LOOK_UP(text, payloads, &lie->arg) && lie->arg <= UINT8_MAX;
    case IKE_LIE_NOTIFY:
        return text && LOOK_UP(text, notifies, &lie->arg) && lie->arg <= UINT16_MAX;
    case IKE_LIE_NUMBER:
        return text && parse_number(text, &lie->arg);
    case IKE_LIE_WORD:
        return text && parse_name(text, lie->row->words, &lie->arg);
    }
    g_assert_not_reached();
}

/* EXCHANGE[.request|.response][#MESSAGEID] */
static bool
parse_where(Lie *lie, char *text)
{
    char *id = strchr(text, '#'), *side = strchr(text, '.');
    unsigned n;

    if (id) {
        *id++ = '\0';
        lie->numbered = true;
        if (!parse_number(id, &lie->id))
            return false;
    }
    if (side) {
        *side++ = '\0';
        lie->sided = true;
        lie->response = g_str_equal(side, "response");
        if (!lie->response && !g_str_equal(side, "request"))
            return false;
    }
    if (!LOOK_UP(text, exchanges, &n) || n > UINT8_MAX)
        return false;
    lie->exchange = (uint8_t)n;
    return true;
}

static const IkeLieRow *
row_of(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        if (g_str_equal(rows[i].name, name))
            return &rows[i];
    return NULL;
}

/* From the end to the front; @text is cut to pieces. */
static bool
parse_lie(Lie *lie, char *text)
{
    char *times = strrchr(text, '*'), *where, *arg;

    if (times) {
        *times++ = '\0';
        if (!parse_number(times, &lie->times) || lie->times == 0)
            return false;
    }
    where = strchr(text, '@');
    if (where)
        *where++ = '\0';
    arg = strchr(text, '=');
    if (arg)
        *arg++ = '\0';
    lie->row = row_of(text);
    return lie->row && parse_arg(lie, arg) && (!where || parse_where(lie, where));
}

IkeImpair *
ike_impair_parse(const char *text, char **ret_why)
{
    g_autoptr(IkeImpair) impair = g_new0(IkeImpair, 1);
    g_auto(GStrv) v = g_strsplit(text, ",", -1);

    for (size_t i = 0; v[i]; i++) {
        g_autofree char *copy = g_strdup(v[i]);

        if (i == LIES_MAX) {
            *ret_why = g_strdup_printf("more than %d lies", LIES_MAX);
            return NULL;
        }
        if (!parse_lie(&impair->v[impair->n++], copy)) {
            g_autofree char *help = help_text();

            *ret_why = g_strdup_printf("%s is no lie; they are\n%s", v[i], help);
            return NULL;
        }
    }
    if (impair->n == 0)
        *ret_why = g_strdup("nothing is no lie");
    return impair->n > 0 ? g_steal_pointer(&impair) : NULL;
}

void
ike_impair_free(IkeImpair *impair)
{
    g_free(impair);
}

unsigned
ike_impair_told(const IkeImpair *impair)
{
    return impair->told;
}

/* Is @lie about a message with this header? */
static bool
is_about(const Lie *lie, const IkeHeader *h)
{
    bool response = (h->flags & IKE_FLAG_RESPONSE) != 0;

    return (lie->times == 0 || lie->told < lie->times) &&
           (lie->exchange == 0 || lie->exchange == h->exchange) &&
           (!lie->sided || lie->response == response) &&
           (!lie->numbered || lie->id == h->message_id);
}

static void
count(IkeImpair *impair, Lie *lie)
{
    impair->told++;
    lie->told++;
}

/* The lie called @name that is about @h, NULL: about anything. */
static Lie *
find(const IkeSa *sa, const char *name, const IkeHeader *h)
{
    IkeImpair *impair = sa->config->impair;

    for (size_t i = 0; impair && i < impair->n; i++)
        if (g_str_equal(impair->v[i].row->name, name) && (!h || is_about(&impair->v[i], h)))
            return &impair->v[i];
    return NULL;
}

static bool
tell_letter(IkeSa *sa, IkeLetter *l)
{
    const IkeHeader h = l->h;
    IkeImpair *impair = sa->config->impair;
    bool any = false;

    for (size_t i = 0; i < impair->n; i++) {
        Lie *lie = &impair->v[i];

        if (!lie->row->letter || !is_about(lie, &h) || !lie->row->letter(sa, l, lie->arg))
            continue;
        count(impair, lie);
        any = true;
    }
    return any;
}

GBytes *
ike_impair_clear(IkeSa *sa, GBytes *octets)
{
    g_autofree uint8_t *buf = NULL;
    g_auto(IkeLetter) l = { 0 };
    Reader in = reader_init(ike_sa_bytes(octets));
    Writer w = { .cap = IKE_MESSAGE_MAX };
    IkeHeader h;
    IkeChain c;

    if (!sa->config->impair)
        return octets;
    g_assert(ike_header_decode(&in, &h) == IKE_OK);
    ike_letter_init(&l, &h, false);
    g_assert(ike_letter_read(&l, h.next_payload, reader_rest(&in)));
    if (!tell_letter(sa, &l))
        return octets;
    w.base = buf = g_malloc(IKE_MESSAGE_MAX);
    ike_header_encode(&l.h, &w);
    c = ike_chain_begin(&w, 0);
    ike_letter_write(&l, &c);
    ike_header_finish(&w, 0);
    g_assert(!w.overflow);
    g_bytes_unref(octets);
    return g_bytes_new(w.base, w.len);
}

void
ike_impair_draft(IkeSa *sa, IkeHeader *h, IkeDraft *d)
{
    g_auto(IkeLetter) l = { 0 };

    if (!sa->config->impair || d->out.overflow)
        return;
    ike_letter_init(&l, h, true);
    g_assert(ike_letter_read(&l, d->chain.first, writer_view(&d->out)));
    if (!tell_letter(sa, &l))
        return;
    *h = l.h;
    explicit_bzero(d->buf, d->out.len);
    d->out.len = 0;
    d->chain = ike_chain_begin(&d->out, SIZE_MAX);
    ike_letter_write(&l, &d->chain);
    if (l.raw)
        d->chain.first = IKE_PAYLOAD_NOTIFY;
}

void
ike_impair_fragment(IkeSa *sa, const IkeHeader *h, IkeSkf *f)
{
    Lie *lie = find(sa, "fragment", h);

    if (lie && lie->row->fragment(f, lie->arg))
        count(sa->config->impair, lie);
}

bool
ike_impair_refuses(IkeSa *sa)
{
    IkeImpair *impair = sa->config->impair;
    IkeHeader h = { .exchange = IKE_EXCHANGE_IKE_SA_INIT, .flags = IKE_FLAG_RESPONSE };

    for (size_t i = 0; impair && i < impair->n; i++)
        if (impair->v[i].row->refuses && is_about(&impair->v[i], &h))
            return true;
    return false;
}

bool
ike_impair_deaf(IkeSa *sa, const IkeHeader *h)
{
    Lie *lie = find(sa, "deaf", h);

    if (lie)
        count(sa->config->impair, lie);
    return lie != NULL;
}

bool
ike_impair_believes(const IkeSa *sa)
{
    Lie *lie = find(sa, "believe", NULL);

    if (lie)
        count(sa->config->impair, lie);
    return lie != NULL;
}

bool
ike_impair_own_nonce(const IkeSa *sa)
{
    Lie *lie = find(sa, "auth-nonce", NULL);

    if (lie)
        count(sa->config->impair, lie);
    return lie != NULL;
}

static IkeOut *
out_of(const IkeOut *like, const GByteArray *octets)
{
    IkeOut *o = g_new0(IkeOut, 1);

    o->path = like->path;
    o->octets = g_bytes_new(octets->data, octets->len);
    return o;
}

/* @o goes out, as it is or as the lies about datagrams want it; taken. */
static void
tell_datagram(IkeSa *sa, IkeOut *o)
{
    g_autoptr(GByteArray) octets = g_byte_array_new();
    IkeImpair *impair = sa->config->impair;
    Slice wire = ike_sa_bytes(o->octets);
    Reader in = reader_init(wire);
    IkeHeader h;

    if (!o->octets || ike_header_decode(&in, &h) != IKE_OK) {
        g_queue_push_tail(&sa->impaired->ready, o);
        return;
    }
    g_byte_array_append(octets, wire.p, (guint)wire.len);
    ike_out_free(sa->impaired->past);
    sa->impaired->past = sa->impaired->last;
    sa->impaired->last = out_of(o, octets);
    for (size_t i = 0; i < impair->n; i++) {
        Lie *lie = &impair->v[i];

        if (lie->row->datagram && is_about(lie, &h) && lie->row->datagram(sa, octets, lie->arg))
            count(impair, lie);
    }
    if (octets->len > 0)
        g_queue_push_head(&sa->impaired->ready, out_of(o, octets));
    ike_out_free(o);
}

IkeOut *
ike_impair_pull(IkeSa *sa)
{
    IkeOut *o;

    if (!sa->config->impair)
        return g_queue_pop_head(&sa->out);
    if (!sa->impaired)
        sa->impaired = g_new0(IkeImpaired, 1);
    while (g_queue_is_empty(&sa->impaired->ready) && (o = g_queue_pop_head(&sa->out)))
        tell_datagram(sa, o);
    return g_queue_pop_head(&sa->impaired->ready);
}

void
ike_impaired_clear(IkeImpaired *i)
{
    if (!i)
        return;
    g_queue_clear_full(&i->ready, (GDestroyNotify)ike_out_free);
    ike_out_free(i->held);
    ike_out_free(i->past);
    ike_out_free(i->last);
    g_free(i);
}
