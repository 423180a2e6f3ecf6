#include "agent/ike/ike_rules.h"

enum { REQUEST = 1, RESPONSE = 2, BOTH = REQUEST | RESPONSE };
enum { CLEAR = 1, INSIDE = 2 };
enum { ANY = IKE_PAYLOADS_MAX };

/* What a row does not allow is forbidden. What must be there depends on the state, and the
 * transition table asks for it. */
typedef struct Rule {
    uint8_t exchange;
    uint8_t direction; /* REQUEST, RESPONSE */
    uint8_t place;     /* CLEAR, INSIDE */
    uint8_t type;
    uint8_t max;
    uint64_t not_with; /* payloads it may not share its place with */
} Rule;

#define S(name) IKE_SET(name)
#define CHILD   (S(SA) | S(TSi) | S(TSr) | S(CP))

static const Rule rules[] = {
#define R(exchange, direction, place, type, ...)                                                   \
    {                                                                                              \
        IKE_EXCHANGE_##exchange, direction, place, IKE_PAYLOAD_##type, __VA_ARGS__                 \
    }
    /* RFC 7296 §1.2, appendix C.1; CP: agent/docs/WIRE.md §1.4 */
    R(IKE_SA_INIT, BOTH, CLEAR, SA, 1, 0),
    R(IKE_SA_INIT, BOTH, CLEAR, KE, 1, 0),
    R(IKE_SA_INIT, BOTH, CLEAR, NONCE, 1, 0),
    R(IKE_SA_INIT, BOTH, CLEAR, CERTREQ, ANY, 0),
    R(IKE_SA_INIT, BOTH, CLEAR, CP, 1, 0),
    R(IKE_SA_INIT, BOTH, CLEAR, NOTIFY, ANY, 0),
    R(IKE_SA_INIT, BOTH, CLEAR, VENDOR, ANY, 0),

    /* Protected exchanges: SK or SKF (RFC 7383 §2.5), and notifies of one who has no keys (§1.5) or
     * put in front of it. */
    R(IKE_AUTH, BOTH, CLEAR, SK, 1, 0),
    R(IKE_AUTH, BOTH, CLEAR, SKF, 1, 0),
    R(IKE_AUTH, BOTH, CLEAR, NOTIFY, ANY, 0),
    R(CREATE_CHILD_SA, BOTH, CLEAR, SK, 1, 0),
    R(CREATE_CHILD_SA, BOTH, CLEAR, SKF, 1, 0),
    R(CREATE_CHILD_SA, BOTH, CLEAR, NOTIFY, ANY, 0),
    R(INFORMATIONAL, BOTH, CLEAR, SK, 1, 0),
    R(INFORMATIONAL, BOTH, CLEAR, SKF, 1, 0),
    R(INFORMATIONAL, BOTH, CLEAR, NOTIFY, ANY, 0),

    /* Appendix C.2, C.3: with EAP the child SA waits for the last pair of messages (§2.16). */
    R(IKE_AUTH, REQUEST, INSIDE, IDi, 1, 0),
    R(IKE_AUTH, BOTH, INSIDE, IDr, 1, 0),
    R(IKE_AUTH, BOTH, INSIDE, CERT, ANY, 0),
    R(IKE_AUTH, REQUEST, INSIDE, CERTREQ, ANY, 0),
    R(IKE_AUTH, BOTH, INSIDE, AUTH, 1, 0),
    R(IKE_AUTH, REQUEST, INSIDE, EAP, 1, CHILD | S(IDi) | S(IDr) | S(AUTH)),
    R(IKE_AUTH, RESPONSE, INSIDE, EAP, 1, CHILD),
    R(IKE_AUTH, BOTH, INSIDE, CP, 1, 0),
    R(IKE_AUTH, BOTH, INSIDE, SA, 1, 0),
    R(IKE_AUTH, BOTH, INSIDE, TSi, 1, 0),
    R(IKE_AUTH, BOTH, INSIDE, TSr, 1, 0),
    R(IKE_AUTH, BOTH, INSIDE, NOTIFY, ANY, 0),
    R(IKE_AUTH, BOTH, INSIDE, VENDOR, ANY, 0),

    /* Appendix C.4, C.5 */
    R(CREATE_CHILD_SA, BOTH, INSIDE, SA, 1, 0),
    R(CREATE_CHILD_SA, BOTH, INSIDE, KE, 1, 0),
    R(CREATE_CHILD_SA, BOTH, INSIDE, NONCE, 1, 0),
    R(CREATE_CHILD_SA, BOTH, INSIDE, TSi, 1, 0),
    R(CREATE_CHILD_SA, BOTH, INSIDE, TSr, 1, 0),
    R(CREATE_CHILD_SA, BOTH, INSIDE, CP, 1, 0),
    R(CREATE_CHILD_SA, BOTH, INSIDE, NOTIFY, ANY, 0),
    R(CREATE_CHILD_SA, BOTH, INSIDE, VENDOR, ANY, 0),

    /* Appendix C.6 */
    R(INFORMATIONAL, BOTH, INSIDE, NOTIFY, ANY, 0),
    R(INFORMATIONAL, BOTH, INSIDE, DELETE, ANY, 0),
    R(INFORMATIONAL, BOTH, INSIDE, CP, 1, 0),
    R(INFORMATIONAL, BOTH, INSIDE, VENDOR, ANY, 0),
#undef R
};

