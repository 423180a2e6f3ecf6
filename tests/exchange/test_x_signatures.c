/* test_x_signatures.c - AUTH by every kind of key, in both forms, and CERT payloads as they may
 * come (RFC 7427, RFC 7296 §3.6-§3.8). */
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "tests/support/hex.h"
#include "tests/support/sim_lie.h"
#include "tests/support/sim_plan.h"
#include "tests/support/test.h"

static Sim *
with_keys(SimKey client, SimKey gateway, bool classic)
{
    Sim *sim = sim_new(&(SimSetup){ .seed = 1, .delay = USEC_PER_MSEC, .tune = sim_cert });
    IkeConfig *c = &sim->config[SIM_CLIENT], *g = &sim->config[SIM_GATEWAY];

    c->plan.key = sim_key(SIM_CLIENT, client);
    c->plan.chain = sim_chain(SIM_CLIENT, client);
    g->plan.key = sim_key(SIM_GATEWAY, gateway);
    g->plan.chain = sim_chain(SIM_GATEWAY, gateway);
    c->classic_only = classic;
    return sim;
}

/* The method octet of each AUTH that went by. */
typedef struct Methods {
    uint8_t by[2];
} Methods;

static bool
look(Sim *sim, SimLetter *l, void *user)
{
    SimPayload *p = sim_letter_find(l, IKE_PAYLOAD_AUTH);

    (void)sim;
    if (p)
        ((Methods *)user)->by[l->from] = p->body->data[0];
    return false;
}

/* RFC 7427 §3: method 14 after both have announced hashes, the classic ones else. */
static void
test_every_kind_of_key_signs_in_either_form(void **state)
{
    static const uint8_t classic[] = {
        [SIM_RSA] = 1, [SIM_P256] = 9, [SIM_P384] = 10, [SIM_P521] = 11
    };

    (void)state;
    for (SimKey c = 0; c < SIM_KEYS; c++)
        for (SimKey g = 0; g < SIM_KEYS; g++)
            for (int old = 0; old <= 1; old++) {
                g_autoptr(Sim) sim = with_keys(c, g, old);
                Methods m = { 0 };

                if (old && (c == SIM_ED25519 || g == SIM_ED25519))
                    continue;
                sim_lie(sim, look, &m);
                sim_connect(sim);
                assert_int_equal(m.by[SIM_CLIENT], old ? classic[c] : 14);
                assert_int_equal(m.by[SIM_GATEWAY], old ? classic[g] : 14);
            }
}

/* Octets of the DigestInfo in each AUTH of method 1. */
typedef struct Digests {
    size_t by[2];
} Digests;

static bool
open_digest(Sim *sim, SimLetter *l, void *user)
{
    SimPayload *p = sim_letter_find(l, IKE_PAYLOAD_AUTH);
    uint8_t info[256];
    size_t len = sizeof(info);
    EVP_PKEY_CTX *ctx;

    (void)sim;
    if (!p || p->body->data[0] != SIG_METHOD_RSA)
        return false;
    ctx = EVP_PKEY_CTX_new(sig_key_evp(sim_key(l->from, SIM_RSA)), NULL);
    assert_int_equal(EVP_PKEY_verify_recover_init(ctx), 1);
    assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING), 1);
    assert_int_equal(EVP_PKEY_verify_recover(ctx, info, &len, p->body->data + 4, p->body->len - 4),
                     1);
    EVP_PKEY_CTX_free(ctx);
    ((Digests *)user)->by[l->from] = len;
    return false;
}

/* The gateway of an AnyConnect, with an RSA key. */
static Sim *
cisco_with_rsa(void)
{
    Sim *sim = sim_new(&(SimSetup){ .seed = 1, .delay = USEC_PER_MSEC });
    IkeConfig *g = &sim->config[SIM_GATEWAY];

    sim->config[SIM_CLIENT].classic_only = true;
    g->plan.key = sim_key(SIM_GATEWAY, SIM_RSA);
    g->plan.chain = sim_chain(SIM_GATEWAY, SIM_RSA);
    return sim;
}

