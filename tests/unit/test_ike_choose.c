/* test_ike_choose.c - agent/ike/ike_choose.c */

#include "agent/ike/ike_choose.h"
#include "tests/support/wire.h"

/* Proposals in text: "ENCR-id[:bits] ..." with type letters, proposals parted by |.
 * e cipher, p PRF, i integrity, k group, n ESN, x a type nobody knows, E cipher with an attribute
 * nobody knows (from which the decoder makes unknown_attr). */
static void
offer_of(uint8_t proto, const char *text, IkeOffer *ret)
{
    static const char letters[] = "?epikn";
    bool next = true;

    *ret = (IkeOffer){ .proto = proto };
    for (const char *at = text; *at;) {
        char letter;
        unsigned id, bits = 0;
        int len;

        if (*at == ' ' || *at == '|') {
            next |= *at == '|';
            at++;
            continue;
        }
        assert_int_equal(sscanf(at, "%c%u%n", &letter, &id, &len), 2);
        at += len;
        if (*at == ':') {
            assert_int_equal(sscanf(at, ":%u%n", &bits, &len), 1);
            at += len;
        }
        ike_offer_add(ret, next, letter == 'x' ? 9 : (uint8_t)(strchr(letters, letter) - letters),
                      (uint16_t)id, (uint16_t)bits);
        next = false;
    }
}

static Slice
body_of(uint8_t proto, const char *text, Slice spi, uint8_t *buf, size_t cap)
{
    Writer out = { .base = buf, .cap = cap };
    IkeOffer o;

    offer_of(proto, text, &o);
    ike_offer_encode(&o, spi, &out);
    assert_true(writer_finish(&out) > 0);
    return writer_view(&out);
}

#define IKE IKE_PROTO_IKE
#define ESP IKE_PROTO_ESP
#define NO  IKE_N_NO_PROPOSAL_CHOSEN

