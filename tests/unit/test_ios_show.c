/* test_ios_show.c - agent/headend/ios_show.c: the lines of the published example, of both routers.
 * White space is not compared: the example has lost it. Lines that tell what is true here and not
 * there are named. */

#include "agent/crypto/suite.h"
#include "agent/headend/ios_show.h"
#include "tests/support/test.h"

static const Suite ike_suite = { .encr = ENCR_AES_CBC,
                                 .key_bits = 128,
                                 .prf = PRF_HMAC_SHA1,
                                 .integ = AUTH_HMAC_SHA1_96,
                                 .ke = KE_MODP1024 };
static const Suite esp_suite = { .encr = ENCR_3DES, .integ = AUTH_HMAC_SHA1_96 };

typedef struct World {
    IosShow show;
    IosShowSa sa;
    IosShowChild child;
} World;

static Addr
addr(const char *text)
{
    Addr a;

    assert_true(addr_parse(text, &a));
    return a;
}

static void
world_init(World *w, bool first)
{
    IkeInfo *i = &w->sa.ike;

    *w = (World){ 0 };
    w->show = (IosShow){ .tunnel = "Tunnel0",
                         .source_if = "Ethernet0/0",
                         .local = addr(first ? "10.0.0.1" : "10.0.0.2"),
                         .peer = addr(first ? "10.0.0.2" : "10.0.0.1"),
                         .port = 4500,
                         .life = 120,
                         .mtu = 1500,
                         .stats = { .packets_in = first ? 10 : 5, .packets_out = first ? 10 : 5 },
                         .sas = &w->sa,
                         .n_sas = 1,
                         .running = "hostname Router1\n" };
    w->child = (IosShowChild){ .outbound = true,
                               .spi_in = first ? 0x6b74cb79 : 0xf6083add,
                               .spi_out = first ? 0xf6083add : 0x6b74cb79,
                               .suite = esp_suite,
                               .seconds = first ? 3592 : 3584,
                               .kilobytes = first ? 4276853 : 4347479 };
    *i = (IkeInfo){ .up = true,
                    .ours = first,
                    .suite = ike_suite,
                    .spi_i = UINT64_C(0xe58f925107f8b73f),
                    .spi_r = UINT64_C(0xafd098f4147869da),
                    .window = 5,
                    .peer_window = 5,
                    .send_id = first ? 2 : 0,
                    .recv_id = first ? 0 : 2 };
    i->path.local.port = i->path.remote.port = 4500;
    w->sa = (IosShowSa){ .id = first ? 1 : 2,
                         .ike = *i,
                         .id_local = first ? "10.0.0.1" : "10.0.0.2",
                         .id_remote = first ? "10.0.0.2" : "10.0.0.1",
                         .active = first ? 10 : 37,
                         .children = &w->child,
                         .n_children = 1 };
}

/* One blank where there is white space, none at the ends. */
static char *
squeeze(const char *text)
{
    g_auto(GStrv) words = g_strsplit_set(text, " \n", -1);
    g_autoptr(GString) out = g_string_new(NULL);

    for (char **w = words; *w; w++)
        if (**w)
            g_string_append_printf(out, "%s%s", out->len ? " " : "", *w);
    return g_string_free(g_steal_pointer(&out), FALSE);
}

static void
assert_shows(const World *w, const char *words, const char *want)
{
    g_autofree char *text = ios_show_command(words, &w->show);
    g_autofree char *got = squeeze(text);
    g_autofree char *wanted = squeeze(want);

    assert_string_equal(got, wanted);
}

/* In the example 10.0.0.1/500: there ESP is without UDP, and IKE stays on port 500. "CE id" counts
 * as "Session-id" here. */
static void
test_ikev2_sa_detail_is_as_of_router_1(void **state)
{
    World w;

    (void)state;
    world_init(&w, true);
    assert_shows(&w, "crypto ikev2 sa detailed",
                 "IPv4 Crypto IKEv2 SA\n"
                 "Tunnel-id Local Remote fvrf/ivrf Status\n"
                 "1 10.0.0.1/4500 10.0.0.2/4500 none/none READY\n"
                 "Encr: AES-CBC, keysize: 128,\n"
                 "Hash: SHA96, DH Grp:2,\n"
                 "Auth sign: PSK, Auth verify: PSK\n"
                 "Life/Active Time: 120/10 sec\n"
                 "CE id: 1001, Session-id: 1\n"
                 "Status Description: Negotiation done\n"
                 "Local spi: E58F925107F8B73F Remote spi: AFD098F4147869DA\n"
                 "Local id: 10.0.0.1\n"
                 "Remote id: 10.0.0.2\n"
                 "Local req msg id: 2 Remote req msg id: 0\n"
                 "Local next msg id: 2 Remote next msg id: 0\n"
                 "Local req queued: 2 Remote req queued: 0\n"
                 "Local window: 5 Remote window: 5\n"
                 "DPD configured for 0 seconds, retry 0\n"
                 "NAT-T is not detected\n"
                 "Cisco Trust Security SGT is disabled\n"
                 "Initiator of SA : Yes\n");
}

