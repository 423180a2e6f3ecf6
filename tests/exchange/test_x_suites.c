/* test_x_suites.c - every algorithm that can be chosen works, in every combination, and no weaker
 * one than the policy wants is ever taken (CVE-2016-3071: offered, chosen, not implemented). */
#include "tests/support/sim.h"
#include "tests/support/test.h"

static SuiteRank client_rank, gateway_rank;

static void
by_rank(IkeConfig *client, IkeConfig *gateway)
{
    ike_offer_policy(IKE_PROTO_IKE, client_rank, &client->ike);
    ike_offer_policy(IKE_PROTO_ESP, client_rank, &client->esp);
    ike_offer_policy(IKE_PROTO_IKE, gateway_rank, &gateway->ike);
    ike_offer_policy(IKE_PROTO_ESP, gateway_rank, &gateway->esp);
}

static void
test_all_policies_meet(void **state)
{
    (void)state;
    for (client_rank = SUITE_MODERN; client_rank <= SUITE_LEGACY; client_rank++)
        for (gateway_rank = SUITE_MODERN; gateway_rank <= SUITE_LEGACY; gateway_rank++) {
            g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1, .tune = by_rank });
            IkeInfo info;

            sim_connect(sim);
            ike_sa_info(sim->client.sa, &info);
            assert_int_equal(info.suite.encr, ENCR_AES_GCM_16); /* both prefer it */
            assert_int_equal(info.suite.key_bits, 256);
            assert_int_equal(sim->client.sent[IKE_EXCHANGE_IKE_SA_INIT], 1);
        }
}

/* The combination under test; both sides offer it alone. */
static Suite one, child;

static void
add(IkeOffer *o, bool next, uint8_t type, uint16_t id, uint16_t bits)
{
    const SuiteAlg *alg = suite_find(type, id);

    ike_offer_add(o, next, type, id, alg->key_len_attr ? bits : 0);
}

static void
just_one(IkeConfig *client, IkeConfig *gateway)
{
    client->ike = (IkeOffer){ .proto = IKE_PROTO_IKE };
    add(&client->ike, true, TRANSFORM_ENCR, one.encr, one.key_bits);
    add(&client->ike, false, TRANSFORM_PRF, one.prf, 0);
    if (one.integ != AUTH_NONE)
        add(&client->ike, false, TRANSFORM_INTEG, one.integ, 0);
    add(&client->ike, false, TRANSFORM_KE, one.ke, 0);
    client->esp = (IkeOffer){ .proto = IKE_PROTO_ESP };
    add(&client->esp, true, TRANSFORM_ENCR, child.encr, child.key_bits);
    if (child.integ != AUTH_NONE)
        add(&client->esp, false, TRANSFORM_INTEG, child.integ, 0);
    add(&client->esp, false, TRANSFORM_ESN, ESN_NO, 0);
    gateway->ike = client->ike;
    gateway->esp = client->esp;
    gateway->sig = client->sig = (SigPolicy){ .sha1_ok = true, .min_rsa = 2048 };
    client->classic_only = one.encr != ENCR_AES_GCM_16; /* both kinds of signature */
}

static void
connect_one(void)
{
    g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1, .tune = just_one });
    IkeInfo info;

    sim_connect(sim);
    ike_sa_info(sim->client.sa, &info);
    assert_memory_equal(&info.suite, &one, sizeof(one));
    assert_memory_equal(&sim->client.child.suite, &child, sizeof(child));
    assert_int_equal(sim->client.child.key_in.len, suite_encr_key_len(&child));
    assert_int_equal(sim->client.child.integ_in.len, suite_integ_key_len(&child));
    assert_true(slice_equal(secret_view(&sim->client.child.key_in),
                            secret_view(&sim->gateway.child.key_out)));
}

