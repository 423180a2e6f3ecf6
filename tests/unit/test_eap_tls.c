/* test_eap_tls.c - agent/eap/eap_tls.c: peer against server, certificates made with OpenSSL */

#include "tests/support/certs.h"
#include "tests/support/eap_talk.h"

static const EapMethod *const methods[] = { &eap_tls, NULL };

/* An authority, a gateway and a client under it. */
typedef struct Party {
    EVP_PKEY *evp;
    SigKey *key;
    X509Chain *chain;
} Party;

static EVP_PKEY *authority_key, *stranger_key;
static CertSpec authority, stranger;
static X509Store *anchors;
static Party server, client, impostor, elsewhere, big_server, big_client;

static Party
party(const CertSpec *issuer, const char *san, const char *purpose)
{
    Party p = { .evp = EVP_EC_gen("P-256") };
    CertSpec spec = { .cn = "someone",
                      .san = san,
                      .purpose = purpose,
                      .usage = "digitalSignature",
                      .key = p.evp,
                      .issuer = issuer };
    g_autoptr(GBytes) der = certs_make(&spec);

    p.key = sig_key_from_evp(p.evp);
    p.chain = x509_chain_new();
    assert_true(x509_chain_add(p.chain, certs_view(der)));
    return p;
}

static void
party_clear(Party *p)
{
    EVP_PKEY_free(p->evp);
    sig_key_free(p->key);
    x509_chain_free(p->chain);
}

static int
make(void **state)
{
    g_autoptr(X509Chain) root = x509_chain_new();
    g_autofree char *pem = NULL;
    g_autoptr(GBytes) der = NULL;
    g_autoptr(GString) names = g_string_new("DNS:gw.example.org");

    (void)state;
    authority_key = EVP_EC_gen("P-256");
    stranger_key = EVP_EC_gen("P-256");
    authority = (CertSpec){ .cn = "authority",
                            .constraints = "critical,CA:TRUE",
                            .usage = "keyCertSign",
                            .key = authority_key };
    stranger = authority;
    stranger.cn = "stranger";
    stranger.key = stranger_key;
    der = certs_make(&authority);
    assert_true(x509_chain_add(root, certs_view(der)));
    pem = x509_chain_to_pem(root);
    anchors = x509_store_new();
    assert_true(x509_store_add_pem(anchors, slice_of(pem), NULL));
    server = party(&authority, "DNS:gw.example.org", "serverAuth");
    client = party(&authority, "email:anu@example.org", "clientAuth");
    impostor = party(&stranger, "DNS:gw.example.org", "serverAuth");
    elsewhere = party(&authority, "DNS:other.example.org", "serverAuth");
    for (int i = 0; i < 200; i++)
        g_string_append_printf(names, ",DNS:a-rather-long-name-%d.example.org", i);
    big_server = party(&authority, names->str, "serverAuth");
    big_client = party(&authority, names->str, "clientAuth");
    return 0;
}

static int
unmake(void **state)
{
    Party *all[] = { &server, &client, &impostor, &elsewhere, &big_server, &big_client };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(all); i++)
        party_clear(all[i]);
    x509_store_free(anchors);
    EVP_PKEY_free(authority_key);
    EVP_PKEY_free(stranger_key);
    return 0;
}

static EapTalk
talk(const Party *c, const Party *s, bool tls_12)
{
    return (EapTalk){ .peer_methods = methods,
                      .server_methods = methods,
                      .peer_setup = { .identity = "anu@example.org",
                                      .key = c->key,
                                      .chain = c->chain,
                                      .anchors = anchors,
                                      .host = "gw.example.org",
                                      .tls_12 = tls_12,
                                      .sig = { .min_rsa = 2048 } },
                      .server_setup = {
                          .key = s->key, .chain = s->chain, .sig = { .min_rsa = 2048 } } };
}

static void
test_both_versions_end_with_the_same_key_at_both_ends(void **state)
{
    (void)state;
    for (int v12 = 0; v12 < 2; v12++)
        for (int ask = 0; ask < 2; ask++) {
            g_auto(EapTalk) t = talk(&client, &server, v12);

            t.server_setup.ask_identity = ask;
            eap_talk_succeeds(&t, 64);
            assert_int_equal(t.asked, 0);
            assert_int_equal(t.owner_asked, 1);
            assert_true(t.chain_seen);
            if (ask)
                assert_string_equal(eap_server_identity(t.s), "anu@example.org");
        }
}

/* RFC 5216 §2.1.5 */
static void
test_long_flights_go_in_fragments_both_ways(void **state)
{
    (void)state;
    for (int v12 = 0; v12 < 2; v12++) {
        g_auto(EapTalk) t = talk(&big_client, &big_server, v12);

        eap_talk_succeeds(&t, 64);
        assert_true(t.requests > 15); /* some 8 KB each way */
    }
}

static const uint8_t *secret_cert;
static size_t secret_len;
static unsigned responses;

static void
look_for_certificate(EapTalk *t, GByteArray *packet)
{
    (void)t;
    responses++;
    assert_null(memmem(packet->data, packet->len, secret_cert, secret_len));
}