/* One clause per payload type and kind of offence, so that the log can name it. */
static const struct {
    const char *stray, *again, *beside;
} clauses[UINT8_MAX + 1] = {
#define X(name, number, word)                                                                      \
    [number] = { word " payload where none belongs", "more than one " word " payload",             \
                 word " payload beside one that excludes it" },
    IKE_PAYLOAD_LIST(X)
#undef X
};

static bool
exchange_known(uint8_t exchange)
{
    switch (exchange) {
#define X(name, number) case number:
        IKE_EXCHANGE_LIST(X)
#undef X
        return true;
    default:
        return false;
    }
}

static const Rule *
find_rule(const IkeMsg *m, const IkePayload *p)
{
    uint8_t direction = ike_msg_is_response(m) ? RESPONSE : REQUEST;
    uint8_t place = p->inner ? INSIDE : CLEAR;

    for (size_t i = 0; i < G_N_ELEMENTS(rules); i++)
        if (rules[i].exchange == m->h.exchange && rules[i].type == p->type &&
            (rules[i].direction & direction) && (rules[i].place & place))
            return &rules[i];
    return NULL;
}

IkeStatus
ike_rules_check(const IkeMsg *m, const char **ret_why)
{
    uint8_t count[UINT8_MAX + 1][2] = { 0 };

    if (!exchange_known(m->h.exchange)) {
        *ret_why = "unknown exchange type";
        return IKE_N_INVALID_SYNTAX;
    }
    if (m->unknown_critical) {
        *ret_why = "an unknown payload is marked critical";
        return IKE_N_UNSUPPORTED_CRITICAL_PAYLOAD;
    }
    for (size_t i = 0; i < m->n; i++) {
        const IkePayload *p = &m->p[i];
        const Rule *rule;

        if (!clauses[p->type].stray) /* §2.5: unknown and not critical is skipped */
            continue;
        rule = find_rule(m, p);
        if (!rule) {
            *ret_why = clauses[p->type].stray;
            return IKE_N_INVALID_SYNTAX;
        }
        if (++count[p->type][p->inner] > rule->max) {
            *ret_why = clauses[p->type].again;
            return IKE_N_INVALID_SYNTAX;
        }
        if (rule->not_with & (p->inner ? m->inner : m->outer)) {
            *ret_why = clauses[p->type].beside;
            return IKE_N_INVALID_SYNTAX;
        }
    }
    return IKE_OK;
}