static const struct {
    uint16_t id, bits;
} ciphers[] = {
    { ENCR_AES_GCM_16, 128 }, { ENCR_AES_GCM_16, 256 }, { ENCR_CHACHA20_POLY1305, 256 },
    { ENCR_AES_CBC, 128 },    { ENCR_AES_CBC, 192 },    { ENCR_AES_CBC, 256 },
    { ENCR_3DES, 192 },
};
static const uint16_t prfs[] = { PRF_HMAC_SHA1, PRF_HMAC_SHA2_256, PRF_HMAC_SHA2_384,
                                 PRF_HMAC_SHA2_512 };
static const uint16_t integs[] = { AUTH_HMAC_SHA1_96, AUTH_HMAC_SHA2_256_128,
                                   AUTH_HMAC_SHA2_384_192, AUTH_HMAC_SHA2_512_256 };
static const uint16_t groups[] = {
    KE_MODP768,  KE_MODP1024, KE_MODP1536, KE_MODP2048, KE_MODP3072,
    KE_MODP4096, KE_ECP256,   KE_ECP384,   KE_ECP521,   KE_CURVE25519
};

static void
set_ciphers(size_t i, size_t integ)
{
    const SuiteAlg *alg = suite_find(TRANSFORM_ENCR, ciphers[i].id);

    one.encr = child.encr = ciphers[i].id;
    one.key_bits = child.key_bits = ciphers[i].bits;
    one.integ = child.integ = alg->aead ? AUTH_NONE : integs[integ];
}

static void
test_every_cipher_with_every_prf_and_integrity_works(void **state)
{
    (void)state;
    one.ke = KE_ECP256;
    for (size_t c = 0; c < G_N_ELEMENTS(ciphers); c++)
        for (size_t p = 0; p < G_N_ELEMENTS(prfs); p++)
            for (size_t i = 0; i < G_N_ELEMENTS(integs); i++) {
                set_ciphers(c, i);
                one.prf = prfs[p];
                connect_one();
            }
}

static void
test_every_group_works_with_every_cipher(void **state)
{
    (void)state;
    one.prf = PRF_HMAC_SHA2_256;
    for (size_t g = 0; g < G_N_ELEMENTS(groups); g++)
        for (size_t c = 0; c < G_N_ELEMENTS(ciphers); c += g < 3 ? 3 : 2) {
            set_ciphers(c, 1);
            one.ke = groups[g];
            connect_one();
        }
}

/* Whatever the table calls implemented stands in one of the lists above. */
static void
test_no_algorithm_is_left_out(void **state)
{
    const SuiteAlg *alg;

    (void)state;
    for (size_t i = 0; (alg = suite_at(i)); i++) {
        size_t found = 0;

        if (!alg->implemented || alg->type == TRANSFORM_ESN || alg->id == 0)
            continue;
        for (size_t j = 0; j < G_N_ELEMENTS(ciphers); j++)
            found += alg->type == TRANSFORM_ENCR && ciphers[j].id == alg->id;
        for (size_t j = 0; j < G_N_ELEMENTS(prfs); j++)
            found += alg->type == TRANSFORM_PRF && prfs[j] == alg->id;
        for (size_t j = 0; j < G_N_ELEMENTS(integs); j++)
            found += alg->type == TRANSFORM_INTEG && integs[j] == alg->id;
        for (size_t j = 0; j < G_N_ELEMENTS(groups); j++)
            found += alg->type == TRANSFORM_KE && groups[j] == alg->id;
        if (!found)
            fail_msg("%s is not tested", alg->name);
    }
}

static const SigKey *key;
static X509Chain *chain;
static SigPolicy policy;
static bool classic;

static void
with_key(IkeConfig *client, IkeConfig *gateway)
{
    gateway->plan.key = key;
    gateway->plan.chain = chain;
    client->sig = policy;
    client->classic_only = classic;
}

