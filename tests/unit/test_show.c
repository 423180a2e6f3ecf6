/* test_show.c - agent/headend/show.c, show_crypto.c, show_ipsec.c, show_words.c */

#include "agent/headend/show.h"
#include "agent/headend/show_words.h"
#include "tests/support/test.h"

static Addr
addr(const char *text)
{
    Addr a = { 0 };

    assert_true(addr_parse(text, &a));
    return a;
}

/* The session of the seed document. */
static ShowSession
seed_session(void)
{
    Prefix client = { addr("10.2.2.1"), 32 };
    static Selector all, one;

    all = selector_all(ADDR_V4);
    one = selector_of_prefix(&client);
    return (ShowSession){
        .index = 2,
        .user = "Anu",
        .group = "ASA-IKEV2",
        .policy = "ASA-IKEV2",
        .client_version = "3.0.1047",
        .client_os = "Windows",
        .ip4 = client.addr,
        .ike = { .role = IKE_RESPONDER,
                 .window = 1,
                 .peer_window = 1,
                 .state = "READY",
                 .spi_i = 0x58aff71141ba436b,
                 .spi_r = 0xfc696330e6b94d7f,
                 .suite = { .encr = ENCR_AES_CBC,
                            .key_bits = 192,
                            .prf = PRF_HMAC_SHA1,
                            .integ = AUTH_HMAC_SHA1_96,
                            .ke = KE_MODP768 },
                 .local = { 1, &all },
                 .remote = { 1, &one },
                 .path = { { addr("10.0.0.1"), 4500 }, { addr("192.168.1.1"), 25171 }, true },
                 .esp_path = { { addr("10.0.0.1"), 4500 }, { addr("192.168.1.1"), 25171 }, true },
                 .nat_there = true,
                 .send_id = 0,
                 .recv_id = 9 },
        .id_local = "hostname=ASA-IKEV2",
        .id_remote = "*$AnyConnectClient$*",
        .auth_sign = "RSA",
        .child = { .encr = ENCR_AES_CBC, .key_bits = 256, .integ = AUTH_HMAC_SHA1_96 },
        .spi_in = 0x30b848a4,
        .spi_out = 0x77ee5348,
        .stats = { .packets_in = 108,
                   .octets_in = 11192,
                   .drops = { [ESP_REPLAYED] = 55 },
                   .replay_bits = 0xffad6bed7abfd5bf },
        .login_time = 1366668384, /* date -u -d '2013-04-22 22:06:24' +%s */
        .duration = 146,
        .inactivity = 60,
        .idle_limit = 1800,
        .n_children = 1,
        .ike_life = 86400,
        .ike_age = 146,
        .child_life = 28800,
        .child_age = 115,
        .child_kilobytes = 4608000,
        .child_carried = 10,
        .dpd = 10,
    };
}

static const ShowGateway gateway = { .nameif = "outside",
                                     .map = "dynmap",
                                     .map_seq = 1000,
                                     .door = { .cookies_asked = 9,
                                               .cookies_good = 7,
                                               .cookies_bad = 2,
                                               .given_way = 3,
                                               .refused = 4 },
                                     .half_open = 5,
                                     .all = 6 };

static const IkeLimits limits = {
    .half_open = 256, .half_open_address = 64, .all = SIZE_MAX, .cookie_from = 128
};

static char *
show(const char *words, size_t n)
{
    g_autoptr(GArray) rows = g_array_new(FALSE, FALSE, sizeof(ShowSession));
    ShowSession s = seed_session();
    ShowGateway g = gateway;

    g.local = addr("10.0.0.1");
    g.limits = &limits;
    for (size_t i = 0; i < n; i++)
        g_array_append_val(rows, s);
    return show_command(words, &g, rows, "hostname x\n");
}

/* Runs of blanks become one: columns are a matter of taste, words are not. */
static char *
squeeze(const char *text)
{
    GString *out = g_string_new(NULL);

    for (; *text; text++)
        if (*text != ' ' || (out->len && !strchr(" \n", out->str[out->len - 1])))
            g_string_append_c(out, *text);
    return g_string_free(out, FALSE);
}

static void
assert_lines(const char *words, const char *const *lines, size_t n)
{
    g_autofree char *text = show(words, 1);
    g_autofree char *thin = squeeze(text);
    const char *at = thin;

    for (size_t i = 0; i < n; i++) {
        const char *found = strstr(at, lines[i]);

        if (!found)
            fail_msg("show %s: after line %zu there is no \"%s\":\n%s", words, i, lines[i], text);
        at = found + strlen(lines[i]);
    }
}

