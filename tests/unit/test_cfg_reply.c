/* test_cfg_reply.c - agent/headend/cfg_reply.c */

#include "agent/headend/cfg_reply.h"
#include "tests/support/hex.h"
#include "tests/support/test.h"

static AsaConfig *
seed_and(const char *more)
{
    g_autofree char *path = g_build_filename(AC_TEST_VECTORS, "asa-ikev2.cfg", NULL);
    g_auto(AsaNotes) notes = { 0 };
    g_autofree char *seed = NULL;
    g_autofree char *text = NULL;

    assert_true(g_file_get_contents(path, &seed, NULL, NULL));
    text = g_strconcat(seed, "!acheadend version 100.7(6)116\n", more, NULL);
    return asa_config_parse(slice_of(text), 0, &notes);
}

/* agent/docs/WIRE.md §16.4: the reply's first 135 octets, up to the head of 28727, and the last
 * attribute behind it. Eight octets of payload and CP head are not ours to write. */
static const char seed_attrs[] = "0001 0004 0a020201 0002 0004 00000000 0005 0004 00000000"
                                 "0007 0010 41534120 3130302e 37283629 31313600"
                                 "7020 0004 00000000 7021 0004 00000708 7022 0004 00000708"
                                 "7023 0001 01 7025 0004 0000001e 7026 0004 00000014"
                                 "700c 0001 01 7027 0002 057e 7007 0001 00 700b 0004 800b0001"
                                 "7035 0001 00 7036 0001 00 7037";

static void
test_the_seed_gets_the_attributes_of_the_seed(void **state)
{
    g_autoptr(AsaConfig) c = seed_and("");
    const AsaGroupPolicy *policy = asa_config_policy(c, "ASA-IKEV2");
    Hex want = hex(seed_attrs), mtu = hex("7027 0002 057e");
    IkeCp request = { IKE_CFG_REQUEST, { mtu.b, mtu.len } };
    uint8_t buf[1024];
    Writer out = { .base = buf, .cap = sizeof(buf) };
    static const char flat[] = "<a><b></b></a>";

    (void)state;
    cfg_reply_write(&(CfgReply){ .config = c,
                                 .policy = policy,
                                 .ip4 = addr_v4(0x0a020201),
                                 .post_auth = { (const uint8_t *)flat, sizeof(flat) } },
                    &request, &out);
    assert_int_equal(writer_finish(&out), want.len + 2 + sizeof(flat) + 5);
    assert_memory_equal(buf, want.b, want.len);
    assert_int_equal(buf[want.len] << 8 | buf[want.len + 1], sizeof(flat));
    assert_memory_equal(buf + want.len + 2, flat, sizeof(flat)); /* NUL and all */
    assert_memory_equal(buf + want.len + 2 + sizeof(flat), hex("7039 0001 00").b, 5);
}

/* The order of agent/docs/WIRE.md §7.3 with everything a policy can say. */
static void
test_everything_a_policy_says_is_told_in_order(void **state)
{
    static const uint16_t order[] = { 1,     2,     3,     3,     4,     5,     7,     8,
                                      10,    13,    13,    15,    28704, 28705, 28706, 28707,
                                      28708, 28709, 28710, 28672, 28684, 28711, 28674, 28675,
                                      28679, 28683, 28725, 28726, 28729 };
    g_autoptr(AsaConfig) c =
        seed_and("access-list l standard permit 10.1.0.0 255.255.0.0\n"
                 "access-list l standard permit host 192.0.2.7\n"
                 "access-list l extended permit ip 2001:db8:1::/48 any6\n"
                 "group-policy ASA-IKEV2 attributes\n"
                 " dns-server value 10.1.1.1 2001:db8::53 10.1.1.2\n wins-server value 10.1.1.3\n"
                 " default-domain value example.com\n split-dns value a.example b.example\n"
                 " split-tunnel-policy tunnelspecified\n split-tunnel-network-list value l\n"
                 " split-tunnel-all-dns enable\n banner value hello\n");
    const AsaGroupPolicy *policy = asa_config_policy(c, "ASA-IKEV2");
    CfgReply r = { .config = c,
                   .policy = policy,
                   .ip4 = addr_v4(0x0a020201),
                   .ip4_mask = addr_v4(0xffffff00),
                   .ip6_len = 64 };
    uint8_t buf[1024];
    Writer out = { .base = buf, .cap = sizeof(buf) };
    IkeCp cp = { .type = IKE_CFG_REPLY };
    g_autofree char *why = NULL;
    IkeCpReply read = { 0 };
    IkeCpAttr a;
    Reader in;

    (void)state;
    assert_true(addr_parse("2001:db8:9::5", &r.ip6));
    cfg_reply_write(&r, &(IkeCp){ .type = IKE_CFG_REQUEST }, &out);
    cp.attrs = writer_view(&out);
    in = reader_init(cp.attrs);
    for (size_t i = 0; i < G_N_ELEMENTS(order); i++) {
        assert_true(ike_cp_next(&in, &a));
        assert_int_equal(a.type, order[i]);
    }
    assert_int_equal(reader_left(&in), 0);
    assert_true(ike_cp_reply_read(&cp, &read, &why));
    assert_int_equal(read.n_dns, 3);
    assert_int_equal(read.n_include, 3);
    assert_int_equal(read.n_exclude, 0);
    assert_int_equal(read.include[1].len, 32);
    assert_int_equal(read.ip6_len, 64);
    assert_int_equal(read.mtu, 1406);
    assert_true(read.tunnel_all_dns);
    assert_string_equal(read.banner, "hello");
    assert_string_equal(read.domain, "example.com");
    ike_cp_reply_clear(&read);
}