static const struct {
    const char *what;
    uint8_t proto;
    const char *ours, *theirs;
    IkeStatus want;
    uint8_t number;
    Suite suite;
} choices[] = {
    { "the seed's ASA policy 10 against the seed's client",
      IKE,
      "e12:192 p2 i2 k2",
      "e12:256 e12:192 e12:128 e3 e2 p7 p6 p5 p2 p1 i14 i13 i12 i2 i1 k5 k2 k1",
      IKE_OK,
      1,
      { ENCR_AES_CBC, 192, PRF_HMAC_SHA1, AUTH_HMAC_SHA1_96, KE_MODP1024, 0 } },
    { "our order decides",
      IKE,
      "e12:128 e12:256 p5 p2 i12 i2 k14 k2",
      "e12:256 e12:128 p2 p5 i2 i12 k2 k14",
      IKE_OK,
      1,
      { ENCR_AES_CBC, 128, PRF_HMAC_SHA2_256, AUTH_HMAC_SHA2_256_128, KE_MODP2048, 0 } },
    { "our proposal order decides, with the peer's number",
      IKE,
      "e20:256 p5 k19 | e12:256 p5 i12 k19",
      "e12:256 p5 i12 k19 | e20:256 p5 k19",
      IKE_OK,
      2,
      { ENCR_AES_GCM_16, 256, PRF_HMAC_SHA2_256, AUTH_NONE, KE_ECP256, 0 } },
    { "the second of ours when the first has no match",
      IKE,
      "e20:256 p5 k19 | e12:256 p5 i12 k19",
      "e12:256 p5 i12 k19",
      IKE_OK,
      1,
      { ENCR_AES_CBC, 256, PRF_HMAC_SHA2_256, AUTH_HMAC_SHA2_256_128, KE_ECP256, 0 } },
    { "3DES has its own length",
      IKE,
      "e3 p2 i2 k2",
      "e3 p2 i2 k2",
      IKE_OK,
      1,
      { ENCR_3DES, 192, PRF_HMAC_SHA1, AUTH_HMAC_SHA1_96, KE_MODP1024, 0 } },
    { "AEAD with INTEG NONE (RFC 5282 §8)",
      IKE,
      "e20:128 p5 k19",
      "e20:128 p5 i0 k19",
      IKE_OK,
      1,
      { ENCR_AES_GCM_16, 128, PRF_HMAC_SHA2_256, AUTH_NONE, KE_ECP256, 0 } },
    { "an AEAD beside an HMAC that must be taken is not for us",
      IKE,
      "e20:128 p5 k19",
      "e20:128 p5 i12 k19",
      NO,
      0,
      { 0 } },
    { "a mixed proposal: the cipher that fits its HMAC",
      IKE,
      "e20:256 e12:256 p5 i12 k19",
      "e20:256 e12:256 p5 i12 k19",
      IKE_OK,
      1,
      { ENCR_AES_CBC, 256, PRF_HMAC_SHA2_256, AUTH_HMAC_SHA2_256_128, KE_ECP256, 0 } },
    { "a mixed proposal with NONE: the AEAD",
      IKE,
      "e20:256 e12:256 p5 i12 k19",
      "e12:256 e20:256 p5 i12 i0 k19",
      IKE_OK,
      1,
      { ENCR_AES_GCM_16, 256, PRF_HMAC_SHA2_256, AUTH_NONE, KE_ECP256, 0 } },
    { "CBC without any HMAC is never taken",
      IKE,
      "e12:256 p5 i12 k19",
      "e12:256 p5 k19",
      NO,
      0,
      { 0 } },
    { "CBC with HMAC NONE is never taken, whatever we say",
      IKE,
      "e12:256 p5 i0 k19",
      "e12:256 p5 i0 k19",
      NO,
      0,
      { 0 } },
    { "a PRF is mandatory", IKE, "e20:256 p5 k19", "e20:256 k19", NO, 0, { 0 } },
    { "a group is mandatory", IKE, "e20:256 p5 k19", "e20:256 p5", NO, 0, { 0 } },
    { "group NONE is no group", IKE, "e20:256 p5 k0", "e20:256 p5 k0", NO, 0, { 0 } },
    { "another key length", IKE, "e12:256 p5 i12 k19", "e12:128 p5 i12 k19", NO, 0, { 0 } },
    { "AES without a key length (§3.3.5)",
      IKE,
      "e12:128 p5 i12 k19",
      "e12 p5 i12 k19",
      NO,
      0,
      { 0 } },
    { "3DES with a key length", IKE, "e3 p2 i2 k2", "e3:192 p2 i2 k2", NO, 0, { 0 } },
    { "a transform type nobody knows (§3.3.6)",
      IKE,
      "e20:256 p5 k19",
      "e20:256 p5 k19 x1",
      NO,
      0,
      { 0 } },
    { "ESN in an IKE proposal", IKE, "e20:256 p5 k19", "e20:256 p5 k19 n0", NO, 0, { 0 } },
    { "the next proposal is looked at all the same",
      IKE,
      "e20:256 p5 k19",
      "e20:256 p5 k19 x1 | e20:256 p5 k19",
      IKE_OK,
      2,
      { ENCR_AES_GCM_16, 256, PRF_HMAC_SHA2_256, AUTH_NONE, KE_ECP256, 0 } },
    { "DES cannot be chosen even when both say so",
      IKE,
      "e2 p2 i2 k2",
      "e2 p2 i2 k2",
      NO,
      0,
      { 0 } },
    { "MD5 neither", IKE, "e12:128 p1 i1 k2", "e12:128 p1 i1 k2", NO, 0, { 0 } },

    { "the seed's ESP",
      ESP,
      "e12:256 e12:128 e3 e2 i2 n0",
      "e12:256 e12:192 e12:128 e3 e2 e11 i14 i13 i12 i2 i1 n0",
      IKE_OK,
      1,
      { ENCR_AES_CBC, 256, 0, AUTH_HMAC_SHA1_96, KE_NONE, ESN_NO } },
    { "NULL encryption is never taken", ESP, "e11 i2 n0", "e11 i2 n0", NO, 0, { 0 } },
    { "ESP wants ESN said (§3.3.3)", ESP, "e20:256 n0", "e20:256", NO, 0, { 0 } },
    { "both ESN offered",
      ESP,
      "e20:256 n0",
      "e20:256 n1 n0",
      IKE_OK,
      1,
      { ENCR_AES_GCM_16, 256, 0, AUTH_NONE, KE_NONE, ESN_NO } },
    { "both ESN offered by both",
      ESP,
      "e20:256 n1 n0",
      "e20:256 n0 n1",
      IKE_OK,
      1,
      { ENCR_AES_GCM_16, 256, 0, AUTH_NONE, KE_NONE, ESN_YES } },
    { "ESN for who has nothing else",
      ESP,
      "e20:256 n1 n0",
      "e20:256 n0",
      IKE_OK,
      1,
      { ENCR_AES_GCM_16, 256, 0, AUTH_NONE, KE_NONE, ESN_NO } },
    { "only ESN offered", ESP, "e20:256 n0", "e20:256 n1", NO, 0, { 0 } },
    { "a group where none may be (§1.2)", ESP, "e20:256 n0", "e20:256 k19 n0", NO, 0, { 0 } },
    { "group NONE said",
      ESP,
      "e20:256 n0",
      "e20:256 k0 n0",
      IKE_OK,
      1,
      { ENCR_AES_GCM_16, 256, 0, AUTH_NONE, KE_NONE, ESN_NO } },
    { "PFS",
      ESP,
      "e20:256 k19 k14 n0",
      "e20:256 k14 n0",
      IKE_OK,
      1,
      { ENCR_AES_GCM_16, 256, 0, AUTH_NONE, KE_MODP2048, ESN_NO } },
    { "PFS wanted and not offered", ESP, "e20:256 k19 n0", "e20:256 n0", NO, 0, { 0 } },
    { "a PRF in ESP", ESP, "e20:256 n0", "e20:256 p5 n0", NO, 0, { 0 } },
};