/* RFC 7296 §3.8: "SHOULD use SHA-1 as the default hash function when generating signatures"; RFC
 * 8247 §3: "MUST NOT". Cisco's is that of the PRF (agent/docs/WIRE.md §5.1). */
static void
test_method_1_takes_sha1_where_it_is_allowed_and_the_prfs_hash_else(void **state)
{
    enum { SHA1 = 35, SHA256 = 51 };
    static const struct {
        bool cisco, sha1_ok;
        size_t want;
    } rows[] = { { false, false, SHA256 },
                 { false, true, SHA1 },
                 { true, false, SHA256 },
                 { true, true, SHA256 } };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(Sim) sim = rows[i].cisco ? cisco_with_rsa() : with_keys(SIM_RSA, SIM_RSA, true);
        Digests d = { 0 };

        for (int side = 0; side < 2; side++)
            sim->config[side].sig.sha1_ok = rows[i].sha1_ok;
        sim_lie(sim, open_digest, &d);
        sim_connect(sim);
        assert_int_equal(d.by[SIM_GATEWAY], rows[i].want);
        if (!rows[i].cisco)
            assert_int_equal(d.by[SIM_CLIENT], rows[i].want);
    }
}

static void
assert_refused(Sim *sim, const char *client_why, const char *gateway_why)
{
    sim_start(sim);
    assert_true(sim_run(sim, sim_both_closed, 400 * USEC_PER_SEC));
    assert_int_equal(sim->client.ups, 0);
    if (!strstr(sim->client.why, client_why))
        fail_msg("the client's \"%s\" does not say \"%s\"", sim->client.why, client_why);
    if (gateway_why && !strstr(sim->gateway.why, gateway_why))
        fail_msg("the gateway's \"%s\" does not say \"%s\"", sim->gateway.why, gateway_why);
}

static void
test_a_key_without_a_form_that_the_peer_knows_does_not_sign(void **state)
{
    g_autoptr(Sim) client = with_keys(SIM_ED25519, SIM_P256, true);
    g_autoptr(Sim) gateway = with_keys(SIM_P256, SIM_ED25519, true);

    (void)state;
    sim_start(client);
    assert_true(sim_run(client, sim_client_closed, 400 * USEC_PER_SEC));
    assert_non_null(strstr(client->client.why, "Ed25519 key cannot sign in a way the peer knows"));
    assert_refused(gateway, "AUTHENTICATION_FAILED",
                   "Ed25519 key cannot sign in a way the peer knows");
}

static bool
refuse_to_sign(void *self, const SigAlg *alg, Slice input, GByteArray *ret)
{
    (void)alg, (void)input, (void)ret;
    ++*(unsigned *)self;
    return false;
}

static void
free_nothing(void *self)
{
    (void)self;
}

/* Pulled out between the PIN and the signature. */
static void
test_a_token_that_does_not_sign_is_named_and_nothing_is_sent(void **state)
{
    unsigned asked = 0;
    g_autoptr(SigKey) gone = sig_key_from_signer(
        sim_key(SIM_CLIENT, SIM_P256), &(SigSigner){ refuse_to_sign, free_nothing, &asked });
    g_autoptr(Sim) sim = with_keys(SIM_P256, SIM_P256, false);

    (void)state;
    sim->config[SIM_CLIENT].plan.key = gone;
    sim_start(sim);
    assert_true(sim_run(sim, sim_client_closed, 400 * USEC_PER_SEC));
    assert_int_equal(sim->client.reason, IKE_REASON_OUR_KEY);
    assert_string_equal(sim->client.why, "the token with our ECDSA key does not sign");
    assert_int_equal(asked, 1);
    assert_int_equal(sim->gateway.peers + sim->gateway.certificates, 0);
}

static void
test_an_rsa_key_below_the_policy_is_refused(void **state)
{
    g_autoptr(Sim) sim = with_keys(SIM_P256, SIM_RSA, false);

    (void)state;
    sim->config[SIM_CLIENT].sig.min_rsa = 3072;
    assert_refused(sim, "shorter than the policy allows", NULL);
}

