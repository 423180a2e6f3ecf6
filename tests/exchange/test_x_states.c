/* test_x_states.c - every message in every state, from a peer that has the keys: what comes of it
 * stands in one table; and whatever it is, at most one pair of child SAs is up, the keys stay, and
 * afterwards both ends go on together or both have closed. */
#include "tests/support/sim_cell.h"
#include "tests/support/sim_cross.h"
#include "tests/support/test.h"

enum { INIT = 34, AUTH = 35, CREATE = 36, INFO = 37, UNKNOWN = 43 };
#define ANY_FORM SIM_FORMS

typedef struct Row {
    const char *places; /* "c:" or "g:" and SimPlace.name */
    uint8_t exchange;   /* 0: any */
    bool response;
    SimForm form;
    const char *contents;
    const char *reaction;
} Row;

/* Where a request may come in the middle of a login: client; and gateway, but while it owes an
 * answer. */
#define CLIENT "c:AUTH_SENT c:TRUST* c:EAP c:ASKING c:AUTH_FINAL "
#define SERVER "g:INIT_SEEN g:AGAIN g:LOGIN g:EAP_DONE "
/* Client: an IKE_AUTH response is waited for. */
#define WAITING "c:AUTH_SENT c:EAP c:AUTH_FINAL "
#define UP      "c:READY* g:READY* "
#define GOING   "c:DELETING g:DELETING "
#define GONE    "c:CLOSED g:CLOSED "

/* What an exchange may not carry (ike_rules), and what cannot be read. */
#define NOT_IN_AUTH   "KE NONCE SK SKF CP:99 D:* new-child rekey-* "
#define NOT_IN_CREATE "ID? CERT* AUTH SK SKF CP:99 EAP:* D:* "
#define NOT_IN_INFO   "SA KE ID? CERT* AUTH NONCE TS? SK SKF CP:99 EAP:* D:99 new-child rekey-* "
/* How a peer says that it has ended the IKE SA (RFC 7296 §1.4.1, §2.21). */
#define END "D:IKE E:INVALID_SYNTAX E:AUTHENTICATION_FAILED "

#define BREAKS    "answers N:INVALID_SYNTAX; closed: protocol"
#define REFUSES   "answers N:NO_ADDITIONAL_SAS"
#define NOT_NOW   "answers N:TEMPORARY_FAILURE"
#define CRITICAL  "answers N:UNSUPPORTED_CRITICAL_PAYLOAD"
#define SAYS_BYE  "asks INFORMATIONAL DELETE; is DELETING"
#define NOT_THERE "clearly answers N:INVALID_IKE_SPI"
#define NATD      "N:NAT_DETECTION_SOURCE_IP N:NAT_DETECTION_DESTINATION_IP"

