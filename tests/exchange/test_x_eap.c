/* test_x_eap.c - the EAP methods inside IKE_AUTH, and AUTH by the key they make (RFC 7296 §2.16).
 */
#include "tests/support/certs.h"
#include "tests/support/sim_lie.h"
#include "tests/support/sim_plan.h"
#include "tests/support/test.h"

static const EapMethod *const mschap[] = { &eap_mschapv2, NULL };
static const EapMethod *const gtc[] = { &eap_gtc, NULL };
static const EapMethod *const md5[] = { &eap_md5, NULL };
static const EapMethod *const tls[] = { &eap_tls, NULL };
static const EapMethod *const *under_test;

static void
use_method(IkeConfig *client, IkeConfig *gateway)
{
    client->plan.eap = gateway->plan.eap = under_test;
    client->plan.eap_setup.identity = "Anu";
}

static Sim *
sim_with(const EapMethod *const *methods, unsigned lose)
{
    under_test = methods;
    return sim_new(
        &(SimSetup){ .seed = 1, .delay = USEC_PER_MSEC, .lose = lose, .tune = use_method });
}

static void
test_each_method_brings_the_tunnel_up(void **state)
{
    static const EapMethod *const *const all[] = { mschap, gtc, md5 };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(all); i++)
        for (unsigned lose = 0; lose <= 200; lose += 200) {
            g_autoptr(Sim) sim = sim_with(all[i], lose);

            sim_connect(sim);
            assert_int_equal(sim->client.questions, 1);
            assert_int_equal(sim->client.ups, 1);
            assert_int_equal(sim->gateway.ups, 1);
        }
}

static void
test_a_wrong_password_brings_nothing_up(void **state)
{
    static const EapMethod *const *const all[] = { mschap, gtc, md5 };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(all); i++) {
        g_autoptr(Sim) sim = sim_with(all[i], 0);

        sim->play.passwords[0] = "wrong";
        sim_start(sim);
        assert_true(sim_run(sim, sim_both_closed, 300 * USEC_PER_SEC));
        assert_int_equal(sim->client.ups + sim->gateway.ups, 0);
        assert_int_equal(sim->client.reason, IKE_REASON_LOGIN);
        assert_int_equal(sim->gateway.reason, IKE_REASON_LOGIN);
        assert_int_equal(sim->gateway.configs, 0);
        assert_string_equal(sim->gateway.why, "wrong user name or password");
    }
}

static void
test_mschapv2_lets_a_person_try_again(void **state)
{
    g_autoptr(Sim) sim = sim_with(mschap, 0);

    (void)state;
    sim->play.passwords[0] = "wrong";
    sim->play.passwords[1] = "cisco123";
    sim_connect(sim);
    assert_int_equal(sim->client.questions, 2);
    assert_int_equal(sim->gateway.questions, 2);
}

/* A person has IkeConfig.user_limit to type, whatever IkeConfig.auth_limit is. */
static void
test_a_person_has_time_to_type_for_a_plain_method(void **state)
{
    g_autoptr(Sim) sim = sim_with(mschap, 0);

    (void)state;
    sim->play.silent_person = true;
    sim_start(sim);
    assert_false(sim_run(sim, sim_both_closed, 100 * USEC_PER_SEC));
    sim_wake(sim);
    assert_true(sim_run(sim, sim_both_up, 10 * USEC_PER_SEC));
}

static void
test_a_person_may_give_up_a_plain_method(void **state)
{
    g_autoptr(Sim) sim = sim_with(gtc, 0);

    (void)state;
    sim->play.give_up = true;
    sim_start(sim);
    assert_true(sim_run(sim, sim_both_closed, 300 * USEC_PER_SEC));
    assert_int_equal(sim->client.reason, IKE_REASON_DECLINED);
}

/* ---- certificates inside EAP ---- */

static EVP_PKEY *authority_key;
static SigKey *client_key, *server_key;
static X509Chain *client_chain, *server_chain;
static X509Store *anchors;

static X509Chain *
issue(const CertSpec *issuer, const SigKey *key, const char *san)
{
    CertSpec spec = { .cn = "someone", .san = san, .key = sig_key_evp(key), .issuer = issuer };
    g_autoptr(GBytes) der = certs_make(&spec);
    X509Chain *c = x509_chain_new();

    assert_true(x509_chain_add(c, certs_view(der)));
    return c;
}

