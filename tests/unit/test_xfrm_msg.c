/* test_xfrm_msg.c - tun/xfrm_msg.c. Octets by hand from linux/xfrm.h, as a little-endian machine
 * has them. */
#include <linux/xfrm.h>
#include <netinet/in.h>
#include <string.h>

#include "tests/support/hex.h"
#include "tests/support/test.h"
#include "tun/xfrm_msg.h"

#define ZERO_4   "00000000 "
#define ZERO_8   ZERO_4 ZERO_4
#define ZERO_12  ZERO_8 ZERO_4
#define ZERO_16  ZERO_8 ZERO_8
#define ZERO_32  ZERO_16 ZERO_16
#define ONES_32  "ffffffffffffffff ffffffffffffffff ffffffffffffffff ffffffffffffffff "
#define SEL_NONE ZERO_32 ZERO_16 ZERO_8 /* struct xfrm_selector */
#define FOR_EVER ONES_32 ZERO_32        /* struct xfrm_lifetime_cfg */
#define V4_SRC   "c0000201 " ZERO_12    /* 192.0.2.1 */
#define V4_DST   "c6336402 " ZERO_12    /* 198.51.100.2 */

static const uint8_t key[XFRM_KEY_MAX] = { 0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6,
                                           0xa7, 0xa8, 0xa9, 0xaa, 0xab, 0xac, 0xad,
                                           0xae, 0xaf, 0xb0, 0xb1, 0xb2, 0xb3 };

static Endpoint
at(const char *text)
{
    Endpoint e;

    assert_true(endpoint_parse(text, &e));
    return e;
}

static Prefix
net(const char *text)
{
    Prefix p;

    assert_true(prefix_parse(text, &p));
    return p;
}

static void
assert_message(const NlRequest *m, const char *wanted)
{
    Hex h = hex(wanted);

    for (size_t i = 0; i < MIN(h.len, m->head.nlmsg_len); i++)
        if (m->octets[i] != h.b[i])
            fail_msg("octet %zu is %02x, not %02x", i, m->octets[i], h.b[i]);
    assert_int_equal(m->head.nlmsg_len, h.len);
}

static void
test_an_inbound_sa_of_aes_gcm_with_long_numbers(void **state)
{
    XfrmReplay replay = { .window = 64, .in = 0x100000005, .ring = { 0x1f } };
    NlRequest m;

    (void)state;
    xfrm_msg_add_sa(&m, &(XfrmSa){ .src = at("192.0.2.1:4501"),
                                   .dst = at("198.51.100.2:4500"),
                                   .spi = 0x11223344,
                                   .reqid = 7,
                                   .if_id = 0xacc1000,
                                   .aead = "rfc4106(gcm(aes))",
                                   .key = { key, 20 },
                                   .icv = 16,
                                   .inbound = true,
                                   .esn = true,
                                   .replay = &replay });
    assert_message(&m, "a0010000 1000 0500 " ZERO_8                     /* 416 octets, NEWSA */
                           SEL_NONE V4_DST "11223344 32 000000 " V4_SRC /* id, saddr */
                               FOR_EVER ZERO_32 ZERO_12                 /* lft, curlft, stats */
                                   ZERO_4 "07000000 0200 01 00 a0 " ZERO_4
                       "000000 "    /* seq, reqid ... flags */
                       "6000 1200 " /* ALG_AEAD */
                       "72666334313036286763 6d286165732929 " ZERO_32 ZERO_12 "000000 "
                       "a0000000 80000000 a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3 "
                       "1c00 0400 0200 1195 1194 0000 " ZERO_16        /* ENCAP */
                       "2400 1700 02000000 " ZERO_4 "05000000 " ZERO_4 /* REPLAY_ESN_VAL */
                       "01000000 40000000 1f000000 " ZERO_4 "0800 1f00 0010cc0a " /* IF_ID */
                       "0800 2000 01000000 "); /* MTIMER_THRESH */
}