/* First match wins; where none fits, nothing at all may come of it. */
static const Row rows[] = {
#define REQUEST(places, exchange, contents, reaction)                                              \
    {                                                                                              \
        places, exchange, false, SIM_GOOD, contents, reaction                                      \
    }
#define RESPONSE(places, exchange, contents, reaction)                                             \
    {                                                                                              \
        places, exchange, true, SIM_GOOD, contents, reaction                                       \
    }
    /* What no protection vouches for: hints at most (§2.4, §2.21.4), but for IKE_SA_INIT. */
    { "g:CLOSED", 0, false, ANY_FORM, "*", NOT_THERE },
    { "c:INIT_SENT*", INIT, true, SIM_CLEAR, "redirect", "closed: redirect" },
    { "c:INIT_SENT*", INIT, true, SIM_CLEAR, "cookie", "asks IKE_SA_INIT N:COOKIE" },
    { "c:INIT_SENT:cookie", INIT, true, SIM_CLEAR, "E:wrong-group", "asks IKE_SA_INIT N:COOKIE" },
    { "c:INIT_SENT", INIT, true, SIM_CLEAR, "E:wrong-group", "asks IKE_SA_INIT" },
    { "c:READY", 0, true, SIM_CLEAR, "E:INVALID_IKE_SPI",
      "asks INFORMATIONAL N:UPDATE_SA_ADDRESSES " NATD },
    { "g:READY", 0, true, SIM_CLEAR, "E:INVALID_IKE_SPI", "asks INFORMATIONAL" },

    /* Protected, and not as it must be: the end of a login, and of an IKE SA (§2.21.3); but a
     * critical payload costs only the request (§2.5), and who is leaving does not mind. */
    REQUEST(UP SERVER, UNKNOWN, "*", BREAKS),
    REQUEST(UP, 0, "critical", CRITICAL),
    REQUEST(SERVER, 0, "critical", CRITICAL "; closed: protocol"),
    REQUEST(UP SERVER, INIT, "*", BREAKS),
    REQUEST(UP SERVER, CREATE, NOT_IN_CREATE, BREAKS),
    REQUEST(UP SERVER, INFO, NOT_IN_INFO, BREAKS),
    REQUEST(UP, AUTH, NOT_IN_AUTH, BREAKS),

    /* IKE_AUTH */
    REQUEST(SERVER, AUTH, "E:*", "answers N:INVALID_SYNTAX; closed: peer"),
    REQUEST("g:AGAIN", AUTH, "IDi", "answers EAP; is LOGIN"),
    REQUEST("g:LOGIN", AUTH, "EAP:2", "answers EAP N:AUTHENTICATION_FAILED; closed: login"),
    REQUEST("g:LOGIN", AUTH, "EAP:*", "answers N:AUTHENTICATION_FAILED; closed: protocol"),
    REQUEST("g:EAP_DONE", AUTH, "AUTH", "answers N:AUTHENTICATION_FAILED; closed: login"),
    REQUEST(SERVER, AUTH, "*", BREAKS),
    REQUEST(UP, AUTH, "*", REFUSES),
    REQUEST(GOING, AUTH, NOT_IN_AUTH "critical", "ignored"),
    REQUEST(GOING, AUTH, "*", NOT_NOW),
    RESPONSE(WAITING, AUTH, NOT_IN_AUTH "IDi CERTREQ",
             "asks INFORMATIONAL N:INVALID_SYNTAX; is DELETING"),
    RESPONSE(WAITING, AUTH, "critical", SAYS_BYE),
    RESPONSE(WAITING, AUTH, "E:NO_PROPOSAL_CHOSEN", "closed: no_proposal"),
    RESPONSE(WAITING, AUTH,
             "E:SINGLE_PAIR_REQUIRED E:INTERNAL_ADDRESS_FAILURE E:FAILED_CP_REQUIRED "
             "E:TS_UNACCEPTABLE",
             "closed: config"),
    RESPONSE(WAITING, AUTH, "E:UNEXPECTED_NAT_DETECTED", "closed: nat"),
    RESPONSE("c:AUTH_SENT", AUTH, "E:AUTHENTICATION_FAILED", "closed: login"),
    RESPONSE("c:AUTH_SENT", AUTH, "E:*", "closed: protocol"),
    RESPONSE("c:EAP", AUTH, "EAP:1-notification", "asks IKE_AUTH EAP"),
    RESPONSE("c:EAP", AUTH, "EAP:4", "closed: login"),
    RESPONSE(WAITING, AUTH, "E:*", "closed: login"),
    RESPONSE(WAITING, AUTH, "*", "asks INFORMATIONAL N:AUTHENTICATION_FAILED; is DELETING"),

    /* CREATE_CHILD_SA (§2.25: what crosses what) */
    REQUEST("?:READY:deletes-child", CREATE, "new-child", "answers SA N TSi TSr; child up"),
    REQUEST("?:READY:deletes-child", CREATE, "rekey-*", NOT_NOW),
    REQUEST("?:READY:rekeys-ike", CREATE, "*-child", NOT_NOW),
    REQUEST("?:READY:rekeys-ike", CREATE, "rekey-ike", "answers SA N KE"),
    REQUEST("?:READY:rekeys-child", CREATE, "rekey-ike", NOT_NOW),
    REQUEST(UP, CREATE, "rekey-child", "answers SA N TSi TSr; child up"),
    REQUEST(UP, CREATE, "rekey-ike", "answers SA N KE; rekeyed"),
    REQUEST(UP, CREATE, "*", REFUSES),
    REQUEST(GOING, CREATE, NOT_IN_CREATE "critical", "ignored"),
    REQUEST(GOING, CREATE, "*", NOT_NOW),
    RESPONSE("?:READY:rekeys-*", CREATE, NOT_IN_CREATE "critical", "closed: protocol"),
    RESPONSE("?:READY:rekeys-child", CREATE, "E:CHILD_SA_NOT_FOUND",
             "asks CREATE_CHILD_SA SA N TSi TSr"),
    RESPONSE("?:READY:rekeys-ike", CREATE, "E:wrong-group", "asks CREATE_CHILD_SA SA N KE"),
    RESPONSE("?:READY:rekeys-*", CREATE, "E:*", "hears"),
    RESPONSE("?:READY:rekeys-child", CREATE, "*", "asks INFORMATIONAL DELETE"),
    RESPONSE("?:READY:rekeys-ike", CREATE, "rekey-ike", "asks INFORMATIONAL DELETE; rekeyed"),
    RESPONSE("?:READY:rekeys-ike", CREATE, "*", "closed: protocol"),

    /* INFORMATIONAL */
    REQUEST(GOING, INFO, END, "answers; closed: local"),
    REQUEST(CLIENT SERVER UP, INFO, END, "answers; closed: peer"),
    REQUEST(CLIENT GOING, INFO, NOT_IN_INFO "critical", "ignored"),
    REQUEST("?:READY:deletes-child", INFO, "D:child", "answers; child down"),
    REQUEST(UP GOING, INFO, "D:child", "answers DELETE; child down"),
    REQUEST("c:READY", INFO, "redirect", "answers; " SAYS_BYE),
    REQUEST("c:READY:*", INFO, "redirect", "answers; is DELETING"),
    REQUEST("c:READY", INFO, "cookie2",
            "answers N:COOKIE2; asks INFORMATIONAL N:UPDATE_SA_ADDRESSES " NATD),
    REQUEST(UP, INFO, "cookie2", "answers N:COOKIE2"),
    REQUEST(UP, INFO, "N:NO_NATS_ALLOWED", "answers N:UNEXPECTED_NAT_DETECTED"),
    REQUEST(UP, INFO, "N:NAT_DETECTION_SOURCE_IP", "answers " NATD),
    REQUEST(CLIENT SERVER UP GOING, INFO, "*", "answers"),
    RESPONSE(GOING, INFO, "*", "closed: local"),
    RESPONSE("?:READY:deletes-child ?:READY:doubts ?:READY:moves ?:READY:checks ?:READY:redirects",
             INFO, NOT_IN_INFO "critical", "closed: protocol"),
    RESPONSE("?:READY:deletes-child", INFO, "*", "hears; child down"),
    RESPONSE("c:READY:doubts c:READY:moves", INFO, "E:UNACCEPTABLE_ADDRESSES", SAYS_BYE),
    RESPONSE("g:READY:checks", INFO, "*", SAYS_BYE),
    RESPONSE("?:READY:doubts ?:READY:moves ?:READY:redirects", INFO, "*", "hears"),
#undef REQUEST
#undef RESPONSE
};