static void
test_ikev2_sa_detail_is_as_of_router_2(void **state)
{
    World w;

    (void)state;
    world_init(&w, false);
    assert_shows(&w, "crypto ikev2 sa detail",
                 "IPv4 Crypto IKEv2 SA\n"
                 "Tunnel-id Local Remote fvrf/ivrf Status\n"
                 "2 10.0.0.2/4500 10.0.0.1/4500 none/none READY\n"
                 "Encr: AES-CBC, keysize: 128, Hash: SHA96,\n"
                 "DH Grp:2, Auth sign: PSK, Auth verify: PSK\n"
                 "Life/Active Time: 120/37 sec\n"
                 "CE id: 1002, Session-id: 2\n"
                 "Status Description: Negotiation done\n"
                 "Local spi: AFD098F4147869DA Remote spi: E58F925107F8B73F\n"
                 "Local id: 10.0.0.2\n"
                 "Remote id: 10.0.0.1\n"
                 "Local req msg id: 0 Remote req msg id: 2\n"
                 "Local next msg id: 0 Remote next msg id: 2\n"
                 "Local req queued: 0 Remote req queued: 2\n"
                 "Local window: 5 Remote window: 5\n"
                 "DPD configured for 0 seconds, retry 0\n"
                 "NAT-T is not detected\n"
                 "Cisco Trust Security SGT is disabled\n"
                 "Initiator of SA : No\n");
}

#define ESP_SA(spi, conn, left)                                                                    \
    "spi: " spi "\n"                                                                               \
    "transform: esp-3des esp-sha-hmac ,\n"                                                         \
    "in use settings ={Tunnel UDP-Encaps, }\n"                                                     \
    "conn id: " conn ", flow_id: SW:" conn ",\n"                                                   \
    "sibling_flags 80000040,\n"                                                                    \
    "crypto map: Tunnel0-head-0\n"                                                                 \
    "sa timing: remaining key lifetime (k/sec):\n"                                                 \
    "(" left ")\n"                                                                                 \
    "IV size: 8 bytes\n"                                                                           \
    "replay detection support: Y\n"                                                                \
    "Status: ACTIVE(ACTIVE)\n"

/* In the example port 500 and {Tunnel, }: ESP goes in UDP here; and conn ids of 17 and 18: here
 * they are counted from 1. */
static void
test_ipsec_sa_is_as_of_router_1(void **state)
{
    World w;

    (void)state;
    world_init(&w, true);
    assert_shows(
        &w, "crypto ipsec sa",
        "interface: Tunnel0\n"
        "Crypto map tag: Tunnel0-head-0,\n"
        "local addr 10.0.0.1\n"
        "protected vrf: (none)\n"
        "local ident (addr/mask/prot/port):\n"
        "(0.0.0.0/0.0.0.0/256/0)\n"
        "remote ident (addr/mask/prot/port):\n"
        "(0.0.0.0/0.0.0.0/256/0)\n"
        "current_peer 10.0.0.2 port 4500\n"
        "PERMIT, flags={origin_is_acl,}\n"
        "#pkts encaps: 10, #pkts encrypt:\n"
        "10, #pkts digest: 10\n"
        "#pkts decaps: 10, #pkts decrypt:\n"
        "10, #pkts verify: 10\n"
        "#pkts compressed: 0, #pkts decompressed: 0\n"
        "#pkts not compressed: 0, #pkts compr. failed: 0\n"
        "#pkts not decompressed: 0, #pkts decompress failed: 0\n"
        "#send errors 0, #recv errors 0\n"
        "local crypto endpt.: 10.0.0.1,\n"
        "remote crypto endpt.: 10.0.0.2\n"
        "path mtu 1500, ip mtu 1500, ip mtu idb Ethernet0/0\n"
        "current outbound spi: 0xF6083ADD(4127734493)\n"
        "PFS (Y/N): N, DH group: none\n"
        "inbound esp sas:\n" ESP_SA("0x6B74CB79(1802816377)", "2",
                                    "4276853/3592") "inbound ah sas:\n"
                                                    "inbound pcp sas:\n"
                                                    "outbound esp sas:\n" ESP_SA(
                                                        "0xF6083ADD(4127734493)", "1",
                                                        "4276853/3592") "outbound ah sas:\n"
                                                                        "outbound pcp sas:\n");
}

