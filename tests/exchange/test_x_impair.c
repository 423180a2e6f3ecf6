/* test_x_impair.c - each lie that an end can be told to tell (agent/ike/ike_impair.c), against the
 * other end: it refuses in plain words, or goes on unharmed, and nothing is left behind. */
#include "agent/ike/ike_impair.h"
#include "tests/support/sim_impair.h"
#include "tests/support/sim_plan.h"
#include "tests/support/test.h"

static void
in_pieces(IkeConfig *client, IkeConfig *gateway)
{
    client->fragmentation = gateway->fragmentation = true;
    client->path_octets = gateway->path_octets = 300;
}

static void
willing(IkeConfig *client, IkeConfig *gateway)
{
    (void)gateway;
    client->redirect = true;
}

static void
both_families(IkeConfig *client, IkeConfig *gateway)
{
    (void)gateway;
    client->inner_ipv6 = true;
}

static const EapMethod *const mschap[] = { &eap_mschapv2, NULL };

static void
by_mschap(IkeConfig *client, IkeConfig *gateway)
{
    client->plan.eap = gateway->plan.eap = mschap;
    client->plan.eap_setup.identity = "Anu";
}

#define UP       .fate = SIM_UP, IKE_REASON_NONE, NULL
#define KEPT     .fate = SIM_KEPT, IKE_REASON_NONE, NULL
#define NOTHING  .fate = SIM_NOTHING, IKE_REASON_NONE, NULL
#define ENDED(r) .fate = SIM_ENDED, IKE_REASON_##r

/* Whatever was said in the clear may be forged, so a client waits for a better answer. */
#define UNHEARD   ENDED(TIMEOUT), "no answer to IKE_SA_INIT"
#define GIVEN_UP  ENDED(PEER), "the peer deleted the IKE SA" /* by the liar, which waits longer */
#define DEAD      ENDED(TIMEOUT), "the peer does not answer any more"
#define NEXT_AUTH ENDED(TIMEOUT), "next IKE_AUTH request did not come in time"
#define LACKING   ENDED(PROTOCOL), "lacks what it must carry"
#define USELESS   ENDED(PROTOCOL), "the peer's answer to the rekeying of the IKE SA is of no use"

/* Its IKE_AUTH responses to an AnyConnect client: #1 proves it, #2 and #3 are EAP, #4 is
 * EAP-Success, #5 is the end. */