static void
test_an_outbound_sa_of_aes_cbc_with_sha1(void **state)
{
    XfrmReplay replay = { .window = 32, .out = 9 };
    NlRequest m;

    (void)state;
    xfrm_msg_add_sa(&m, &(XfrmSa){ .src = at("198.51.100.2:4500"),
                                   .dst = at("192.0.2.1:4501"),
                                   .spi = 0x55667788,
                                   .reqid = 7,
                                   .if_id = 0xacc1000,
                                   .mark = 0xacc1,
                                   .crypt = "cbc(aes)",
                                   .auth = "hmac(sha1)",
                                   .key = { key, 16 },
                                   .integ = { key, 20 },
                                   .icv = 12,
                                   .hide_dscp = true,
                                   .clear_df = true,
                                   .replay = &replay });
    assert_message(&m, "04020000 1000 0500 " ZERO_8 SEL_NONE V4_SRC
                       "55667788 32 000000 " V4_DST FOR_EVER ZERO_32 ZERO_12 ZERO_4
                       "07000000 0200 01 00 24 " ZERO_4 "000000 "
                       "6000 1400 " /* ALG_AUTH_TRUNC */
                       "686d616328736861312900000000000000 000000000000000000000000000000 " ZERO_32
                       "a0000000 60000000 a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3 "
                       "5800 0200 " /* ALG_CRYPT */
                       "6362632861657329 " ZERO_32 ZERO_16 ZERO_8
                       "80000000 a0a1a2a3a4a5a6a7a8a9aaabacadaeaf "
                       "1c00 0400 0200 1194 1195 0000 " ZERO_16 /* ENCAP */
                       "2000 1700 01000000 09000000 " ZERO_12 "20000000 " ZERO_4
                       "0800 1800 01000000 "                    /* SA_EXTRA_FLAGS */
                       "0800 1d00 c1ac0000 0800 1e00 ffffffff " /* SET_MARK and its mask */
                       "0800 1f00 0010cc0a ");                  /* IF_ID */
}

/* An SA with the longest keys there are and the widest window has room in a request. */
static void
test_the_largest_sa_fits(void **state)
{
    XfrmReplay replay = { .window = XFRM_WINDOW_MAX };
    NlRequest m;

    (void)state;
    xfrm_msg_add_sa(&m, &(XfrmSa){ .src = at("[2001:db8::1]:4500"),
                                   .dst = at("[2001:db8::2]:4500"),
                                   .mark = 1,
                                   .crypt = "cbc(aes)",
                                   .auth = "hmac(sha512)",
                                   .key = { key, 32 },
                                   .integ = { key, 64 },
                                   .icv = 32,
                                   .inbound = true,
                                   .hide_dscp = true,
                                   .replay = &replay });
    assert_true(m.head.nlmsg_len < NL_REQUEST_MAX);
}

static void
test_an_sa_is_found_by_where_its_packets_go(void **state)
{
    Endpoint dst = at("198.51.100.2:4500");
    NlRequest m;

    (void)state;
    xfrm_msg_get_sa(&m, &dst.addr, 0x11223344);
    assert_message(&m, "28000000 1200 0500 " ZERO_8 V4_DST "11223344 0200 32 00 ");
    xfrm_msg_del_sa(&m, &dst.addr, 0x11223344);
    assert_message(&m, "28000000 1100 0500 " ZERO_8 V4_DST "11223344 0200 32 00 ");
    xfrm_msg_all_sas(&m);
    assert_message(&m, "10000000 1200 0503 " ZERO_8);
    xfrm_msg_all_policies(&m);
    assert_message(&m, "10000000 1500 0503 " ZERO_8);
}