static void
assert_suite(const Suite *got, const Suite *want, const char *what)
{
    if (got->encr != want->encr || got->key_bits != want->key_bits || got->prf != want->prf ||
        got->integ != want->integ || got->ke != want->ke || got->esn != want->esn) {
        g_autofree char *text = suite_format(got);

        fail_msg("%s: %s", what, text);
    }
}

static void
test_the_first_of_ours_that_they_have_is_chosen(void **state)
{
    Hex spi = hex("30b848a4");

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(choices); i++) {
        Slice peer_spi = choices[i].proto == ESP ? wire_slice(&spi) : (Slice){ 0 };
        uint8_t buf[1024], number = 77;
        Suite suite = { .encr = 0xdead };
        IkeOffer ours;
        IkeStatus st;
        Slice body, got;

        offer_of(choices[i].proto, choices[i].ours, &ours);
        body = body_of(choices[i].proto, choices[i].theirs, peer_spi, buf, sizeof(buf));
        st = ike_choose(&ours, body, &suite, &number, &got);
        if (st != choices[i].want)
            fail_msg("%s: %d", choices[i].what, st);
        if (st != IKE_OK) {
            assert_int_equal(suite.encr, 0xdead);
            assert_int_equal(number, 77);
            continue;
        }
        assert_suite(&suite, &choices[i].suite, choices[i].what);
        assert_int_equal(number, choices[i].number);
        assert_true(slice_equal(got, peer_spi));
    }
}

static void
test_another_protocol_is_not_ours(void **state)
{
    Hex spi = hex("30b848a4");
    uint8_t buf[128], number;
    IkeOffer ours;
    Suite suite;
    Slice got, body = body_of(ESP, "e20:256 p5 k19", wire_slice(&spi), buf, sizeof(buf));

    (void)state;
    offer_of(IKE, "e20:256 p5 k19", &ours);
    assert_int_equal(ike_choose(&ours, body, &suite, &number, &got), NO);
}

/* An unknown attribute makes the transform unfit (§3.3.6). */
static void
test_a_transform_with_an_unknown_attribute_is_not_chosen(void **state)
{
    Hex body = hex("0000002c 01010004 03000010 01000014 800e0100 800f0001 03000008 02000005 "
                   "03000008 0300000c 00000008 04000013");
    uint8_t number;
    IkeOffer ours;
    Suite suite;
    Slice spi;

    (void)state;
    body.b[3] = (uint8_t)body.len;
    offer_of(IKE, "e20:256 p5 i12 k19", &ours);
    assert_int_equal(ike_proposal_check(wire_slice(&body)), IKE_OK);
    assert_int_equal(ike_choose(&ours, wire_slice(&body), &suite, &number, &spi), NO);
}

static void
test_a_malformed_body_is_invalid_syntax(void **state)
{
    uint8_t buf[128], number;
    Slice spi, body = body_of(IKE, "e20:256 p5 k19 | e20:128 p5 k19", (Slice){ 0 }, buf, 128);
    IkeOffer ours;
    Suite suite;

    (void)state;
    offer_of(IKE, "e20:256 p5 k19", &ours);
    for (size_t cut = 0; cut < body.len; cut++)
        assert_int_equal(ike_choose(&ours, (Slice){ body.p, cut }, &suite, &number, &spi),
                         IKE_N_INVALID_SYNTAX);
}