static int
make(void **state)
{
    CertSpec authority = { .cn = "authority", .constraints = "critical,CA:TRUE" };
    g_autoptr(X509Chain) root = x509_chain_new();
    g_autoptr(GBytes) der = NULL;
    g_autofree char *pem = NULL;

    (void)state;
    authority.key = authority_key = EVP_EC_gen("P-256");
    der = certs_make(&authority);
    assert_true(x509_chain_add(root, certs_view(der)));
    pem = x509_chain_to_pem(root);
    anchors = x509_store_new();
    assert_true(x509_store_add_pem(anchors, slice_of(pem), NULL));
    client_key = sig_key_generate_rsa(2048);
    server_key = sig_key_generate_ecdsa(256);
    client_chain = issue(&authority, client_key, "email:anu@example.org");
    server_chain = issue(&authority, server_key, "DNS:gw.example.org");
    return 0;
}

static int
unmake(void **state)
{
    (void)state;
    EVP_PKEY_free(authority_key);
    sig_key_free(client_key);
    sig_key_free(server_key);
    x509_chain_free(client_chain);
    x509_chain_free(server_chain);
    x509_store_free(anchors);
    return 0;
}

static void
use_tls(IkeConfig *client, IkeConfig *gateway)
{
    EapSetup *c = &client->plan.eap_setup, *g = &gateway->plan.eap_setup;

    use_method(client, gateway);
    *c = (EapSetup){ .identity = "anu@example.org",
                     .key = client_key,
                     .chain = client_chain,
                     .anchors = anchors,
                     .host = "gw.example.org" };
    *g = (EapSetup){ .key = server_key, .chain = server_chain, .ask_identity = true };
}

static void
use_tls_12(IkeConfig *client, IkeConfig *gateway)
{
    use_tls(client, gateway);
    client->plan.eap_setup.tls_12 = true;
}

static void
use_tls_elsewhere(IkeConfig *client, IkeConfig *gateway)
{
    use_tls(client, gateway);
    client->plan.eap_setup.host = "other.example.org";
}

static Sim *
sim_tuned(const EapMethod *const *methods, void (*tune)(IkeConfig *, IkeConfig *), unsigned lose)
{
    under_test = methods;
    return sim_new(&(SimSetup){ .seed = 1, .delay = USEC_PER_MSEC, .lose = lose, .tune = tune });
}

static void
test_eap_tls_brings_the_tunnel_up_without_a_question_to_a_person(void **state)
{
    void (*const tunes[])(IkeConfig *, IkeConfig *) = { use_tls, use_tls_12 };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(tunes); i++)
        for (unsigned lose = 0; lose <= 200; lose += 200) {
            g_autoptr(Sim) sim = sim_tuned(tls, tunes[i], lose);

            sim_connect(sim);
            assert_int_equal(sim->client.questions, 0);
            assert_int_equal(sim->gateway.questions, 1);
        }
}

static void
test_eap_tls_to_a_server_of_another_name_is_refused(void **state)
{
    g_autoptr(Sim) sim = sim_tuned(tls, use_tls_elsewhere, 0);

    (void)state;
    sim_start(sim);
    assert_true(sim_run(sim, sim_both_closed, 300 * USEC_PER_SEC));
    assert_int_equal(sim->client.ups + sim->gateway.ups, 0);
    assert_int_equal(sim->gateway.questions, 0);
    assert_non_null(strstr(sim->client.why, "it is not made out to this server's name"));
}

static void
test_a_distrusted_client_certificate_brings_nothing_up(void **state)
{
    g_autoptr(Sim) sim = sim_tuned(tls, use_tls, 0);

    (void)state;
    sim->play.distrust_client = true;
    sim_start(sim);
    assert_true(sim_run(sim, sim_both_closed, 300 * USEC_PER_SEC));
    assert_int_equal(sim->client.ups + sim->gateway.ups, 0);
    assert_int_equal(sim->client.reason, IKE_REASON_LOGIN);
    assert_int_equal(sim->gateway.reason, IKE_REASON_LOGIN);
}

/* agent/docs/WIRE.md §4.3: both ends sign and verify the InitiatorSignedOctets of their own IKE SA.
 */
static void
use_anyconnect_with_certificate(IkeConfig *client, IkeConfig *gateway)
{
    (void)gateway;
    client->plan.eap_setup.key = client_key;
    client->plan.eap_setup.chain = client_chain;
}

static void
test_anyconnect_logs_in_with_a_certificate(void **state)
{
    (void)state;
    for (int trusted = 0; trusted < 2; trusted++) {
        g_autoptr(Sim) sim = sim_tuned(NULL, use_anyconnect_with_certificate, 0);

        sim->play.ask_certificate = true;
        sim->play.distrust_client = !trusted;
        if (trusted) {
            sim_connect(sim);
            assert_int_equal(sim->client.questions, 0);
            assert_true(sim->client.complete);
            continue;
        }
        sim_start(sim);
        assert_true(sim_run(sim, sim_both_closed, 300 * USEC_PER_SEC));
        assert_int_equal(sim->client.ups + sim->gateway.ups, 0);
        assert_string_equal(sim->gateway.why, "unknown certificate");
    }
}