/* Message 1 of one side changed by who holds the keys. */
typedef struct Lie {
    SimSide from;
    void (*change)(SimLetter *l);
    unsigned told;
} Lie;

static bool
tell(Sim *sim, SimLetter *l, void *user)
{
    Lie *lie = user;

    (void)sim;
    if (l->from != lie->from || l->id != 1)
        return false;
    lie->change(l);
    lie->told++;
    return true;
}

static void
assert_lie(Sim *sim, SimSide from, void (*change)(SimLetter *l), const char *why)
{
    Lie lie = { from, change, 0 };

    sim_lie(sim, tell, &lie);
    if (!why)
        sim_connect(sim);
    else if (from == SIM_GATEWAY)
        assert_refused(sim, why, NULL);
    else
        assert_refused(sim, "AUTHENTICATION_FAILED", why);
    assert_true(lie.told > 0);
}

static void
say_14(SimLetter *l)
{
    sim_letter_find(l, IKE_PAYLOAD_AUTH)->body->data[0] = 14;
}

static void
say_1(SimLetter *l)
{
    sim_letter_find(l, IKE_PAYLOAD_AUTH)->body->data[0] = 1;
}

/* The AlgorithmIdentifier of an AUTH of method 14 becomes @der. */
static void
name_algorithm(SimLetter *l, const char *der)
{
    SimPayload *p = sim_letter_find(l, IKE_PAYLOAD_AUTH);
    Hex h = hex(der);
    size_t head = 4, old = p->body->data[head];

    g_byte_array_remove_range(p->body, (guint)head, (guint)(1 + old));
    g_byte_array_prepend(p->body, h.b, (guint)h.len);
    g_byte_array_prepend(p->body, (const uint8_t[]){ 14, 0, 0, 0, (uint8_t)h.len }, 5);
    g_byte_array_remove_range(p->body, (guint)(5 + h.len), 4);
}

static void
foreign_oid(SimLetter *l)
{
    name_algorithm(l,
                   "300a06082a8648ce3d040309"); /* an arc of ANSI X9.62 that nobody has given out */
}

static void
md5_oid(SimLetter *l)
{
    name_algorithm(l, "300d06092a864886f70d0101040500"); /* md5WithRSAEncryption */
}

static void
sha1_oid(SimLetter *l)
{
    name_algorithm(l, "300906072a8648ce3d0401"); /* ecdsa-with-SHA1 */
}

static void
no_oid(SimLetter *l)
{
    name_algorithm(l, "");
}