static const struct {
    const char *what, *offered, *answer;
    uint8_t number;
    IkeStatus want;
} answers[] = {
    { "the one and only", "e12:256 e12:192 p2 i2 k2 k1", "e12:192 p2 i2 k1", 1, IKE_OK },
    { "the second proposal by its number", "e20:256 p5 k19 | e12:256 p5 i12 k19",
      "e12:256 p5 i12 k19", 2, IKE_OK },
    { "the second proposal's content under the first's number",
      "e20:256 p5 k19 | e12:256 p5 i12 k19", "e12:256 p5 i12 k19", 1, NO },
    { "a number nobody offered", "e20:256 p5 k19", "e20:256 p5 k19", 2, NO },
    { "number 0", "e20:256 p5 k19", "e20:256 p5 k19", 0, NO },
    { "two of one type (§2.7)", "e20:256 p5 k19 k14", "e20:256 p5 k19 k14", 1, NO },
    { "two proposals", "e20:256 p5 k19", "e20:256 p5 k19 | e20:256 p5 k19", 1, NO },
    { "a cipher nobody offered", "e20:256 p5 k19", "e20:128 p5 k19", 1, NO },
    { "a PRF nobody offered", "e20:256 p5 k19", "e20:256 p6 k19", 1, NO },
    { "a group nobody offered", "e20:256 p5 k19", "e20:256 p5 k2", 1, NO },
    { "an HMAC beside our AEAD", "e20:256 p5 k19", "e20:256 p5 i12 k19", 1, NO },
    { "HMAC NONE beside our AEAD", "e20:256 p5 k19", "e20:256 p5 i0 k19", 1, IKE_OK },
    { "no group", "e20:256 p5 k19", "e20:256 p5", 1, NO },
    { "DES, which stands in our offer for its looks", "e12:256 e2 p2 i2 k2", "e2 p2 i2 k2", 1, NO },
    { "a type nobody knows", "e20:256 p5 k19", "e20:256 p5 k19 x3", 1, NO },
};

static void
test_an_answer_must_be_one_of_everything_and_offered(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(answers); i++) {
        IkeOffer ours, answer;
        uint8_t buf[256];
        Writer out = { .base = buf, .cap = sizeof(buf) };
        Suite suite;
        Slice spi;

        offer_of(IKE, answers[i].offered, &ours);
        offer_of(IKE, answers[i].answer, &answer);
        answer.p[0].number = answers[i].number;
        ike_offer_encode(&answer, (Slice){ 0 }, &out);
        if (ike_choose_check(&ours, writer_view(&out), &suite, &spi) != answers[i].want)
            fail_msg("%s", answers[i].what);
    }
}

/* agent/docs/WIRE.md §16.3 and §16.4 */
static void
test_the_answers_of_the_seed_are_octet_for_octet(void **state)
{
    Hex ike = hex("0000002c010100040300000c0100000c800e00c0030000080200000203000008"
                  "030000020000000804000001");
    Hex esp =
        hex("000000280103040330b848a40300000c0100000c800e010003000008030000020000000805000000");
    Hex spi = hex("30b848a4");
    uint8_t buf[64];
    Writer out = { .base = buf, .cap = sizeof(buf) };
    IkeOffer offer;
    Suite suite;
    Slice got;

    (void)state;
    ike_choose_write(IKE, 1, (Slice){ 0 },
                     &(Suite){ ENCR_AES_CBC, 192, PRF_HMAC_SHA1, AUTH_HMAC_SHA1_96, KE_MODP768, 0 },
                     &out);
    wire_equal(&out, wire_slice(&ike));
    ike_offer_seed(IKE, &offer);
    assert_int_equal(ike_choose_check(&offer, wire_slice(&ike), &suite, &got), IKE_OK);
    assert_int_equal(suite.ke, KE_MODP768);

    out = (Writer){ .base = buf, .cap = sizeof(buf) };
    ike_choose_write(ESP, 1, wire_slice(&spi),
                     &(Suite){ ENCR_AES_CBC, 256, 0, AUTH_HMAC_SHA1_96, KE_NONE, ESN_NO }, &out);
    wire_equal(&out, wire_slice(&esp));
    ike_offer_seed(ESP, &offer);
    assert_int_equal(ike_choose_check(&offer, wire_slice(&esp), &suite, &got), IKE_OK);
    assert_int_equal(suite.key_bits, 256);
    assert_true(slice_equal(got, wire_slice(&spi)));
}