/* Methods 1, 9, 10, 11 and 14 (agent/docs/WIRE.md §5.1). */
static void
test_every_kind_of_gateway_key_is_verified(void **state)
{
    SigKey *keys[] = { sig_key_generate_rsa(2048), sig_key_generate_ecdsa(256),
                       sig_key_generate_ecdsa(384), sig_key_generate_ecdsa(521),
                       sig_key_generate_ed25519() };

    (void)state;
    policy = (SigPolicy){ .min_rsa = 2048 };
    for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
        key = keys[i];
        chain = x509_self_signed(key, "CN=gateway", NULL, NULL, 0, 4102444800, NULL);
        assert_non_null(chain);
        for (int c = 0; c <= 1; c++) {
            g_autoptr(Sim) sim = NULL;

            classic = c;
            sim = sim_new(&(SimSetup){ .seed = 1, .tune = with_key });
            sim_start(sim);
            (void)sim_run(sim, sim_both_up, 60 * USEC_PER_SEC);
            /* Ed25519 has no classic method: refused with a sentence, not with a crash */
            assert_int_equal(sim->client.ups, !(c && i == 4));
            if (c && i == 4)
                assert_non_null(strstr(sim->gateway.why, "Ed25519"));
        }
        x509_chain_free(chain);
        sig_key_free(keys[i]);
    }
}

static void
test_a_key_below_the_policy_is_refused(void **state)
{
    g_autoptr(SigKey) small = sig_key_generate_rsa(1024);
    g_autoptr(Sim) sim = NULL;

    (void)state;
    key = small;
    chain = x509_self_signed(small, "CN=gateway", NULL, NULL, 0, 4102444800, NULL);
    policy = (SigPolicy){ .min_rsa = 2048 };
    classic = false;
    sim = sim_new(&(SimSetup){ .seed = 1, .tune = with_key });
    sim_start(sim);
    assert_true(sim_run(sim, sim_both_closed, 60 * USEC_PER_SEC));
    assert_int_equal(sim->client.reason, IKE_REASON_SERVER_AUTH);
    assert_int_equal(sim->client.certificates, 0);
    x509_chain_free(chain);
}

static void
sha1_gateway(IkeConfig *client, IkeConfig *gateway)
{
    client_rank = gateway_rank = SUITE_COMPATIBLE;
    by_rank(client, gateway);
    client->classic_only = true;
    gateway->ike = (IkeOffer){ .proto = IKE_PROTO_IKE };
    ike_offer_add(&gateway->ike, true, TRANSFORM_ENCR, ENCR_AES_CBC, 256);
    ike_offer_add(&gateway->ike, false, TRANSFORM_PRF, PRF_HMAC_SHA1, 0);
    ike_offer_add(&gateway->ike, false, TRANSFORM_INTEG, AUTH_HMAC_SHA1_96, 0);
    ike_offer_add(&gateway->ike, false, TRANSFORM_KE, KE_MODP2048, 0);
}

/* The PRF may be SHA-1 where a signature with SHA-1 may not: two settings (RFC 8247 §3). */
static void
test_a_sha1_signature_needs_the_policy_to_allow_it(void **state)
{
    g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1, .tune = sha1_gateway });

    (void)state;
    sim_start(sim);
    assert_true(sim_run(sim, sim_both_closed, 60 * USEC_PER_SEC));
    assert_int_equal(sim->client.reason, IKE_REASON_SERVER_AUTH);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_policies_meet),
        cmocka_unit_test(test_every_cipher_with_every_prf_and_integrity_works),
        cmocka_unit_test(test_every_group_works_with_every_cipher),
        cmocka_unit_test(test_no_algorithm_is_left_out),
        cmocka_unit_test(test_every_kind_of_gateway_key_is_verified),
        cmocka_unit_test(test_a_key_below_the_policy_is_refused),
        cmocka_unit_test(test_a_sha1_signature_needs_the_policy_to_allow_it),
    };

    return cmocka_run_group_tests_name("x_suites", tests, NULL, NULL);
}