static void
test_a_policy_names_the_very_sa(void **state)
{
    Endpoint here = at("198.51.100.2:4500"), there = at("192.0.2.1:4500");
    XfrmPolicy p = { .sel = { .src = net("10.2.2.1/32"),
                              .dst = net("172.16.0.0/12"),
                              .proto = 6,
                              .dport = 443,
                              .dport_mask = 0xffff },
                     .dir = XFRM_DIR_OUT,
                     .if_id = 0xacc1000,
                     .reqid = 7,
                     .family = ADDR_V4,
                     .src = here.addr,
                     .dst = there.addr,
                     .spi = 0x55667788 };
    NlRequest m;

    (void)state;
    xfrm_msg_put_policy(&m, &p);
    assert_message(&m, "04010000 1900 0500 " ZERO_8            /* UPDPOLICY */
                       "ac100000 " ZERO_12 "0a020201 " ZERO_12 /* daddr, saddr */
                       "01bb ffff 0000 0000 0200 0c 20 06 000000 " ZERO_8 FOR_EVER ZERO_32
                       "00080000 " ZERO_4 "01 00 00 00 " ZERO_4 "4400 0500 " /* TMPL */
                   V4_SRC "55667788 32 000000 0200 0000 " V4_DST
                       "07000000 01 00 00 00 ffffffff ffffffff ffffffff "
                       "0800 1f00 0010cc0a "); /* IF_ID */
    xfrm_msg_del_policy(&m, &p.sel, XFRM_DIR_FWD, 0xacc1000);
    assert_message(&m, "58000000 1400 0500 " ZERO_8 "ac100000 " ZERO_12 "0a020201 " ZERO_12
                       "01bb ffff 0000 0000 0200 0c 20 06 000000 " ZERO_8 ZERO_4
                       "02 000000 0800 1f00 0010cc0a ");
    xfrm_msg_del_policy_number(&m, 0x29, 1, 0xacc1000);
    assert_message(&m, "58000000 1400 0500 " ZERO_8 SEL_NONE "29000000 01 000000 "
                       "0800 1f00 0010cc0a ");
}

/* ---- answers ---- */

static void
answer_sa(NlRequest *m, uint32_t bmp_len, uint32_t window, size_t ring_octets)
{
    struct xfrm_usersa_info *body = nl_begin(m, XFRM_MSG_NEWSA, 0, sizeof(*body));
    struct {
        struct xfrm_replay_state_esn esn;
        uint32_t ring[XFRM_WINDOW_MAX / 32];
    } replay = {
        .esn = { .bmp_len = bmp_len, .oseq = 3, .oseq_hi = 1, .seq = 70, .replay_window = window },
        .ring = { 0x3f, 0x2 }
    };

    memcpy(&body->id.daddr, "\xc6\x33\x64\x02", 4);
    body->id.spi = htonl(0x11223344);
    body->id.proto = 50;
    body->family = AF_INET;
    body->curlft.packets = 12;
    body->curlft.bytes = 1200;
    body->stats = (struct xfrm_stats){ 1, 2, 4 };
    mnl_attr_put(&m->head, XFRMA_REPLAY_ESN_VAL, sizeof(replay.esn) + ring_octets, &replay);
    mnl_attr_put_u32(&m->head, XFRMA_IF_ID, 0xacc1000);
}

static void
test_what_an_sa_has_counted(void **state)
{
    XfrmSaInfo info;
    Endpoint dst = at("198.51.100.2:1");
    NlRequest m;

    (void)state;
    answer_sa(&m, 2, 64, 8);
    assert_true(xfrm_msg_read_sa(&m.head, &info));
    assert_true(addr_equal(&info.dst, &dst.addr));
    assert_int_equal(info.spi, 0x11223344);
    assert_int_equal(info.proto, 50);
    assert_int_equal(info.if_id, 0xacc1000);
    assert_int_equal(info.packets, 12);
    assert_int_equal(info.octets, 1200);
    assert_int_equal(info.replayed, 3);
    assert_int_equal(info.forged, 4);
    assert_int_equal(info.replay.out, 0x100000003);
    assert_int_equal(info.replay.in, 70);
    assert_int_equal(info.replay.window, 64);
    assert_int_equal(info.replay.ring[1], 2);
}

static void
test_a_ring_that_is_shorter_than_it_says_is_none(void **state)
{
    static const struct {
        uint32_t bmp_len, window;
        size_t ring_octets;
    } lies[] = { { 2, 64, 4 }, { 2, 65, 8 }, { 129, 64, 512 }, { 0xffffffff, 64, 8 }, { 0, 1, 0 } };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(lies); i++) {
        XfrmSaInfo info;
        NlRequest m;

        answer_sa(&m, lies[i].bmp_len, lies[i].window, lies[i].ring_octets);
        assert_true(xfrm_msg_read_sa(&m.head, &info));
        assert_int_equal(info.replay.window, 0);
        assert_int_equal(info.packets, 12);
    }
}