static const SimTrial of_gateways[] = {
    /* datagrams */
    { NULL, "drop*1 drop*3 double delay replay truncate*1", "C001 C002", UP },
    { NULL, "drop@IKE_SA_INIT truncate trailing length", "B22", UNHEARD },
    { NULL, "corrupt*1", "C056", ENDED(SERVER_AUTH), "AUTH does not verify" },
    { NULL, "drop@IKE_AUTH#5 corrupt", "C001", DEAD },
    { "IKE_AUTH", "corrupt truncate length trailing", "B22 C077", GIVEN_UP },
    /* fragments */
    { NULL, "fragment=zero fragment=beyond fragment=twice fragment=more fragment=fewer",
      "B28 B29 C103 C104", GIVEN_UP, .tune = in_pieces },
    { NULL, "fragment=shrunk", "B28 C103", ENDED(PROTOCOL), "does not fit the message",
      .tune = in_pieces },
    /* the chain, in the clear */
    { "IKE_SA_INIT",
      "omit=SA omit=KE omit=NONCE empty=SA empty=KE empty=NONCE empty=NOTIFY duplicate=SA "
      "duplicate=KE duplicate=NONCE",
      "B20 B34", UNHEARD },
    { "IKE_SA_INIT",
      "duplicate=NOTIFY duplicate=VENDOR empty=VENDOR omit=VENDOR critical=SA critical=KE "
      "critical=NONCE critical=NOTIFY critical=VENDOR",
      "C018", UP },
    { "IKE_SA_INIT", "unknown-critical garbage storm=80 storm=4000", "B27 C018", UNHEARD },
    { "IKE_SA_INIT", "omit=NOTIFY", "C120", ENDED(SERVER_AUTH),
      "not a signature by a certificate" },
    /* inside */
    { "IKE_AUTH", "omit=IDr omit=CERT omit=AUTH omit=EAP", "B05 B20 C060", ENDED(SERVER_AUTH),
      "did not prove who it is" },
    { "IKE_AUTH", "omit=SA omit=TSi omit=TSr", "B20", ENDED(CONFIG), "made no child SA" },
    { "IKE_AUTH", "omit=CP", "C071", ENDED(CONFIG), "sent no configuration" },
    { "IKE_AUTH",
      "empty=SA empty=IDr empty=CERT empty=AUTH empty=NOTIFY empty=TSi empty=TSr empty=CP "
      "empty=EAP",
      "B23 B31 B34 C077", ENDED(PROTOCOL), "payload is malformed" },
    { "IKE_AUTH",
      "duplicate=SA duplicate=IDr duplicate=AUTH duplicate=TSi duplicate=TSr duplicate=CP "
      "duplicate=EAP",
      "B25", ENDED(PROTOCOL), "more than one" },
    { "IKE_AUTH",
      "duplicate=CERT duplicate=NOTIFY omit=NOTIFY omit=VENDOR empty=VENDOR critical=SA "
      "critical=IDr critical=CERT critical=AUTH critical=CP critical=EAP",
      "C018 C093", UP },
    { "IKE_AUTH", "unknown-critical", "C018", ENDED(PROTOCOL),
      "critical payload of unknown type 200" },
    { "IKE_AUTH", "garbage garbage#3", "C077", ENDED(PROTOCOL),
      "a payload's length does not fit the message" },
    { "IKE_AUTH", "storm=80", "B27", ENDED(PROTOCOL), "too many payloads" },
    { "IKE_AUTH", "delete=foreign delete=ike#1 delete=twice#5", "B25", ENDED(PROTOCOL),
      "DELETE payload where none belongs" },
    { NULL,
      "unknown reserved storm=20 version=33 notify=9999 notify=16390 notify=44 "
      "notify=MOBIKE_SUPPORTED notify=INVALID_SYNTAX@IKE_AUTH",
      "B73 C016 C017 C079", UP },
    /* the header */
    { NULL, "version=48 version=16 exchange=99 spi=initiator id=1@IKE_SA_INIT", "C015 C124",
      UNHEARD },
    { "IKE_AUTH",
      "version=48 exchange=37 exchange=36 exchange=38 id=1 id=1000 id=4294967295 spi=responder "
      "spi=initiator",
      "B21 C006", GIVEN_UP },
    /* one Notify instead of everything */
    { "IKE_SA_INIT", "only=NO_PROPOSAL_CHOSEN", "C076", ENDED(NO_PROPOSAL),
      "accepts none of the suites" },
    { "IKE_AUTH", "only=AUTHENTICATION_FAILED#1 only=AUTHENTICATION_FAILED#3", "C062", ENDED(LOGIN),
      "AUTHENTICATION_FAILED" },
    { "IKE_AUTH", "only=INITIAL_CONTACT#1", "B20", ENDED(SERVER_AUTH), "did not prove who it is" },
    { "IKE_AUTH", "only=9999#1", "C079", ENDED(PROTOCOL), "(9999)" },
    { "IKE_SA_INIT", "cookie", "C024", ENDED(PROTOCOL), "takes none of the cookies" },
    { "IKE_SA_INIT", "invalid-ke=14", "C032", ENDED(PROTOCOL),
      "the same cookie or group again and again" },
    { "IKE_SA_INIT", "invalid-ke=2 invalid-ke=0", "B16 B39 C032", ENDED(NO_PROPOSAL),
      "insists on a key exchange group" },
    /* who it is */
    { NULL,
      "auth=bit auth=other auth=short auth-nonce auth-method=1 auth-method=9 auth-method=2 "
      "auth-method=13 believe,auth=bit",
      "B12 B43 C056 C060 C120", ENDED(SERVER_AUTH), "AUTH does not verify" },
    { "IKE_AUTH", "auth=bit#5 auth=other#5 auth=short#5 auth-method=1#5 auth-method=14#5",
      "B43 C061", ENDED(SERVER_AUTH), "final AUTH does not verify" },
    { NULL, "auth=bit auth=short auth-nonce auth-method=9 auth-method=2", "B12 C056",
      ENDED(SERVER_AUTH), "AUTH does not verify", .tune = sim_cert },
    { NULL, "auth=bit auth=other auth=short auth-nonce auth-method=1 auth-method=14", "B43 C056",
      ENDED(SERVER_AUTH), "AUTH does not verify", .tune = sim_psk },
    { "IKE_AUTH", "omit=AUTH omit=IDr", "B20", ENDED(SERVER_AUTH), "did not prove who it is",
      .tune = sim_psk },
    { NULL, "believe,eap=success@IKE_AUTH#1", "B02 B43", ENDED(PROTOCOL),
      "EAP payload beside one that excludes it", .tune = sim_psk },
    /* EAP */
    { "IKE_AUTH", "eap=success#1 eap=success#2 eap=success#3", "B02 C062", ENDED(PROTOCOL),
      "EAP-Success before the login was done" },
    { "IKE_AUTH", "eap=failure#1 eap=failure#2 eap=failure#4 eap=unknown#1", "C062", ENDED(LOGIN),
      "refused the login" },
    { "IKE_AUTH", "eap=failure#5 eap=unknown#5", "B02 C062", ENDED(PROTOCOL),
      "EAP payload beside one that excludes it" },
    { "IKE_AUTH", "eap=response#2", "C062", ENDED(PROTOCOL), "malformed or out of turn" },
    { "IKE_AUTH", "eap=unknown#2", "C062", ENDED(PROTOCOL), "changed the EAP method" },
    { "IKE_AUTH", "eap=short#2", "C062", ENDED(PROTOCOL), "the EAP payload is malformed" },
    /* EAP-MSCHAPv2: #1 has the challenge, #2 the proof that the gateway knows the password too */
    { "IKE_AUTH", "eap=success#1 eap=success#2", "B02 B03", ENDED(PROTOCOL),
      "EAP-Success before the login was done", .tune = by_mschap },
    { "IKE_AUTH", "eap=bit#2", "B03", ENDED(PROTOCOL), "has no authenticator response",
      .tune = by_mschap },
    { "IKE_AUTH", "auth=bit#4", "C061", ENDED(SERVER_AUTH), "final AUTH does not verify",
      .tune = by_mschap },
    /* keys and suites */
    { NULL, "ke=zero ke=one ke=top ke=short ke=long ke=group", "B07 B17 C033 C054", UNHEARD },
    { NULL, "nonce=short nonce=long", "C034", UNHEARD },
    { NULL, "nonce=other", "C056", DEAD },
    { NULL, "sa=weak@IKE_SA_INIT sa=weak@IKE_AUTH sa=number@IKE_SA_INIT sa=number@IKE_AUTH", "C028",
      ENDED(NO_PROPOSAL), "offers only" },
    { "IKE_AUTH", "sa=spi", "B24", ENDED(PROTOCOL), "ESP SPI is reserved" },
    /* what it gives */
    { "IKE_AUTH", "ts=wide ts=family", "C050", ENDED(CONFIG),
      "traffic selectors are not within what was offered" },
    { "IKE_AUTH", "ts=backwards ts=none", "B23", ENDED(PROTOCOL), "TSi payload is malformed" },
    { "IKE_AUTH", "ts=family", "C050 C072", ENDED(CONFIG), "leave out the address",
      .tune = both_families },
    { "IKE_AUTH", "ts=many", "B23", UP },
    { NULL, "cp=none", "C071", ENDED(CONFIG), "no address is assigned" },
    { NULL, "cp=zero cp=loopback cp=multicast", "C072", ENDED(CONFIG), "cannot be used" },
    { NULL, "cp=gateway", "C072", ENDED(CONFIG), "is the gateway's own" },
    { NULL, "cp=control", "C075", ENDED(CONFIG), "a character no domain name has" },
    { NULL, "cp=many", "B27", ENDED(PROTOCOL), "CFG payload is malformed" },
    { NULL, "cp=huge", "C075", UP },
    { NULL, "cp=request", "C071", ENDED(CONFIG), "not a CFG_REPLY" },
    /* elsewhere: where to is the owner's to judge */
    { "IKE_SA_INIT", "redirect=self redirect=loopback redirect=multicast", "C113", ENDED(REDIRECT),
      "the gateway sends us to", .tune = willing },
    { "IKE_SA_INIT", "redirect=name redirect=garbage redirect=nonce", "C110 C111", UNHEARD,
      .tune = willing },
    { "IKE_SA_INIT", "redirect=self", "C110", UNHEARD },
    { NULL, "omit=AUTH@IKE_AUTH.response#1,redirect=self@IKE_AUTH.response#1", "C112",
      ENDED(SERVER_AUTH), "did not prove who it is", .tune = willing },
    { "INFORMATIONAL", "redirect=self redirect=loopback", "C112", ENDED(REDIRECT),
      "the gateway sends us to", SIM_LIAR_ASKS, willing },
    { "INFORMATIONAL", "redirect=name redirect=garbage", "C112", UP, SIM_LIAR_ASKS, willing },
    { "INFORMATIONAL", "redirect=self", "C112", UP, SIM_LIAR_ASKS },
};

