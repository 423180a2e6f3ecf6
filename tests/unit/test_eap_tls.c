/* test_eap_tls.c - agent/eap/eap_tls.c: peer against server, certificates made with OpenSSL */

#include <openssl/ssl.h>

#include "agent/eap/eap_tls_join.h"
#include "tests/support/certs.h"
#include "tests/support/eap_talk.h"
#include "tests/support/raw_signer.h"

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

/* @evp is taken. */
static Party
party_of(EVP_PKEY *evp, const CertSpec *issuer, const char *san, const char *purpose)
{
    Party p = { .evp = evp };
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

static Party
party(const CertSpec *issuer, const char *san, const char *purpose)
{
    return party_of(EVP_EC_gen("P-256"), issuer, san, purpose);
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

static void
test_a_key_in_a_token_proves_its_certificate_in_either_version(void **state)
{
    EVP_PKEY *keys[] = { EVP_RSA_gen(2048), EVP_EC_gen("P-256"), EVP_EC_gen("P-384") };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
        Party p = party_of(keys[i], &authority, "email:anu@example.org", "clientAuth");

        for (int v12 = 0; v12 < 2; v12++)
            for (int refuses = 0; refuses < 2; refuses++) {
                bool freed;
                RawToken token;
                g_autoptr(SigKey) key = raw_token_behind(&token, p.key, &freed);
                g_auto(EapTalk) t = talk(&p, &server, v12);

                token.refuses = refuses;
                t.peer_setup.key = key;
                if (refuses)
                    eap_talk_run(&t, NULL);
                else
                    eap_talk_succeeds(&t, 64);
                assert_int_equal(token.asked, 1);
                if (!refuses)
                    continue;
                assert_int_equal(t.peer, EAP_FAILED);
                assert_string_equal(eap_peer_why(t.p), "the token with our key does not sign");
            }
        party_clear(&p);
    }
}

static void
test_an_ed25519_key_in_a_token_is_refused(void **state)
{
    Party p = party_of(EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), &authority,
                       "email:anu@example.org", "clientAuth");
    bool freed;
    RawToken token;
    g_autoptr(SigKey) key = raw_token_behind(&token, p.key, &freed);
    g_auto(EapTalk) t = talk(&p, &server, false);

    (void)state;
    t.peer_setup.key = key;
    eap_talk_run(&t, NULL);
    assert_int_equal(t.peer, EAP_FAILED);
    assert_non_null(strstr(eap_peer_why(t.p), "cannot be used in TLS"));
    party_clear(&p);
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

/* Its issuers may have to be asked first. */
static void
test_nothing_of_the_client_goes_out_while_the_servers_certificate_is_looked_at(void **state)
{
    Slice der = x509_chain_der(client.chain, 0);

    (void)state;
    secret_cert = der.p + der.len / 2;
    secret_len = 64;
    for (int v12 = 0; v12 < 2; v12++) {
        g_auto(EapTalk) good = talk(&client, &server, v12), bad = talk(&client, &server, v12);
        g_auto(EapTalk) other = talk(&client, &impostor, v12);

        good.peer_setup.ask_chain = bad.peer_setup.ask_chain = other.peer_setup.ask_chain = true;
        eap_talk_succeeds(&good, 64);
        assert_int_equal(good.asked, 1);
        bad.suspects = true;
        bad.on_response = look_for_certificate;
        responses = 0;
        eap_talk_run(&bad, NULL);
        assert_int_equal(bad.peer, EAP_FAILED);
        assert_int_equal(bad.asked, 1);
        assert_int_equal(responses, 1);
        assert_string_equal(eap_peer_why(bad.p),
                            "the server's certificate inside EAP-TLS is refused");
        assert_int_equal(eap_peer_msk(bad.p).len, 0);
        eap_talk_run(&other, NULL);
        assert_int_equal(other.peer, EAP_FAILED);
        assert_int_equal(other.asked, 0); /* nobody is asked about what is refused anyway */
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

/* As servers do that were written before RFC 9190: a message earlier than it has it. */
static void
test_a_success_without_the_promise_is_refused_by_its_name(void **state)
{
    (void)state;
    for (early_at = 1; early_at < 3; early_at++) {
        g_auto(EapTalk) t = talk(&client, &server, false);
        bool shaken = early_at == 2;

        t.on_request = succeed_early;
        eap_talk_run(&t, NULL);
        assert_int_equal(t.peer, EAP_FAILED);
        assert_int_equal(strstr(eap_peer_why(t.p), "RFC 9190 §2.1.1") != NULL, shaken);
        assert_int_equal(strstr(eap_peer_why(t.p), "before the login was done") != NULL, !shaken);
    }
}

/* RFC 9190 §2.5: whatever TLS says after its handshake may come in any number of messages; the
 * promise is the last of them. A server of OpenSSL, whose tickets nobody has asked for. */
typedef struct Ticketing {
    SSL_CTX *ctx;
    SSL *ssl;
    BIO *in, *out;
    EapTlsJoin join;
    unsigned said; /* messages after the handshake */
    bool promises;
    Secret msk;
} Ticketing;

static bool ticketing_promises;

static int
take_any(X509_STORE_CTX *ctx, void *user)
{
    (void)ctx;
    (void)user;
    return 1;
}

static void *
ticketing_open(AcSide side, const EapSetup *setup)
{
    Ticketing *t = g_new0(Ticketing, 1);
    Slice leaf = x509_chain_der(setup->chain, 0);

    assert_int_equal(side, AC_SERVER);
    t->promises = ticketing_promises;
    t->ctx = SSL_CTX_new(TLS_server_method());
    SSL_CTX_set_num_tickets(t->ctx, 0);
    SSL_CTX_set_verify(t->ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    SSL_CTX_set_cert_verify_callback(t->ctx, take_any, NULL);
    SSL_CTX_set_session_id_context(t->ctx, (const uint8_t *)"test", 4);
    assert_int_equal(SSL_CTX_use_certificate_ASN1(t->ctx, (int)leaf.len, leaf.p), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(t->ctx, sig_key_evp(setup->key)), 1);
    t->ssl = SSL_new(t->ctx);
    t->in = BIO_new(BIO_s_mem());
    t->out = BIO_new(BIO_s_mem());
    BIO_set_mem_eof_return(t->in, -1);
    SSL_set_bio(t->ssl, t->in, t->out);
    SSL_set_accept_state(t->ssl);
    eap_tls_join_init(&t->join);
    return t;
}

static void
ticketing_close(void *self)
{
    Ticketing *t = self;

    SSL_free(t->ssl);
    SSL_CTX_free(t->ctx);
    eap_tls_join_clear(&t->join);
    secret_clear(&t->msk);
    g_free(t);
}

static EapStep
ticketing_send(Ticketing *t, Secret *out)
{
    uint8_t buf[4096] = { 0 };
    int n = BIO_read(t->out, buf + 1, sizeof(buf) - 1);

    secret_set(out, (Slice){ buf, n > 0 ? 1 + (size_t)n : 1 });
    return EAP_STEP_SEND;
}

static EapStep
ticketing_start(void *self, Secret *out)
{
    static const uint8_t start = 0x20;

    (void)self;
    secret_set(out, (Slice){ &start, 1 });
    return EAP_STEP_SEND;
}

/* Two messages with a ticket each, then the promise. */
static EapStep
ticketing_say(Ticketing *t, Secret *out)
{
    static const char label[] = "EXPORTER_EAP_TLS_Key_Material";
    static const uint8_t zero, type = EAP_TYPE_TLS;

    if (t->said++ < 2) {
        assert_int_equal(SSL_new_session_ticket(t->ssl), 1);
        assert_int_equal(SSL_do_handshake(t->ssl), 1);
        return ticketing_send(t, out);
    }
    if (t->said > 3 || !t->promises) {
        secret_alloc(&t->msk, 128); /* §2.3: the length is part of what is exported */
        assert_int_equal(
            SSL_export_keying_material(t->ssl, t->msk.p, 128, label, strlen(label), &type, 1, 1),
            1);
        return EAP_STEP_DONE;
    }
    assert_int_equal(SSL_write(t->ssl, &zero, 1), 1);
    return ticketing_send(t, out);
}

static EapStep
ticketing_recv(void *self, const EapPacket *in, Secret *out)
{
    Ticketing *t = self;
    Slice flight;

    switch (eap_tls_join_add(&t->join, in->data)) {
    case EAP_TLS_MORE:
        return ticketing_send(t, out);
    case EAP_TLS_WHOLE:
        break;
    case EAP_TLS_BAD:
        return EAP_STEP_FAIL;
    }
    flight = eap_tls_join_view(&t->join);
    if (flight.len > 0)
        assert_int_equal(BIO_write(t->in, flight.p, (int)flight.len), (int)flight.len);
    return SSL_do_handshake(t->ssl) == 1 ? ticketing_say(t, out) : ticketing_send(t, out);
}

static Slice
ticketing_msk(void *self)
{
    return (Slice){ ((Ticketing *)self)->msk.p, 64 };
}

static const char *
ticketing_why(void *self)
{
    (void)self;
    return NULL;
}

static const EapMethod ticketing = { .name = "EAP-TLS",
                                     .type = EAP_TYPE_TLS,
                                     .mutual = true,
                                     .rounds = 40,
                                     .open = ticketing_open,
                                     .close = ticketing_close,
                                     .start = ticketing_start,
                                     .recv = ticketing_recv,
                                     .msk = ticketing_msk,
                                     .why = ticketing_why };

static void
test_tickets_may_come_before_the_promise_but_not_instead_of_it(void **state)
{
    static const EapMethod *const foreign[] = { &ticketing, NULL };

    (void)state;
    for (int promises = 0; promises < 2; promises++) {
        g_auto(EapTalk) t = talk(&client, &server, false);

        t.server_methods = foreign;
        ticketing_promises = promises;
        if (promises) {
            eap_talk_succeeds(&t, 64);
            continue;
        }
        eap_talk_run(&t, NULL);
        assert_int_equal(t.peer, EAP_FAILED);
        assert_non_null(strstr(eap_peer_why(t.p), "RFC 9190 §2.1.1"));
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
        cmocka_unit_test(test_a_key_in_a_token_proves_its_certificate_in_either_version),
        cmocka_unit_test(test_an_ed25519_key_in_a_token_is_refused),
        cmocka_unit_test(test_nothing_of_the_client_goes_to_a_server_that_is_not_trusted),
        cmocka_unit_test(
            test_nothing_of_the_client_goes_out_while_the_servers_certificate_is_looked_at),
        cmocka_unit_test(test_a_client_certificate_that_the_owner_distrusts_is_a_failure),
        cmocka_unit_test(test_what_is_needed_is_said_before_anything_is_sent),
        cmocka_unit_test(test_an_early_success_is_refused_at_every_step),
        cmocka_unit_test(test_a_success_without_the_promise_is_refused_by_its_name),
        cmocka_unit_test(test_tickets_may_come_before_the_promise_but_not_instead_of_it),
        cmocka_unit_test(test_spoiled_packets_never_make_two_keys),
    };

    return cmocka_run_group_tests_name("eap_tls", tests, make, unmake);
}