static void
test_short_answers_are_refused(void **state)
{
    XfrmSaInfo sa = { .spi = 1 };
    XfrmPolicyInfo policy = { .number = 1 };
    XfrmMapping mapping = { .spi = 1 };
    uint32_t whole;
    NlRequest m;

    (void)state;
    answer_sa(&m, 2, 64, 8);
    whole = m.head.nlmsg_len;
    for (m.head.nlmsg_len = NLMSG_HDRLEN; m.head.nlmsg_len < whole; m.head.nlmsg_len++) {
        XfrmSaInfo got = sa;
        bool fixed = m.head.nlmsg_len >= NLMSG_HDRLEN + sizeof(struct xfrm_usersa_info);

        assert_int_equal(xfrm_msg_read_sa(&m.head, &got), fixed);
        assert_true(fixed || got.spi == 1);
    }
    nl_begin(&m, XFRM_MSG_NEWPOLICY, 0, sizeof(struct xfrm_userpolicy_info) - 1);
    m.head.nlmsg_len = NLMSG_HDRLEN + sizeof(struct xfrm_userpolicy_info) - 1;
    assert_false(xfrm_msg_read_policy(&m.head, &policy));
    nl_begin(&m, XFRM_MSG_MAPPING, 0, sizeof(struct xfrm_user_mapping) - 1);
    m.head.nlmsg_len = NLMSG_HDRLEN + sizeof(struct xfrm_user_mapping) - 1;
    assert_false(xfrm_msg_read_mapping(&m.head, &mapping));
    assert_int_equal(policy.number, 1);
    assert_int_equal(mapping.spi, 1);
}

static void
test_messages_of_another_kind_or_family_are_refused(void **state)
{
    struct xfrm_usersa_info *body;
    XfrmSaInfo sa;
    XfrmMapping mapping;
    NlRequest m;

    (void)state;
    answer_sa(&m, 2, 64, 8);
    m.head.nlmsg_type = XFRM_MSG_EXPIRE;
    assert_false(xfrm_msg_read_sa(&m.head, &sa));
    m.head.nlmsg_type = XFRM_MSG_NEWSA;
    body = mnl_nlmsg_get_payload(&m.head);
    body->family = AF_UNSPEC;
    assert_false(xfrm_msg_read_sa(&m.head, &sa));
    nl_begin(&m, XFRM_MSG_MAPPING, 0, sizeof(struct xfrm_user_mapping));
    assert_false(xfrm_msg_read_mapping(&m.head, &mapping));
}

static void
test_a_peer_that_has_moved(void **state)
{
    struct xfrm_user_mapping *body;
    Endpoint from = at("203.0.113.9:61000");
    XfrmMapping got;
    NlRequest m;

    (void)state;
    body = nl_begin(&m, XFRM_MSG_MAPPING, 0, sizeof(*body));
    body->id.family = AF_INET;
    body->id.spi = htonl(0x11223344);
    memcpy(&body->new_saddr, from.addr.b, 4);
    body->new_sport = htons(61000);
    assert_true(xfrm_msg_read_mapping(&m.head, &got));
    assert_int_equal(got.spi, 0x11223344);
    assert_true(endpoint_equal(&got.from, &from));
}

static void
test_the_number_of_a_policy(void **state)
{
    struct xfrm_userpolicy_info *body;
    XfrmPolicyInfo got;
    NlRequest m;

    (void)state;
    body = nl_begin(&m, XFRM_MSG_NEWPOLICY, 0, sizeof(*body));
    body->index = 41;
    body->dir = XFRM_POLICY_FWD;
    mnl_attr_put_u32(&m.head, XFRMA_IF_ID, 5);
    assert_true(xfrm_msg_read_policy(&m.head, &got));
    assert_int_equal(got.number, 41);
    assert_int_equal(got.dir, XFRM_POLICY_FWD);
    assert_int_equal(got.if_id, 5);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_inbound_sa_of_aes_gcm_with_long_numbers),
        cmocka_unit_test(test_an_outbound_sa_of_aes_cbc_with_sha1),
        cmocka_unit_test(test_the_largest_sa_fits),
        cmocka_unit_test(test_an_sa_is_found_by_where_its_packets_go),
        cmocka_unit_test(test_a_policy_names_the_very_sa),
        cmocka_unit_test(test_what_an_sa_has_counted),
        cmocka_unit_test(test_a_ring_that_is_shorter_than_it_says_is_none),
        cmocka_unit_test(test_short_answers_are_refused),
        cmocka_unit_test(test_messages_of_another_kind_or_family_are_refused),
        cmocka_unit_test(test_a_peer_that_has_moved),
        cmocka_unit_test(test_the_number_of_a_policy),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