static void
use_certificate_then_anyconnect(IkeConfig *client, IkeConfig *gateway)
{
    sim_cert_eap(client, gateway);
    use_anyconnect_with_certificate(client, gateway);
}

/* A client may name itself otherwise for EAP (RFC 4739 §2.2): from its second IDi on. */
static bool
rename_client(Sim *sim, SimLetter *l, void *user)
{
    if (l->from == SIM_GATEWAY && l->id == 1)
        sim->config[SIM_CLIENT].plan.id = *(const IkeId *)user;
    return false;
}

/* RFC 4739: the octets that EAP signs are those of the login it is in: the IDi of the second, and
 * SK_pi as it is then, with a PPK or without (agent/docs/WIRE.md §4.3). */
static void
test_a_certificate_inside_the_second_of_two_logins_proves_that_login(void **state)
{
    static const IkeId names[] = { { IKE_ID_GROUP,
                                     { (const uint8_t *)"*$AnyConnectClient$*", 20 } },
                                   { IKE_ID_KEY_ID, { (const uint8_t *)"another", 7 } } };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        for (int ppk = 0; ppk < 3; ppk++) {
            g_autoptr(Sim) sim = sim_tuned(NULL, use_certificate_then_anyconnect, 0);

            for (int side = 0; side < 2 && ppk > 0; side++) {
                sim->config[side].plan.ppk_id = slice_of(ppk == 2 && side ? "other" : "one");
                sim->config[side].plan.ppk = slice_of("not a quantum secret");
            }
            sim->play.ask_certificate = true;
            sim_lie(sim, rename_client, (void *)&names[i]);
            sim_connect(sim);
            assert_int_equal(sim->client.questions, 0);
            assert_true(sim->client.complete);
        }
}

/* One that has the MSK and one that has not: the AUTH of either is refused (C061). The gateway's
 * EAP-MSCHAPv2 is run by a client whose method hides its key. */
static Slice
no_msk(void *self)
{
    static const uint8_t other[64];

    (void)self;
    return (Slice){ other, sizeof(other) };
}

static EapMethod another_key;
static const EapMethod *const another[] = { &another_key, NULL };

static void
use_another_key_at_the_client(IkeConfig *client, IkeConfig *gateway)
{
    use_method(client, gateway);
    another_key = eap_mschapv2;
    another_key.msk = no_msk;
    client->plan.eap = another;
}

static void
use_another_key_at_the_gateway(IkeConfig *client, IkeConfig *gateway)
{
    use_another_key_at_the_client(client, gateway);
    client->plan.eap = mschap;
    gateway->plan.eap = another;
}

static void
use_no_key_at_the_client(IkeConfig *client, IkeConfig *gateway)
{
    use_another_key_at_the_client(client, gateway);
    another_key.msk = NULL;
    another_key.mutual = false; /* else it would not come so far */
}

static void
test_an_auth_by_another_key_than_the_msk_is_refused(void **state)
{
    void (*const tunes[])(IkeConfig *, IkeConfig *) = { use_another_key_at_the_client,
                                                        use_another_key_at_the_gateway,
                                                        use_no_key_at_the_client };

    (void)state;
    under_test = mschap;
    for (size_t i = 0; i < G_N_ELEMENTS(tunes); i++) {
        g_autoptr(Sim) sim =
            sim_new(&(SimSetup){ .seed = 1, .delay = USEC_PER_MSEC, .tune = tunes[i] });

        sim_start(sim);
        assert_true(sim_run(sim, sim_both_closed, 300 * USEC_PER_SEC));
        assert_int_equal(sim->client.ups + sim->gateway.ups, 0);
        assert_int_equal(sim->gateway.configs, 0);
        assert_string_equal(sim->gateway.why, "the client's final AUTH does not verify: "
                                              "it does not go with what EAP came to");
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_method_brings_the_tunnel_up),
        cmocka_unit_test(test_a_wrong_password_brings_nothing_up),
        cmocka_unit_test(test_mschapv2_lets_a_person_try_again),
        cmocka_unit_test(test_a_person_has_time_to_type_for_a_plain_method),
        cmocka_unit_test(test_a_person_may_give_up_a_plain_method),
        cmocka_unit_test(test_eap_tls_brings_the_tunnel_up_without_a_question_to_a_person),
        cmocka_unit_test(test_eap_tls_to_a_server_of_another_name_is_refused),
        cmocka_unit_test(test_a_distrusted_client_certificate_brings_nothing_up),
        cmocka_unit_test(test_anyconnect_logs_in_with_a_certificate),
        cmocka_unit_test(test_a_certificate_inside_the_second_of_two_logins_proves_that_login),
        cmocka_unit_test(test_an_auth_by_another_key_than_the_msk_is_refused),
    };

    return cmocka_run_group_tests_name("x_eap", tests, make, unmake);
}