static void
test_ipsec_sa_counts_and_spis_are_as_of_router_2(void **state)
{
    g_autofree char *text = NULL;
    g_autofree char *got = NULL;
    World w;

    (void)state;
    world_init(&w, false);
    text = ios_show_command("crypto ipsec sa", &w.show);
    got = squeeze(text);
    assert_non_null(strstr(got, "#pkts encaps: 5, #pkts encrypt: 5, #pkts digest: 5"));
    assert_non_null(strstr(got, "current outbound spi: 0x6B74CB79(1802816377)"));
    assert_non_null(strstr(got, "(4347479/3584)"));
}

static void
test_crypto_session_is_as_of_router_1(void **state)
{
    World w;

    (void)state;
    world_init(&w, true);
    assert_shows(&w, "crypto session",
                 "Crypto session current status\n"
                 "Interface: Tunnel0\n"
                 "Session status: UP-ACTIVE\n"
                 "Peer: 10.0.0.2 port 4500\n"
                 "IKEv2 SA: local 10.0.0.1/4500 remote 10.0.0.2/4500 Active\n"
                 "IPSEC FLOW: permit ip 0.0.0.0/0.0.0.0 0.0.0.0/0.0.0.0\n"
                 "Active SAs: 2, origin: crypto map\n");
}

static void
test_without_an_sa_that_is_what_is_said(void **state)
{
    World w;

    (void)state;
    world_init(&w, true);
    w.show.n_sas = 0;
    w.show.port = 0;
    assert_shows(&w, "crypto ikev2 sa", "There are no IKEv2 SAs");
    assert_shows(&w, "crypto session",
                 "Crypto session current status Interface: Tunnel0 Session status: DOWN "
                 "Peer: 10.0.0.2 port 500 "
                 "IPSEC FLOW: permit ip 0.0.0.0/0.0.0.0 0.0.0.0/0.0.0.0 "
                 "Active SAs: 0, origin: crypto map");
}

static void
test_a_rekeyed_child_with_pfs_shows_its_group(void **state)
{
    g_autofree char *text = NULL;
    World w;

    (void)state;
    world_init(&w, true);
    w.child.suite.ke = KE_MODP1024;
    text = ios_show_command("crypto ipsec sa", &w.show);
    assert_non_null(strstr(text, "PFS (Y/N): Y, DH group: group2\n"));
}

static void
test_what_the_data_plane_has_lost_is_counted_by_reason(void **state)
{
    const ShowIpsec ipsec = { .tunnels = 1, .losses = { [PUMP_UNSENT] = 7 } };
    g_autofree char *text = NULL;
    World w;

    (void)state;
    world_init(&w, true);
    w.show.ipsec = &ipsec;
    text = ios_show_command("crypto ipsec stats", &w.show);
    assert_non_null(strstr(text, "Active tunnels: 1\n"));
    assert_non_null(strstr(text, "    unsent: 7\n"));
}

static void
test_what_is_no_command_is_an_error(void **state)
{
    g_autofree char *text = NULL;
    World w;

    (void)state;
    world_init(&w, true);
    assert_shows(&w, "running-config", "hostname Router1");
    text = ios_show_command("vpn-sessiondb detail anyconnect", &w.show);
    assert_true(g_str_has_prefix(text, "ERROR: expected one of: show crypto ikev2 sa"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ikev2_sa_detail_is_as_of_router_1),
        cmocka_unit_test(test_ikev2_sa_detail_is_as_of_router_2),
        cmocka_unit_test(test_ipsec_sa_is_as_of_router_1),
        cmocka_unit_test(test_ipsec_sa_counts_and_spis_are_as_of_router_2),
        cmocka_unit_test(test_crypto_session_is_as_of_router_1),
        cmocka_unit_test(test_without_an_sa_that_is_what_is_said),
        cmocka_unit_test(test_a_rekeyed_child_with_pfs_shows_its_group),
        cmocka_unit_test(test_what_the_data_plane_has_lost_is_counted_by_reason),
        cmocka_unit_test(test_what_is_no_command_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