static unsigned used[G_N_ELEMENTS(rows)];

static bool
matches(const char *globs, const char *text)
{
    while (*globs) {
        size_t len = strcspn(globs, " ");
        char glob[64];

        g_assert_cmpuint(len, <, sizeof(glob));
        g_strlcpy(glob, globs, len + 1);
        if (len > 0 && g_pattern_match_simple(glob, text))
            return true;
        globs += len + (globs[len] == ' ');
    }
    return false;
}

static const char *
expected(const char *place, const SimCell *cell)
{
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        const Row *r = &rows[i];

        if (r->response != cell->response || (r->exchange && r->exchange != cell->exchange) ||
            (r->form != ANY_FORM && r->form != cell->form) || !matches(r->places, place) ||
            !matches(r->contents, sim_content_name(cell->content)))
            continue;
        used[i]++;
        return r->reaction;
    }
    return "ignored";
}

/* What is not looked into is all the same: a few contents show it. */
static bool
is_looked_into(const char *place, const SimCell *cell)
{
    return !matches(GONE, place) &&
           (cell->form == SIM_CLEAR ||
            (cell->form == SIM_GOOD && cell->exchange != INIT && cell->exchange != UNKNOWN));
}

static bool
is_tried(const char *place, const SimCell *cell)
{
    return is_looked_into(place, cell) ||
           matches(matches(GONE, place) ? "empty " END : "critical SA rekey-ike EAP:3 empty " END,
                   sim_content_name(cell->content));
}

/* One end in one place, as long as it is as if nothing had come. */
typedef struct Try {
    const SimPlace *place;
    char *name;
    uint64_t seed;
    Sim *sim;
    bool spent; /* the honest end can not go on: its next Message ID is used up */
    unsigned cells, fresh, wrong;
} Try;