/* The lines of the seed document, in its order. */
static const char *const sessiondb[] = {
    "Session Type: AnyConnect Detailed",
    "Username : Anu Index : 2",
    "Assigned IP : 10.2.2.1 Public IP : 192.168.1.1",
    "Protocol : IKEv2 IPsecOverNatT AnyConnect-Parent",
    "License : AnyConnect Premium",
    "Encryption : AES192 AES256 Hashing : none SHA1 SHA1",
    "Bytes Tx : 0 Bytes Rx : 11192",
    "Pkts Tx : 0 Pkts Rx : 108",
    "Pkts Tx Drop : 0 Pkts Rx Drop : 55",
    "Group Policy : ASA-IKEV2 Tunnel Group : ASA-IKEV2",
    "Login Time : 22:06:24 UTC Mon Apr 22 2013",
    "Duration : 0h:02m:26s",
    "Inactivity : 0h:01m:00s",
    "NAC Result : Unknown",
    "VLAN Mapping : N/A VLAN : none",
    "IKEv2 Tunnels: 1",
    "IPsecOverNatT Tunnels: 1",
    "AnyConnect-Parent Tunnels: 1",
    "AnyConnect-Parent:",
    "Tunnel ID : 2.1",
    "Public IP : 192.168.1.1",
    "Encryption : none Auth Mode : userPassword",
    "Idle Time Out : 30 Minutes Idle TO Left : 29 Minutes",
    "Client Type : AnyConnect",
    "Client Ver : 3.0.1047",
    "IKEv2:",
    "Tunnel ID : 2.2",
    "UDP Src Port : 25171 UDP Dst Port : 4500",
    "Rem Auth Mode : userPassword",
    "Loc Auth Mode : rsaCertificate",
    "Encryption : AES192 Hashing : SHA1",
    "Rekey Int (T) : 86400 Seconds Rekey Left(T) : 86254 Seconds",
    "PRF : SHA1 D/H Group : 1",
    "Filter Name :",
    "Client OS : Windows",
    "IPsecOverNatT:",
    "Tunnel ID : 2.3",
    "Local Addr : 0.0.0.0/0.0.0.0/0/0",
    "Remote Addr : 10.2.2.1/255.255.255.255/0/0",
    "Encryption : AES256 Hashing : SHA1",
    "Encapsulation : Tunnel",
    "Rekey Int (T) : 28800 Seconds Rekey Left(T) : 28685 Seconds",
    "Rekey Int (D) : 4608000 K-Bytes Rekey Left(D) : 4607990 K-Bytes",
    "NAC:",
    "Reval Int (T) : 0 Seconds Reval Left(T) : 0 Seconds",
    "SQ Int (T) : 0 Seconds EoU Age(T) : 146 Seconds",
    "Redirect URL :",
};

static const char *const ikev2[] = {
    "IKEv2 SAs:",
    "Session-id:2, Status:UP-ACTIVE, IKE count:1, CHILD count:1",
    "Tunnel-id Local Remote Status Role",
    "10.0.0.1/4500 192.168.1.1/25171 READY RESPONDER",
    "Encr: AES-CBC, keysize: 192, Hash: SHA96, DH Grp:1, Auth sign: RSA, Auth verify: EAP",
    "Life/Active Time: 86400/146 sec",
    "Child sa: local selector 0.0.0.0/0 - 255.255.255.255/65535",
    "remote selector 10.2.2.1/0 - 10.2.2.1/65535",
    "ESP spi in/out: 0x30b848a4/0x77ee5348",
};

static const char *const detail[] = {
    "Session-id: 2",
    "Status Description: Negotiation done",
    "Local spi: FC696330E6B94D7F Remote spi: 58AFF71141BA436B",
    "Local id: hostname=ASA-IKEV2",
    "Remote id: *$AnyConnectClient$*",
    "Local req mess id: 0 Remote req mess id: 9",
    "Local next mess id: 0 Remote next mess id: 9",
    "Local req queued: 0 Remote req queued: 9",
    "Local window: 1 Remote window: 1",
    "DPD configured for 10 seconds, retry 2",
    "NAT-T is detected outside",
    "Assigned host addr: 10.2.2.1",
    "ESP spi in/out: 0x30b848a4/0x77ee5348",
    "AH spi in/out: 0x0/0x0",
    "CPI in/out: 0x0/0x0",
    "Encr: AES-CBC, keysize: 256, esp_hmac: SHA96",
    "ah_hmac: None, comp: IPCOMP_NONE, mode tunnel",
};