/* Whatever two policies agree on passes the other side's check. */
static void
test_every_pair_of_policies_agrees_with_itself(void **state)
{
    static const uint8_t protos[] = { IKE, ESP };
    Hex spi = hex("30b848a4");

    (void)state;
    for (size_t p = 0; p < G_N_ELEMENTS(protos); p++)
        for (SuiteRank a = SUITE_MODERN; a <= SUITE_LEGACY; a++)
            for (SuiteRank b = SUITE_MODERN; b <= SUITE_LEGACY; b++) {
                Slice s = protos[p] == ESP ? wire_slice(&spi) : (Slice){ 0 };
                uint8_t buf[1024], number;
                Writer out = { .base = buf, .cap = sizeof(buf) };
                IkeOffer initiator, responder;
                Suite chosen, checked;
                Slice got;

                ike_offer_policy(protos[p], a, &initiator);
                ike_offer_policy(protos[p], b, &responder);
                ike_offer_encode(&initiator, s, &out);
                assert_int_equal(ike_choose(&responder, writer_view(&out), &chosen, &number, &got),
                                 IKE_OK);
                assert_int_equal(chosen.encr, ENCR_AES_GCM_16);
                out.len = 0;
                ike_choose_write(protos[p], number, s, &chosen, &out);
                assert_int_equal(ike_choose_check(&initiator, writer_view(&out), &checked, &got),
                                 IKE_OK);
                assert_suite(&checked, &chosen, "policies");
            }
}

static const struct {
    uint8_t proto;
    const char *theirs, *want;
} explanations[] = {
    { IKE, "e3 p2 i2 k2", "offers only 3DES, SHA1, MODP1024; policy = legacy would allow it" },
    { IKE, "e12:192 p2 i2 k2",
      "offers only AES-CBC-192, SHA1, MODP1024; policy = legacy would allow it" },
    { IKE, "e12:256 p2 i2 k14",
      "offers only AES-CBC-256, SHA1, MODP2048; policy = compatible would allow it" },
    { IKE, "e20:256 p5 k19",
      "offers only AES-GCM-256, SHA256, ECP256; policy = modern would allow it" },
    { IKE, "e2 p1 i1 k1", "offers only DES, MD5, MODP768; no policy allows it" },
    { IKE, "e99 p98 i97 k96", "offers only ENCR 99, PRF 98, INTEG 97, KE 96; no policy allows it" },
    { ESP, "e3 i2 n0", "offers only 3DES, SHA1; policy = legacy would allow it" },
    { ESP, "e11 i2 n0", "offers only NULL, SHA1; no policy allows it" },
};

static void
test_the_explanation_names_the_suites_and_the_setting(void **state)
{
    Hex spi = hex("30b848a4");
    g_autofree char *malformed = ike_choose_explain(IKE, (Slice){ (const uint8_t *)"\0\0", 2 });

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(explanations); i++) {
        Slice s = explanations[i].proto == ESP ? wire_slice(&spi) : (Slice){ 0 };
        uint8_t buf[256];
        Slice body = body_of(explanations[i].proto, explanations[i].theirs, s, buf, sizeof(buf));
        g_autofree char *text = ike_choose_explain(explanations[i].proto, body);

        assert_string_equal(text, explanations[i].want);
    }
    assert_string_equal(malformed, "its proposals are malformed");
}

static void
test_the_explanation_of_a_huge_offer_is_short(void **state)
{
    g_autofree char *text = NULL;
    uint8_t buf[8192];
    Writer out = { .base = buf, .cap = sizeof(buf) };

    (void)state;
    for (unsigned i = 0; i < 10; i++) {
        IkeProposal p = { .number = (uint8_t)(i + 1), .proto = IKE, .n = IKE_TRANSFORMS_MAX };

        for (unsigned k = 0; k < p.n; k++)
            p.t[k] = (IkeTransform){ .type = TRANSFORM_ENCR, .id = (uint16_t)(1000 + 64 * i + k) };
        ike_proposal_encode(&p, i == 9, &out);
    }
    text = ike_choose_explain(IKE, writer_view(&out));
    assert_true(strlen(text) < 400);
    assert_non_null(strstr(text, "ENCR 1023, ...; no policy allows it"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_first_of_ours_that_they_have_is_chosen),
        cmocka_unit_test(test_another_protocol_is_not_ours),
        cmocka_unit_test(test_a_transform_with_an_unknown_attribute_is_not_chosen),
        cmocka_unit_test(test_a_malformed_body_is_invalid_syntax),
        cmocka_unit_test(test_an_answer_must_be_one_of_everything_and_offered),
        cmocka_unit_test(test_the_answers_of_the_seed_are_octet_for_octet),
        cmocka_unit_test(test_every_pair_of_policies_agrees_with_itself),
        cmocka_unit_test(test_the_explanation_names_the_suites_and_the_setting),
        cmocka_unit_test(test_the_explanation_of_a_huge_offer_is_short),
    };

    return cmocka_run_group_tests_name("ike_choose", tests, NULL, NULL);
}