/* B06: with TLS 1.2 the client's certificate would go in the clear. */
static void
test_nothing_of_the_client_goes_to_a_server_that_is_not_trusted(void **state)
{
    const struct {
        const Party *server;
        const char *why;
    } rows[] = {
        { &impostor, "it was not issued by an authority that this computer trusts" },
        { &elsewhere, "it is not made out to this server's name" },
        { &client, "it is not made out to this server's name" },
    };
    Slice der = x509_chain_der(client.chain, 0);

    (void)state;
    secret_cert = der.p + der.len / 2;
    secret_len = 64;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        for (int v12 = 0; v12 < 2; v12++) {
            g_auto(EapTalk) t = talk(&client, rows[i].server, v12);

            t.on_response = look_for_certificate;
            responses = 0;
            eap_talk_run(&t, NULL);
            assert_int_equal(t.peer, EAP_FAILED);
            assert_int_equal(responses, 1); /* the ClientHello */
            assert_non_null(strstr(eap_peer_why(t.p), rows[i].why));
            assert_int_equal(t.owner_asked, 0);
            assert_int_equal(eap_peer_msk(t.p).len, 0);
        }
}

static void
test_a_client_certificate_that_the_owner_distrusts_is_a_failure(void **state)
{
    (void)state;
    for (int v12 = 0; v12 < 2; v12++) {
        g_auto(EapTalk) t = talk(&client, &server, v12);

        t.distrust = true;
        eap_talk_run(&t, NULL);
        assert_int_equal(t.server, EAP_FAILED);
        assert_int_equal(t.peer, EAP_FAILED);
        assert_int_equal(eap_peer_msk(t.p).len, 0);
        assert_int_equal(eap_server_msk(t.s).len, 0);
        assert_string_equal(eap_server_why(t.s), "the client's certificate is not trusted");
    }
}

static void
test_what_is_needed_is_said_before_anything_is_sent(void **state)
{
    g_auto(EapTalk) bare = talk(&client, &server, false);
    g_auto(EapTalk) nameless = talk(&client, &server, false);
    g_auto(EapTalk) mixed = talk(&client, &server, false);

    (void)state;
    bare.peer_setup.key = NULL;
    eap_talk_run(&bare, NULL);
    assert_string_equal(eap_peer_why(bare.p), "EAP-TLS needs a certificate of our own and its key");
    nameless.peer_setup.host = NULL;
    eap_talk_run(&nameless, NULL);
    assert_string_equal(eap_peer_why(nameless.p),
                        "EAP-TLS needs trusted authorities and the name of the server");
    mixed.peer_setup.key = server.key;
    eap_talk_run(&mixed, NULL);
    assert_int_equal(mixed.peer, EAP_FAILED);
    assert_non_null(strstr(eap_peer_why(mixed.p), "do not belong together"));
}

/* RFC 9190 §2.1.1: with TLS 1.3 the peer is done only when the server has said that it is. */
static unsigned early_at;

static void
succeed_early(EapTalk *t, GByteArray *packet)
{
    if (t->requests != early_at)
        return;
    g_byte_array_set_size(packet, 4);
    packet->data[0] = EAP_SUCCESS;
    packet->data[2] = 0;
    packet->data[3] = 4;
}

static void
test_an_early_success_is_refused_at_every_step(void **state)
{
    (void)state;
    for (int v12 = 0; v12 < 2; v12++)
        for (early_at = 0; early_at < 3; early_at++) {
            g_auto(EapTalk) t = talk(&client, &server, v12);

            t.on_request = succeed_early;
            eap_talk_run(&t, NULL);
            assert_int_equal(t.peer, EAP_FAILED);
            assert_int_equal(eap_peer_msk(t.p).len, 0);
        }
}

/* ---- every truncation, and a flipped bit everywhere ---- */

static unsigned spoil_at, spoil_packet;
static bool spoil_cut;

static void
spoil(EapTalk *t, GByteArray *packet)
{
    if (t->requests != spoil_packet || packet->len <= 5)
        return;
    if (5 + spoil_at >= packet->len)
        return;
    if (spoil_cut)
        g_byte_array_set_size(packet, 5 + spoil_at);
    else
        packet->data[5 + spoil_at] ^= 0x40;
    packet->data[2] = (uint8_t)(packet->len >> 8);
    packet->data[3] = (uint8_t)packet->len;
}

static void
test_spoiled_packets_never_make_two_keys(void **state)
{
    (void)state;
    for (int side = 0; side < 2; side++)
        for (spoil_packet = 0; spoil_packet < 6; spoil_packet++)
            for (spoil_at = 0; spoil_at < 1100; spoil_at += spoil_at < 12 ? 1 : 97)
                for (int how = 0; how < 2; how++) {
                    g_auto(EapTalk) t = talk(&client, &server, spoil_at % 2);

                    spoil_cut = how;
                    t.on_request = side ? NULL : spoil;
                    t.on_response = side ? spoil : NULL;
                    eap_talk_run(&t, NULL);
                    if (t.peer == EAP_SUCCEEDED) {
                        assert_int_equal(eap_peer_msk(t.p).len, 64);
                        assert_true(slice_equal(eap_peer_msk(t.p), eap_server_msk(t.s)));
                    }
                }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_versions_end_with_the_same_key_at_both_ends),
        cmocka_unit_test(test_long_flights_go_in_fragments_both_ways),
        cmocka_unit_test(test_nothing_of_the_client_goes_to_a_server_that_is_not_trusted),
        cmocka_unit_test(test_a_client_certificate_that_the_owner_distrusts_is_a_failure),
        cmocka_unit_test(test_what_is_needed_is_said_before_anything_is_sent),
        cmocka_unit_test(test_an_early_success_is_refused_at_every_step),
        cmocka_unit_test(test_spoiled_packets_never_make_two_keys),
    };

    return cmocka_run_group_tests_name("eap_tls", tests, make, unmake);
}