/* Its IKE_AUTH requests: #1 says who it is, #2 to #4 are EAP, #5 is its AUTH. */
static const SimTrial of_clients[] = {
    /* datagrams */
    { NULL, "drop*1 drop*3 double delay replay truncate*1", "C001 C002", UP },
    { NULL, "drop@IKE_SA_INIT truncate trailing length", "B22", NOTHING },
    { NULL, "corrupt*1", "C056", ENDED(LOGIN), "AUTH does not verify" },
    { "IKE_AUTH", "drop#5 corrupt truncate length trailing", "B22 C077", NEXT_AUTH },
    /* fragments */
    { NULL, "fragment=zero fragment=beyond fragment=twice fragment=more fragment=fewer",
      "B28 B29 C103 C104", NEXT_AUTH, .tune = in_pieces },
    { NULL, "fragment=shrunk", "B28 C103", ENDED(PROTOCOL), "does not fit the message",
      .tune = in_pieces },
    /* the chain, in the clear */
    { "IKE_SA_INIT",
      "omit=SA omit=KE omit=NONCE empty=SA empty=KE empty=NONCE empty=NOTIFY duplicate=SA "
      "duplicate=KE duplicate=NONCE unknown-critical garbage storm=80 storm=4000 "
      "only=NO_PROPOSAL_CHOSEN",
      "B19 B20 B27 B34 B35 C018", NOTHING },
    { "IKE_SA_INIT",
      "duplicate=NOTIFY duplicate=VENDOR empty=VENDOR omit=VENDOR omit=NOTIFY critical=SA "
      "critical=KE critical=NOTIFY",
      "C018", UP },
    /* inside */
    { "IKE_AUTH", "omit=SA omit=TSi omit=TSr omit=IDi omit=AUTH omit=EAP only=INITIAL_CONTACT#1",
      "B20 B26", LACKING },
    { "IKE_AUTH",
      "empty=SA empty=IDi empty=AUTH empty=NOTIFY empty=TSi empty=TSr empty=CP empty=EAP",
      "B23 B31 B34 C077", ENDED(PROTOCOL), "payload is malformed" },
    { "IKE_AUTH",
      "duplicate=SA duplicate=IDi duplicate=AUTH duplicate=TSi duplicate=CP duplicate=EAP", "B25",
      ENDED(PROTOCOL), "more than one" },
    { "IKE_AUTH",
      "duplicate=NOTIFY omit=NOTIFY empty=VENDOR critical=SA critical=IDi critical=AUTH "
      "critical=CP critical=EAP",
      "C018", UP },
    { "IKE_AUTH", "unknown-critical", "C018", ENDED(PROTOCOL),
      "critical payload of unknown type 200" },
    { "IKE_AUTH",
      "garbage garbage#3 storm=80 delete=foreign delete=ike#1 delete=twice#5 exchange=37 "
      "exchange=36 exchange=38",
      "B01 B21 B25 B27 C077", ENDED(PROTOCOL), "malformed message" },
    { "IKE_AUTH", "only=AUTHENTICATION_FAILED#1 only=AUTHENTICATION_FAILED#3 only=9999#1", "C079",
      ENDED(PEER), "the client gave up" },
    { NULL,
      "unknown reserved storm=20 version=33 notify=9999 notify=16390 notify=44 "
      "notify=MOBIKE_SUPPORTED notify=INVALID_SYNTAX@IKE_AUTH",
      "B73 C016 C017 C079", UP },
    /* the header */
    { NULL, "version=48 version=16 exchange=99 spi=initiator id=1@IKE_SA_INIT", "C015 C124",
      NOTHING },
    { "IKE_AUTH", "version=48 id=1 id=1000 id=4294967295 spi=responder spi=initiator", "C006",
      NEXT_AUTH },
    /* who it is */
    { NULL,
      "auth=bit auth=other auth=short auth-nonce auth-method=1 auth-method=9 auth-method=13 "
      "believe,auth=bit",
      "B43 C056 C061", ENDED(LOGIN), "AUTH does not verify" },
    { NULL, "auth=bit auth=short auth-nonce auth-method=9 auth-method=2", "B12 C056", ENDED(LOGIN),
      "AUTH does not verify", .tune = sim_cert },
    { NULL, "auth=bit auth=other auth=short auth-nonce auth-method=1 auth-method=14", "B43 C056",
      ENDED(LOGIN), "AUTH does not verify", .tune = sim_psk },
    { "IKE_AUTH.request", "omit=NOTIFY#1", "B72 C067", ENDED(LOGIN), "wants no second login",
      .tune = sim_cert_eap },
    /* EAP */
    { "IKE_AUTH",
      "eap=success#1 eap=failure#1 eap=unknown#1 eap=success#5 eap=failure#5 eap=short#2",
      "B02 C062", ENDED(PROTOCOL), "EAP payload" },
    { "IKE_AUTH", "eap=success#2 eap=success#3 eap=failure#2 eap=failure#4 eap=unknown#2",
      "B02 C062", ENDED(PROTOCOL), "malformed or out of turn" },
    { "IKE_AUTH", "eap=response#2", "C062", ENDED(LOGIN), "another EAP type" },
    /* keys and suites */
    { NULL, "ke=zero ke=one ke=top ke=short ke=long ke=group nonce=short nonce=long",
      "B07 B17 C034 C054", NOTHING },
    { NULL, "nonce=other", "C056", NEXT_AUTH },
    { NULL, "sa=weak@IKE_SA_INIT sa=weak@IKE_AUTH", "C029", UP },
    { "IKE_AUTH", "sa=spi", "B24", ENDED(PROTOCOL), "ESP SPI is reserved" },
    /* what it wants */
    { "IKE_AUTH", "ts=wide ts=many", "B23 C050", UP },
    { "IKE_AUTH", "ts=family", "C052", ENDED(CONFIG), "TS_UNACCEPTABLE" },
    { "IKE_AUTH", "ts=backwards ts=none", "B23", ENDED(PROTOCOL), "TSi payload is malformed" },
    { NULL, "cp=none cp=zero cp=loopback cp=multicast cp=gateway cp=control cp=huge", "C070", UP },
    { NULL, "cp=many", "B27", ENDED(PROTOCOL), "CFG payload is malformed" },
};

