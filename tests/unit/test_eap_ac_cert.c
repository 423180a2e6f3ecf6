/* test_eap_ac_cert.c - agent/eap/eap_anyconnect.c: a client certificate beside init
 * (agent/docs/WIRE.md §4.3, §17) */

#include "agent/eap/eap_server.h"
#include "tests/support/certs.h"
#include "tests/support/test.h"

static const EapMethod *const methods[] = { &eap_anyconnect, NULL };
static SigKey *rsa, *ecdsa, *ed25519, *other;

/* A login by certificate, and what is wrong with it. */
typedef struct Login {
    SigKey *key, *chain_key; /* what signs, and whose certificate it is */
    const char *octets;      /* what the client signs; NULL: what the gateway expects */
    bool never_ask, complain;
    void (*tap)(GByteArray *packet); /* what the client sends with its certificate */
    EapVerdict client, server;
    bool proved, no_cert;
    char *why;
} Login;

static X509Chain *
chain_of(const SigKey *key)
{
    CertSpec issuer = { .cn = "issuer", .key = sig_key_evp(other), .constraints = "CA:TRUE" };
    CertSpec leaf = { .cn = "Anu", .key = sig_key_evp(key), .issuer = &issuer };
    g_autoptr(GBytes) one = certs_make(&leaf), two = certs_make(&issuer);
    X509Chain *c = x509_chain_new();

    assert_true(x509_chain_add(c, certs_view(one)));
    assert_true(x509_chain_add(c, certs_view(two)));
    return c;
}

/* The gateway: certificate, then nothing is left to fill in, then complete. */
static EapVerdict
decide(EapServer *s, Login *l)
{
    const EapQuestion *q = eap_server_question(s);
    g_auto(EapAnswer) a = { .kind = EAP_ANSWER_DOC };

    if (q->chain) {
        l->proved = true;
        assert_int_equal(x509_chain_len(q->chain), 2);
    }
    l->no_cert |= q->doc->client_cert_fail;
    if (q->doc->type == AC_AUTH_REPLY) {
        a.doc = ac_doc_new(AC_COMPLETE);
        secret_set(&a.doc->session_token, slice_of("TOKEN"));
    } else if (q->chain || l->no_cert) {
        a.doc = ac_doc_new(AC_AUTH_REQUEST);
        a.doc->auth_id = g_strdup("main");
        a.doc->auth_complete = !l->complain;
        a.doc->client_cert_request = l->complain;
    } else {
        a.doc = ac_doc_new(AC_AUTH_REQUEST);
        a.doc->auth_id = g_strdup("main");
        a.doc->client_cert_request = !l->never_ask;
        a.doc->auth_complete = l->never_ask;
    }
    return eap_server_answer(s, &a);
}

static void
run(Login *l)
{
    g_autoptr(X509Chain) chain = l->chain_key ? chain_of(l->chain_key) : NULL;
    EapSetup client = { .ac = { .version = "5.0", .device = "linux-64" },
                        .key = l->key,
                        .chain = chain,
                        .sign_hash = SIG_SHA2_256,
                        .signed_octets = slice_of(l->octets ? l->octets : "initiator's octets") };
    EapSetup server = { .ac = { .version = "9.16(4)" },
                        .sig = { .min_rsa = 2048 },
                        .signed_octets = slice_of("initiator's octets") };
    g_autoptr(EapPeer) p = eap_peer_new(methods, &client);
    g_autoptr(EapServer) s = eap_server_new(methods, &server);

    for (l->server = eap_server_start(s); l->server == EAP_SEND;) {
        g_autoptr(GByteArray) packet = g_byte_array_new();
        Slice out;

        l->client = eap_peer_recv(p, eap_server_out(s));
        if (l->client != EAP_SEND)
            break;
        out = eap_peer_out(p);
        g_byte_array_append(packet, out.p, (guint)out.len);
        if (l->tap && packet->len > 13 && packet->data[13] == EAP_AC_TLV_PKCS7)
            l->tap(packet);
        l->server = eap_server_recv(s, (Slice){ packet->data, packet->len });
        while (l->server == EAP_ASK)
            l->server = decide(s, l);
    }
    if (l->server == EAP_SUCCEEDED)
        l->client = eap_peer_recv(p, eap_server_out(s));
    g_free(l->why);
    l->why = g_strdup(l->client == EAP_FAILED ? eap_peer_why(p) : eap_server_why(s));
}

static void
login_clear(Login *l)
{
    g_free(l->why);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Login, login_clear)

static void
test_a_certificate_logs_in_with_every_kind_of_key(void **state)
{
    SigKey *const keys[] = { rsa, ecdsa, ed25519 };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
        g_auto(Login) l = { .key = keys[i], .chain_key = keys[i] };

        run(&l);
        assert_int_equal(l.client, EAP_SUCCEEDED);
        assert_int_equal(l.server, EAP_SUCCEEDED);
        assert_true(l.proved);
        assert_false(l.no_cert);
    }
}