/* Both go on together, or both have closed; and they go on if there is nothing that ends it. */
static void
leave(Try *t, bool goes_on, const char *after)
{
    if (!sim_place_leave(t->sim))
        fail_msg("%s, seed %u, after %s: client %s, gateway %s", t->name, (unsigned)t->seed, after,
                 sim_state(t->sim, SIM_CLIENT), sim_state(t->sim, SIM_GATEWAY));
    if (goes_on && t->sim->client.closes + t->sim->gateway.closes > 0)
        fail_msg("%s, seed %u: %s, %s", t->name, (unsigned)t->seed,
                 t->sim->client.why ? t->sim->client.why : "",
                 t->sim->gateway.why ? t->sim->gateway.why : "");
    g_clear_pointer(&t->sim, sim_free);
}

static bool
leaves_it_alone(const char *reaction)
{
    return strcmp(reaction, "ignored") == 0 ||
           (g_str_has_prefix(reaction, "answers") && !strchr(reaction, ';'));
}

static bool
honest_is_asking(const Try *t)
{
    const IkeSa *honest = cross_peer(t->sim, cross_other(t->place->side))->sa;

    return honest && honest->ike->window.request;
}

static void
try_cell(Try *t, const SimCell *cell)
{
    g_autofree char *what = NULL, *text = NULL;
    const char *want = expected(t->name, cell);

    if (!t->sim) {
        t->sim = sim_place_new(t->place, t->seed);
        t->spent = false;
        t->fresh++;
    }
    text =
        g_strdup_printf("%s %u %s: %s", sim_form_name(cell->form), cell->exchange,
                        cell->response ? "response" : "request", sim_content_name(cell->content));
    t->spent |= honest_is_asking(t) && strcmp(want, "ignored") != 0;
    what = sim_cell_try(t->sim, t->place, cell);
    t->cells++;
    if (strcmp(what, want) != 0) {
        print_error("%s, seed %u, %s: \"%s\" instead of \"%s\"\n", t->name, (unsigned)t->seed, text,
                    what, want);
        t->wrong++;
    }
    if (!leaves_it_alone(what))
        leave(t, false, text);
}

static void
try_place(Try *t)
{
    static const uint8_t exchanges[] = { INIT, AUTH, CREATE, INFO, UNKNOWN };

    for (size_t e = 0; e < G_N_ELEMENTS(exchanges); e++)
        for (int response = 0; response < 2; response++)
            for (SimForm form = sim_place_clear(t->place) ? SIM_CLEAR : 0; form < SIM_FORMS; form++)
                for (guint content = 0; content < sim_contents(); content++) {
                    SimCell cell = { exchanges[e], response, form, content };

                    if (is_tried(t->name, &cell))
                        try_cell(t, &cell);
                }
    if (t->sim)
        leave(t, !t->spent && !matches(GOING GONE "g:READY:redirects", t->name), "all of it");
}

static void
try_side(SimSide side)
{
    size_t n;
    const SimPlace *places = sim_places(&n);
    unsigned wrong = 0;

    for (size_t i = 0; i < n; i++) {
        g_autofree char *name =
            g_strdup_printf("%c:%s", side == SIM_CLIENT ? 'c' : 'g', places[i].name);
        Try t = { .place = &places[i], .name = name, .seed = i };

        if (places[i].side != side)
            continue;
        try_place(&t);
        print_message("%s, seed %u: %u messages, %u times anew\n", name, (unsigned)i, t.cells,
                      t.fresh);
        wrong += t.wrong;
    }
    if (wrong > 0)
        fail_msg("%u reactions are not those of the table", wrong);
}

static void
test_every_message_in_every_state_of_a_client_has_its_reaction(void **state)
{
    (void)state;
    try_side(SIM_CLIENT);
}

static void
test_every_message_in_every_state_of_a_gateway_has_its_reaction(void **state)
{
    (void)state;
    try_side(SIM_GATEWAY);
}

/* No row is there for nothing, and no state was forgotten. */
static void
test_every_row_and_every_state_has_been_met(void **state)
{
    size_t n;
    const SimPlace *places = sim_places(&n);

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        if (used[i] == 0)
            fail_msg("row %zu (%s, %s) fits nothing", i, rows[i].places, rows[i].contents);
    for (IkeState s = IKE_STATE_IDLE + 1; s < IKE_STATE_N; s++) {
        size_t i = 0;

        while (i < n && !g_str_has_prefix(places[i].name, ike_state_name(s)))
            i++;
        if (i == n)
            fail_msg("%s was not tried", ike_state_name(s));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_message_in_every_state_of_a_client_has_its_reaction),
        cmocka_unit_test(test_every_message_in_every_state_of_a_gateway_has_its_reaction),
        cmocka_unit_test(test_every_row_and_every_state_has_been_met),
    };

    return cmocka_run_group_tests_name("x_states", tests, NULL, NULL);
}