/* Once it is up, either end. */
static const SimTrial of_both[] = {
    /* once it is up: its requests */
    { "INFORMATIONAL", "double replay reserved storm=20 delete=foreign unknown-critical unknown",
      "C001 C016 C017 C018 C098", UP, SIM_LIAR_ASKS },
    { "INFORMATIONAL", "garbage storm=80 eap=success exchange=50", "B25 C077", ENDED(PROTOCOL),
      "malformed message", SIM_LIAR_ASKS },
    { "INFORMATIONAL", "delete=ike delete=twice", "B25 C097", ENDED(PEER),
      "the peer deleted the IKE SA", SIM_LIAR_ASKS },
    { "INFORMATIONAL", "notify=INVALID_SYNTAX notify=AUTHENTICATION_FAILED", "C077", ENDED(PEER),
      "the peer gave up", SIM_LIAR_ASKS },
    { "INFORMATIONAL",
      "version=48 exchange=36 exchange=35 id=1 id=4294967295 drop corrupt deaf spi=responder",
      "B01 B21 C006 C078", KEPT, SIM_LIAR_ASKS },
    /* its answers */
    { "INFORMATIONAL",
      "double replay reserved storm=20 delete=foreign delete=ike notify=INVALID_SYNTAX "
      "notify=AUTHENTICATION_FAILED",
      "C001 C079 C098", UP, SIM_OTHER_ASKS },
    { "INFORMATIONAL", "garbage storm=80 eap=success", "C077", ENDED(PROTOCOL), "malformed message",
      SIM_OTHER_ASKS },
    { "INFORMATIONAL", "unknown-critical", "C018", ENDED(PROTOCOL),
      "critical payload of unknown type", SIM_OTHER_ASKS },
    { "INFORMATIONAL", "version=48 exchange=36 exchange=34 id=1 drop corrupt deaf spi=responder",
      "C006 C012", DEAD, SIM_OTHER_ASKS },
    /* rekeying of the child SA: asked for, and answered */
    { "CREATE_CHILD_SA.request",
      "double replay ts=wide ts=family sa=spi sa=weak omit=SA omit=NONCE omit=TSi omit=NOTIFY "
      "unknown-critical",
      "B20 C018 C038 C048 C078", UP, SIM_LIAR_REKEYS_CHILD },
    { "CREATE_CHILD_SA.request", "rekey-spi nonce=other sa=number", "B24 C043", KEPT,
      SIM_LIAR_REKEYS_CHILD },
    { "CREATE_CHILD_SA.request",
      "garbage nonce=short nonce=long ts=none ts=backwards duplicate=SA empty=SA delete=ike",
      "B23 C034 C077", ENDED(PROTOCOL), "malformed message", SIM_LIAR_REKEYS_CHILD },
    { "CREATE_CHILD_SA.response", "double replay", "C001", UP, SIM_OTHER_REKEYS_CHILD },
    { "CREATE_CHILD_SA.response",
      "ts=wide ts=family sa=spi sa=weak sa=number nonce=other omit=SA omit=NONCE omit=TSi "
      "only=INVALID_KE_PAYLOAD only=TEMPORARY_FAILURE only=NO_PROPOSAL_CHOSEN "
      "only=NO_ADDITIONAL_SAS",
      "C028 C038 C042 C048 C050 C078", KEPT, SIM_OTHER_REKEYS_CHILD },
    { "CREATE_CHILD_SA.response", "garbage nonce=short ts=none duplicate=SA delete=ike", "C077",
      ENDED(PROTOCOL), "malformed message", SIM_OTHER_REKEYS_CHILD },
    { "CREATE_CHILD_SA.response", "drop", "C001", DEAD, SIM_OTHER_REKEYS_CHILD },
    /* and of the IKE SA */
    { "CREATE_CHILD_SA.request",
      "double replay sa=spi sa=weak ke=zero ke=one ke=short ke=long ke=group omit=SA omit=NONCE "
      "omit=KE unknown-critical",
      "B17 B20 C033 C054 C078", UP, SIM_LIAR_REKEYS_IKE },
    { "CREATE_CHILD_SA.response",
      "sa=spi sa=weak sa=number ke=zero ke=one ke=short ke=long ke=group omit=SA omit=NONCE "
      "omit=KE",
      "B17 C028 C033 C054", USELESS, SIM_OTHER_REKEYS_IKE },
    { "CREATE_CHILD_SA.response", "garbage nonce=short nonce=long duplicate=KE empty=SA delete=ike",
      "C034 C077", ENDED(PROTOCOL), "malformed message", SIM_OTHER_REKEYS_IKE },
    { "CREATE_CHILD_SA.response", "drop", "C001", DEAD, SIM_OTHER_REKEYS_IKE },
    { "CREATE_CHILD_SA.response", "only=TEMPORARY_FAILURE only=NO_PROPOSAL_CHOSEN double",
      "C048 C078", UP, SIM_OTHER_REKEYS_IKE },
};