static void
test_a_method_or_algorithm_that_was_not_agreed_is_refused(void **state)
{
    static const struct {
        void (*change)(SimLetter *l);
        bool classic;
        const char *why;
    } rows[] = {
        { say_14, true, "not a signature by a certificate" },
        { say_1, false, "does not fit the certificate's key" },
        { foreign_oid, false, "none that we know" },
        { md5_oid, false, "none that we know" },
        { no_oid, false, "none that we know" },
        { sha1_oid, false, "does not match" },
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        for (SimSide from = SIM_CLIENT; from <= SIM_GATEWAY; from++) {
            g_autoptr(Sim) sim = with_keys(SIM_P256, SIM_P256, rows[i].classic);

            assert_lie(sim, from, rows[i].change, rows[i].why);
        }
}

/* Any number of CERT payloads behind the leaf, of any encoding anywhere (RFC 7296 §3.6). */
static void
crowd_certs(SimLetter *l)
{
    SimPayload *leaf = sim_letter_find(l, IKE_PAYLOAD_CERT), *url;
    Slice other = x509_chain_der(sim_chain(SIM_CLIENT, SIM_P384), 0);
    g_autoptr(GByteArray) body = g_byte_array_new();

    g_byte_array_append(body, (const uint8_t[]){ 4 }, 1);
    g_byte_array_append(body, other.p, (guint)other.len);
    sim_letter_add(l, IKE_PAYLOAD_CERT, (Slice){ leaf->body->data, leaf->body->len });
    sim_letter_add(l, IKE_PAYLOAD_CERT, (Slice){ body->data, body->len });
    sim_letter_add(l, IKE_PAYLOAD_CERT, slice_of("\x04garbage"));
    url = sim_letter_add(l, IKE_PAYLOAD_CERT,
                         slice_of("\x0c"
                                  "01234567890123456789http://x"));
    g_ptr_array_insert(l->payloads, 0, g_ptr_array_steal_index(l->payloads, l->payloads->len - 1));
    assert_ptr_equal(g_ptr_array_index(l->payloads, 0), url);
}

static void
garbage_leaf(SimLetter *l)
{
    sim_letter_add(l, IKE_PAYLOAD_CERT, slice_of("\x04garbage"));
    g_ptr_array_insert(l->payloads, 0, g_ptr_array_steal_index(l->payloads, l->payloads->len - 1));
}

static void
other_leaf(SimLetter *l)
{
    Slice other = x509_chain_der(sim_chain(SIM_CLIENT, SIM_P521), 0);
    g_autoptr(GByteArray) body = g_byte_array_new();

    g_byte_array_append(body, (const uint8_t[]){ 4 }, 1);
    g_byte_array_append(body, other.p, (guint)other.len);
    sim_letter_add(l, IKE_PAYLOAD_CERT, (Slice){ body->data, body->len });
    g_ptr_array_insert(l->payloads, 0, g_ptr_array_steal_index(l->payloads, l->payloads->len - 1));
}

static void
test_the_first_certificate_is_the_leaf_and_the_rest_is_harmless(void **state)
{
    (void)state;
    for (SimSide from = SIM_CLIENT; from <= SIM_GATEWAY; from++) {
        g_autoptr(Sim) crowd = with_keys(SIM_P256, SIM_P256, false);
        g_autoptr(Sim) garbage = with_keys(SIM_P256, SIM_P256, false);
        g_autoptr(Sim) other = with_keys(SIM_P256, SIM_P256, false);

        assert_lie(crowd, from, crowd_certs, NULL);
        assert_lie(garbage, from, garbage_leaf, "cannot be read");
        assert_lie(other, from, other_leaf, "does not match");
    }
}

static void
strip_certreq(SimLetter *l)
{
    sim_letter_remove(l, IKE_PAYLOAD_CERTREQ);
}

static void
odd_certreqs(SimLetter *l)
{
    sim_letter_add(l, IKE_PAYLOAD_CERTREQ,
                   slice_of("\x63"
                            "abc"));
    sim_letter_add(l, IKE_PAYLOAD_CERTREQ,
                   slice_of("\x04"
                            "odd"));
    sim_letter_add(l, IKE_PAYLOAD_CERTREQ, slice_of("\x0d"));
}

/* RFC 7296 §3.7: a hint, and a hint that is not there or not understood changes nothing. */
static void
test_a_certificate_is_shown_whatever_was_asked_for(void **state)
{
    g_autoptr(Sim) none = with_keys(SIM_P256, SIM_P256, false);
    g_autoptr(Sim) odd = with_keys(SIM_P256, SIM_P256, false);

    (void)state;
    assert_lie(none, SIM_CLIENT, strip_certreq, NULL);
    assert_lie(odd, SIM_CLIENT, odd_certreqs, NULL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_kind_of_key_signs_in_either_form),
        cmocka_unit_test(test_method_1_takes_sha1_where_it_is_allowed_and_the_prfs_hash_else),
        cmocka_unit_test(test_a_key_without_a_form_that_the_peer_knows_does_not_sign),
        cmocka_unit_test(test_a_token_that_does_not_sign_is_named_and_nothing_is_sent),
        cmocka_unit_test(test_an_rsa_key_below_the_policy_is_refused),
        cmocka_unit_test(test_a_method_or_algorithm_that_was_not_agreed_is_refused),
        cmocka_unit_test(test_the_first_certificate_is_the_leaf_and_the_rest_is_harmless),
        cmocka_unit_test(test_a_certificate_is_shown_whatever_was_asked_for),
    };

    return cmocka_run_group_tests_name("x_signatures", tests, NULL, NULL);
}