static const char *const ipsec[] = {
    "interface: outside",
    "Crypto map tag: dynmap, seq num: 1000, local addr: 10.0.0.1",
    "local ident (addr/mask/prot/port): (0.0.0.0/0.0.0.0/0/0)",
    "remote ident (addr/mask/prot/port): (10.2.2.1/255.255.255.255/0/0)",
    "current_peer: 192.168.1.1, username: Anu",
    "dynamic allocated peer ip: 10.2.2.1",
    "#pkts encaps: 0, #pkts encrypt: 0, #pkts digest: 0",
    "#pkts decaps: 163, #pkts decrypt: 108, #pkts verify: 108",
    "#send errors: 0, #recv errors: 55",
    "local crypto endpt.: 10.0.0.1/4500, remote crypto endpt.: 192.168.1.1/25171",
    "ipsec overhead 82, media mtu 1500",
    "current outbound spi: 77EE5348",
    "current inbound spi : 30B848A4",
    "inbound esp sas:",
    "spi: 0x30B848A4 (817383588)",
    "transform: esp-aes-256 esp-sha-hmac no compression",
    "in use settings ={RA, Tunnel, NAT-T-Encaps, }",
    "slot: 0, conn_id: 8192, crypto-map: dynmap",
    "sa timing: remaining key lifetime (sec): 28685",
    "IV size: 16 bytes",
    "replay detection support: Y",
    "Anti replay bitmap:",
    "0xFFAD6BED 0x7ABFD5BF",
    "outbound esp sas:",
    "spi: 0x77EE5348 (2012107592)",
    "0x00000000 0x00000001",
};

static void
test_the_seeds_session_reads_as_in_the_seed(void **state)
{
    (void)state;
    assert_lines("vpn-sessiondb detail anyconnect", sessiondb, G_N_ELEMENTS(sessiondb));
    assert_lines("crypto ikev2 sa", ikev2, G_N_ELEMENTS(ikev2));
    assert_lines("crypto ikev2 sa detail", detail, G_N_ELEMENTS(detail));
    assert_lines("crypto ipsec sa", ipsec, G_N_ELEMENTS(ipsec));
}

static void
test_no_session_is_said_in_words(void **state)
{
    static const struct {
        const char *words, *text;
    } rows[] = {
        { "vpn-sessiondb detail anyconnect",
          "INFO: There are presently no active sessions of the type specified\n" },
        { "crypto ikev2 sa", "There are no IKEv2 SAs\n" },
        { "crypto ikev2 sa detail", "There are no IKEv2 SAs\n" },
        { "crypto ipsec sa", "There are no ipsec sas\n" },
        { "running-config", "hostname x\n" },
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *text = show(rows[i].words, 0);

        assert_string_equal(text, rows[i].text);
    }
}

static void
test_other_words_are_an_error_that_lists_the_right_ones(void **state)
{
    g_autofree char *text = show("version", 1);

    (void)state;
    assert_true(g_str_has_prefix(text, "ERROR: "));
    assert_non_null(strstr(text, "show crypto ipsec sa"));
}

static void
test_algorithms_have_the_words_of_an_asa(void **state)
{
    static const struct {
        Suite suite;
        const char *encryption, *cipher, *transform;
    } rows[] = {
        { { .encr = ENCR_AES_CBC, .key_bits = 128, .integ = AUTH_HMAC_SHA2_256_128 },
          "AES128",
          "AES-CBC, keysize: 128",
          "esp-aes esp-sha-256-hmac" },
        { { .encr = ENCR_AES_GCM_16, .key_bits = 256 },
          "AES-GCM-256",
          "AES-GCM, keysize: 256",
          "esp-aes-gcm-256 esp-null-hmac" },
        { { .encr = ENCR_3DES, .key_bits = 192, .integ = AUTH_HMAC_SHA1_96 },
          "3DES",
          "3DES",
          "esp-3des esp-sha-hmac" },
    };
    char got[SHOW_WORD_MAX];

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        show_encryption(&rows[i].suite, got);
        assert_string_equal(got, rows[i].encryption);
        show_cipher(&rows[i].suite, got);
        assert_string_equal(got, rows[i].cipher);
        show_transform(&rows[i].suite, got);
        assert_string_equal(got, rows[i].transform);
    }
}

static void
test_what_the_door_does_under_pressure_is_counted(void **state)
{
    static const char *const lines[] = {
        "IKEV2 Call Admission Statistics",
        "Max Active SAs: No Limit",
        "Max In-Negotiation SAs: 256",
        "Cookie Challenge Threshold: 128",
        "Active SAs: 1",
        "In-Negotiation SAs: 5",
        "Incoming Requests Rejected: 4",
        "In-Negotiation SAs Dropped for Newer: 3",
        "Cookie Challenges: 9",
        "Cookie Challenges Passed: 7",
        "Cookie Challenges Failed: 2",
    };

    (void)state;
    assert_lines("crypto ikev2 stats", lines, G_N_ELEMENTS(lines));
}