static void
test_without_a_certificate_the_client_says_so(void **state)
{
    g_auto(Login) l = { 0 };

    (void)state;
    run(&l);
    assert_int_equal(l.server, EAP_SUCCEEDED);
    assert_true(l.no_cert);
    assert_false(l.proved);
}

/* The TLVs of a packet, and what a signature is worth that does not belong. */
static void
test_a_certificate_whose_key_is_not_proved_is_refused(void **state)
{
    g_auto(Login) another_key = { .key = other, .chain_key = rsa };
    g_auto(Login) other_octets = { .key = rsa, .chain_key = rsa, .octets = "of another IKE SA" };
    Login *const all[] = { &another_key, &other_octets };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(all); i++) {
        run(all[i]);
        assert_int_equal(all[i]->server, EAP_FAILED);
        assert_string_equal(all[i]->why, "the client did not prove the key of its certificate");
        assert_false(all[i]->proved);
    }
}

enum { FIRST_TLV = EAP_HEAD_MAX };

static size_t
tlv_len(const GByteArray *p, size_t at)
{
    return 4 + (size_t)(p->data[at + 2] << 8 | p->data[at + 3]);
}

static void
set_length(GByteArray *p)
{
    p->data[2] = (uint8_t)(p->len >> 8);
    p->data[3] = (uint8_t)p->len;
}

static void
drop_signature(GByteArray *p)
{
    size_t at = FIRST_TLV + tlv_len(p, FIRST_TLV);

    assert_int_equal(p->data[at + 1], EAP_AC_TLV_SIGN);
    g_byte_array_remove_range(p, (guint)at, (guint)tlv_len(p, at));
    set_length(p);
}

static void
drop_pkcs7(GByteArray *p)
{
    g_byte_array_remove_range(p, FIRST_TLV, (guint)tlv_len(p, FIRST_TLV));
    set_length(p);
}

static void
spoil_pkcs7(GByteArray *p)
{
    p->data[FIRST_TLV + 4] ^= 1;
}

static void
double_pkcs7(GByteArray *p)
{
    guint len = (guint)tlv_len(p, FIRST_TLV);
    g_autofree uint8_t *copy = g_memdup2(p->data + FIRST_TLV, len);

    g_byte_array_append(p, copy, len);
    set_length(p);
}

static void
test_a_certificate_that_is_not_whole_proves_nothing(void **state)
{
    const struct {
        void (*tap)(GByteArray *packet);
        const char *why; /* NULL: as if there were none */
    } rows[] = {
        { drop_signature, "the client did not prove the key of its certificate" },
        { spoil_pkcs7, "the client's certificate cannot be read" },
        { double_pkcs7, "an EAP-AnyConnect packet has a TLV twice" },
        { drop_pkcs7, NULL },
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_auto(Login) l = { .key = rsa, .chain_key = rsa, .tap = rows[i].tap };

        run(&l);
        assert_false(l.proved);
        assert_true(l.server != EAP_SUCCEEDED);
        if (rows[i].why)
            assert_string_equal(l.why, rows[i].why);
    }
}

static void
test_a_gateway_that_asks_twice_is_left(void **state)
{
    g_auto(Login) l = { .key = rsa, .chain_key = rsa, .complain = true };

    (void)state;
    run(&l);
    assert_int_equal(l.client, EAP_FAILED);
    assert_string_equal(l.why, "the gateway insists on a client certificate");
}

static void
test_a_certificate_is_not_shown_unasked(void **state)
{
    g_auto(Login) l = { .key = rsa, .chain_key = rsa, .never_ask = true };

    (void)state;
    run(&l);
    assert_int_equal(l.server, EAP_SUCCEEDED);
    assert_false(l.proved);
}

static int
make(void **state)
{
    (void)state;
    rsa = sig_key_generate_rsa(2048);
    ecdsa = sig_key_generate_ecdsa(384);
    ed25519 = sig_key_generate_ed25519();
    other = sig_key_generate_rsa(2048);
    return 0;
}

static int
unmake(void **state)
{
    (void)state;
    sig_key_free(rsa);
    sig_key_free(ecdsa);
    sig_key_free(ed25519);
    sig_key_free(other);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_certificate_logs_in_with_every_kind_of_key),
        cmocka_unit_test(test_without_a_certificate_the_client_says_so),
        cmocka_unit_test(test_a_certificate_whose_key_is_not_proved_is_refused),
        cmocka_unit_test(test_a_certificate_that_is_not_whole_proves_nothing),
        cmocka_unit_test(test_a_gateway_that_asks_twice_is_left),
        cmocka_unit_test(test_a_certificate_is_not_shown_unasked),
    };

    return cmocka_run_group_tests_name("eap_ac_cert", tests, make, unmake);
}