static void
test_excluded_networks_are_told_as_excluded(void **state)
{
    g_autoptr(AsaConfig) c = seed_and("access-list l standard permit 10.1.0.0 255.255.0.0\n"
                                      "access-list l standard permit 10.3.0.0 255.255.0.0\n"
                                      "group-policy ASA-IKEV2 attributes\n"
                                      " split-tunnel-policy excludespecified\n"
                                      " split-tunnel-network-list value l\n");
    const AsaGroupPolicy *policy = asa_config_policy(c, "ASA-IKEV2");
    Hex want = hex("0a010000 ffff0000 000000000000 0a030000 ffff0000 000000000000");
    uint8_t buf[1024];
    Writer out = { .base = buf, .cap = sizeof(buf) };
    IkeCp cp = { .type = IKE_CFG_REPLY };
    Slice got;

    (void)state;
    cfg_reply_write(&(CfgReply){ .config = c, .policy = policy }, &cp, &out);
    cp.attrs = writer_view(&out);
    assert_true(ike_cp_find(&cp, IKE_CP_SPLIT_EXCLUDE, &got));
    assert_true(slice_equal(got, (Slice){ want.b, want.len }));
    assert_false(ike_cp_find(&cp, IKE_CP_IP4_SUBNET, &got));
    assert_false(ike_cp_find(&cp, IKE_CP_IP4_ADDRESS, &got)); /* none was leased */
}

static void
test_a_smaller_tunnel_of_the_client_is_taken(void **state)
{
    g_autoptr(AsaConfig) c = seed_and("");
    const AsaGroupPolicy *policy = asa_config_policy(c, "ASA-IKEV2");
    static const struct {
        const char *hint;
        uint16_t mtu;
    } rows[] = {
        { "7027 0002 0514", 1300 }, /* smaller */
        { "7027 0002 05dc", 1406 }, /* larger */
        { "7027 0002 0040", 1406 }, /* no tunnel */
        { "7027 0000", 1406 },      /* no hint */
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        Hex hint = hex(rows[i].hint);
        uint8_t buf[1024];
        Writer out = { .base = buf, .cap = sizeof(buf) };
        IkeCp cp = { .type = IKE_CFG_REPLY };
        Slice got;

        cfg_reply_write(&(CfgReply){ .config = c, .policy = policy },
                        &(IkeCp){ IKE_CFG_REQUEST, { hint.b, hint.len } }, &out);
        cp.attrs = writer_view(&out);
        assert_true(ike_cp_find(&cp, IKE_CP_MTU, &got));
        assert_int_equal(got.p[0] << 8 | got.p[1], rows[i].mtu);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_seed_gets_the_attributes_of_the_seed),
        cmocka_unit_test(test_everything_a_policy_says_is_told_in_order),
        cmocka_unit_test(test_excluded_networks_are_told_as_excluded),
        cmocka_unit_test(test_a_smaller_tunnel_of_the_client_is_taken),
    };

    return cmocka_run_group_tests_name("cfg_reply", tests, NULL, NULL);
}