static const char ipsec_stats[] = "IPsec Global Statistics\n"
                                  "-----------------------\n"
                                  "Active tunnels: 2\n"
                                  "Inbound\n"
                                  "    Bytes: 11192\n"
                                  "    Packets: 108\n"
                                  "    Replay failures: 55\n"
                                  "    Authentication failures: 3\n"
                                  "Outbound\n"
                                  "    Bytes: 7000\n"
                                  "    Packets: 70\n"
                                  "Missing SA failures: 4\n"
                                  "Dropped packets\n"
                                  "    malformed: 1\n"
                                  "    no_sa: 4\n"
                                  "    replayed: 55\n"
                                  "    forged: 3\n"
                                  "    spent: 5\n"
                                  "    selector: 6\n"
                                  "    too_big: 7\n"
                                  "    congested: 8\n"
                                  "    dummy: 9\n"
                                  "    offload_header: 10\n"
                                  "    offload_checksum: 11\n"
                                  "    offload_packet: 12\n"
                                  "    junk: 13\n"
                                  "    ike: 14\n"
                                  "    unsent: 15\n"
                                  "    unwritten: 16\n";

/* The reasons have the names that "acclient stats" has for them. */
static void
test_what_the_data_plane_has_lost_is_counted_by_reason(void **state)
{
    const ShowIpsec counted = { .tunnels = 2,
                                .all = { .packets_in = 108,
                                         .octets_in = 11192,
                                         .packets_out = 70,
                                         .octets_out = 7000,
                                         .drops = { [ESP_MALFORMED] = 1,
                                                    [ESP_NO_SA] = 4,
                                                    [ESP_REPLAYED] = 55,
                                                    [ESP_FORGED] = 3,
                                                    [ESP_SPENT] = 5,
                                                    [ESP_SELECTOR] = 6,
                                                    [ESP_TOO_BIG] = 7,
                                                    [ESP_CONGESTED] = 8,
                                                    [ESP_DUMMY] = 9 } },
                                .losses = { 10, 11, 12, 13, 14, 15, 16 } };
    g_autoptr(GArray) nobody = g_array_new(FALSE, FALSE, sizeof(ShowSession));
    const ShowGateway g = { .ipsec = &counted };
    g_autofree char *text = show_command("crypto ipsec stats", &g, nobody, "");

    (void)state;
    assert_string_equal(text, ipsec_stats);
}

static void
test_lists_of_revoked_certificates_are_shown_as_an_asa_does(void **state)
{
    ShowList one = { .issuer = (char *)"CN=Root,O=Example",
                     .url = (char *)"http://crl.example.com/root.crl",
                     .trustpoint = (char *)"clients",
                     .from = 1700000000,
                     .until = 1700086400,
                     .octets = 512 };
    g_autoptr(GPtrArray) lists = g_ptr_array_new();
    g_autoptr(GArray) nobody = g_array_new(FALSE, FALSE, sizeof(ShowSession));
    const ShowGateway g = { .lists = lists };
    g_autofree char *none = show_command("crypto ca crls", &g, nobody, "");
    g_autofree char *text = NULL;

    (void)state;
    assert_string_equal(none, "");
    g_ptr_array_add(lists, &one);
    text = show_command("crypto ca crls", &g, nobody, "");
    assert_string_equal(text, "CRL Issuer Name:\n"
                              "    CN=Root,O=Example\n"
                              "    LastUpdate: 22:13:20 UTC Nov 14 2023\n"
                              "    NextUpdate: 22:13:20 UTC Nov 15 2023\n"
                              "    Retrieved from CRL Distribution Point:\n"
                              "      http://crl.example.com/root.crl\n"
                              "    Size (bytes): 512\n"
                              "    Associated Trustpoints: clients\n\n");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_the_door_does_under_pressure_is_counted),
        cmocka_unit_test(test_what_the_data_plane_has_lost_is_counted_by_reason),
        cmocka_unit_test(test_the_seeds_session_reads_as_in_the_seed),
        cmocka_unit_test(test_no_session_is_said_in_words),
        cmocka_unit_test(test_lists_of_revoked_certificates_are_shown_as_an_asa_does),
        cmocka_unit_test(test_other_words_are_an_error_that_lists_the_right_ones),
        cmocka_unit_test(test_algorithms_have_the_words_of_an_asa),
    };

    return cmocka_run_group_tests_name("show", tests, NULL, NULL);
}