static void
test_a_client_sees_through_a_lying_gateway(void **state)
{
    (void)state;
    sim_trials(SIM_GATEWAY, of_gateways, G_N_ELEMENTS(of_gateways));
    sim_trials(SIM_GATEWAY, of_both, G_N_ELEMENTS(of_both));
}

static void
test_a_gateway_sees_through_a_lying_client(void **state)
{
    (void)state;
    sim_trials(SIM_CLIENT, of_clients, G_N_ELEMENTS(of_clients));
    sim_trials(SIM_CLIENT, of_both, G_N_ELEMENTS(of_both));
}

/* Is there a trial of the lie called @name? */
static bool
is_tried(const SimTrial *v, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++) {
        g_auto(GStrv) lies = g_strsplit_set(v[i].lies, " ,", -1);

        for (size_t k = 0; lies[k]; k++)
            if (g_str_has_prefix(lies[k], name) && !g_ascii_isalpha(lies[k][strlen(name)]) &&
                lies[k][strlen(name)] != '-')
                return true;
    }
    return false;
}

static void
test_every_lie_is_tried(void **state)
{
    const char *name;

    (void)state;
    for (unsigned i = 0; (name = ike_impair_name(i)); i++)
        if (!is_tried(of_gateways, G_N_ELEMENTS(of_gateways), name) &&
            !is_tried(of_both, G_N_ELEMENTS(of_both), name) &&
            !is_tried(of_clients, G_N_ELEMENTS(of_clients), name))
            fail_msg("nobody has tried \"%s\"", name);
}

static void
test_what_is_no_lie_is_not_taken(void **state)
{
    static const char *const bad[] = { "",
                                       "tell",
                                       "drop=1",
                                       "omit",
                                       "omit=SAUSAGE",
                                       "ke=none",
                                       "drop@",
                                       "drop@IKE_AUTH.both",
                                       "drop*0",
                                       "drop*x",
                                       "drop@IKE_AUTH#",
                                       "drop,,drop" };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autofree char *why = NULL;

        assert_null(ike_impair_parse(bad[i], &why));
        assert_non_null(strstr(why, "no lie"));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_client_sees_through_a_lying_gateway),
        cmocka_unit_test(test_a_gateway_sees_through_a_lying_client),
        cmocka_unit_test(test_every_lie_is_tried),
        cmocka_unit_test(test_what_is_no_lie_is_not_taken),
    };

    return cmocka_run_group_tests_name("x_impair", tests, NULL, NULL);
}
