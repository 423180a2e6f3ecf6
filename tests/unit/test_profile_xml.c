/* test_profile_xml.c - profiles/profile_xml.c and what it reads with */

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "profiles/profile_xml.h"
#include "tests/support/test.h"

#define HOST(inside) "<HostEntry><HostName>A</HostName>" inside "</HostEntry>"
#define LIST(inside) "<ServerList>" HOST(inside) "</ServerList>"
#define ADDRESS      "<HostAddress>10.0.0.1</HostAddress>"
#define PIN                                                                                        \
    "z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg=="
#define OTHER_PIN                                                                                  \
    "3a81oZNherrMQXNJriBBMRLm+k6JqX6iCp7u5ktV05ohkpkqJ0/BqDa6PCOj/uu9RU1EI2Q86A4qmslPpUyknw=="

static Profile *
parse(const char *xml)
{
    g_autoptr(GError) error = NULL;
    Profile *p = profile_xml_parse(xml, strlen(xml), "p.xml", &error);

    if (!p)
        fail_msg("%s\n%s", error->message, xml);
    return p;
}

static const ProfileHost *
host(const Profile *p, guint i)
{
    assert_true(i < p->hosts->len);
    return p->hosts->pdata[i];
}

static const char *
text(const GPtrArray *texts, guint i)
{
    assert_true(i < texts->len);
    return texts->pdata[i];
}

static const char *
setting(const Profile *p, const char *path)
{
    return g_hash_table_lookup(p->settings, path);
}

/* ---- what is asked of it ---- */

/* tests/vectors/anyconnect-ikev2.xml: a bare list, as the field documents it. */
static void
test_the_field_s_own_profile_is_read(void **state)
{
    g_autoptr(Profile) p = profile_xml_load(AC_TEST_VECTORS "/anyconnect-ikev2.xml", NULL);

    (void)state;
    assert_non_null(p);
    assert_int_equal(p->hosts->len, 1);
    assert_string_equal(host(p, 0)->name, "Anu-IKEV2");
    assert_string_equal(host(p, 0)->address, "10.0.0.1");
    assert_string_equal(host(p, 0)->user_group, "ASA-IKEV2");
    assert_int_equal(host(p, 0)->protocol, PROFILE_IPSEC);
    assert_int_equal(host(p, 0)->auth, PROFILE_EAP_ANYCONNECT);
    assert_false(host(p, 0)->standard_auth_only);
    assert_int_equal(host(p, 0)->port, 0);
    assert_int_equal(host(p, 0)->line, 2);
    assert_int_equal(p->unknown->len + p->warnings->len, 0);
}

static void
test_our_own_examples_are_read_without_a_word(void **state)
{
    g_autoptr(Profile) one = profile_xml_load(AC_SOURCE_DIR "/profiles/examples/single.xml", NULL);
    g_autoptr(Profile) p = profile_xml_load(AC_SOURCE_DIR "/profiles/examples/company.xml", NULL);

    (void)state;
    assert_non_null(one);
    assert_int_equal(one->hosts->len, 1);
    assert_int_equal(one->unknown->len + one->warnings->len, 0);
    assert_non_null(p);
    assert_int_equal(p->unknown->len + p->warnings->len, 0);
    assert_int_equal(p->hosts->len, 3);
    assert_string_equal(text(host(p, 0)->backups, 0), "spare.example.org");
    assert_string_equal(text(host(p, 0)->pins, 0), PIN);
    assert_string_equal(host(p, 1)->address, "2001:db8:20::1");
    assert_string_equal(text(host(p, 1)->backups, 0), "192.0.2.21");
    assert_int_equal(host(p, 1)->backups->len, 1);
    assert_true(host(p, 2)->standard_auth_only);
    assert_int_equal(host(p, 2)->auth, PROFILE_EAP_MSCHAPV2);
    assert_string_equal(host(p, 2)->ike_identity, "workshop-clients");
    assert_string_equal(setting(p, "AllowManualHostInput"), "false");
}

static void
test_the_protocol_is_ssl_unless_it_says_ipsec(void **state)
{
    g_autoptr(Profile) none = parse(LIST(ADDRESS));
    g_autoptr(Profile) ssl = parse(LIST(ADDRESS "<PrimaryProtocol>SSL</PrimaryProtocol>"));
    g_autoptr(Profile) loose = parse(LIST(ADDRESS "<PrimaryProtocol> ipsec </PrimaryProtocol>"));

    (void)state;
    assert_int_equal(host(none, 0)->protocol, PROFILE_SSL);
    assert_int_equal(host(ssl, 0)->protocol, PROFILE_SSL);
    assert_int_equal(host(loose, 0)->protocol, PROFILE_IPSEC);
    assert_string_equal(text(loose->warnings, 0),
                        "p.xml:1: <PrimaryProtocol> is spelled \"ipsec\", read as IPsec");
}

#define STANDARD(inside)                                                                           \
    LIST(ADDRESS "<PrimaryProtocol>IPsec<StandardAuthenticationOnly>" inside                       \
                 "</StandardAuthenticationOnly></PrimaryProtocol>")
#define METHOD(name)                                                                               \
    STANDARD("true<AuthMethodDuringIKENegotiation>" name "</AuthMethodDuringIKENegotiation>")

static const struct {
    const char *xml;
    bool standard;
    ProfileAuth auth;
} auths[] = {
    { STANDARD("false"), false, PROFILE_EAP_ANYCONNECT },
    { STANDARD("true"), true, PROFILE_EAP_GTC },
    { STANDARD("false<AuthMethodDuringIKENegotiation>EAP-MD5</AuthMethodDuringIKENegotiation>"),
      false, PROFILE_EAP_ANYCONNECT },
    { METHOD("EAP-AnyConnect"), true, PROFILE_EAP_ANYCONNECT },
    { METHOD("EAP-GTC"), true, PROFILE_EAP_GTC },
    { METHOD("EAP-MD5"), true, PROFILE_EAP_MD5 },
    { METHOD("EAP-MSCHAPv2"), true, PROFILE_EAP_MSCHAPV2 },
    { METHOD("IKE-RSA"), true, PROFILE_IKE_RSA },
    { METHOD("IKE-ECDSA"), true, PROFILE_IKE_ECDSA },
};

static void
test_the_authentication_method_is_the_one_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(auths); i++) {
        g_autoptr(Profile) p = parse(auths[i].xml);

        assert_int_equal(host(p, 0)->standard_auth_only, auths[i].standard);
        assert_int_equal(host(p, 0)->auth, auths[i].auth);
    }
}

static void
test_the_host_name_stands_in_for_a_missing_address(void **state)
{
    g_autoptr(Profile) p = parse("<ServerList><HostEntry><HostName>vpn.example.org</HostName>"
                                 "</HostEntry></ServerList>");

    (void)state;
    assert_string_equal(host(p, 0)->address, "vpn.example.org");
}

static void
test_a_url_gives_port_and_group_but_user_group_wins(void **state)
{
    g_autoptr(Profile) path =
        parse(LIST("<HostAddress>https://vpn.example.org:8443/staff</HostAddress>"));
    g_autoptr(Profile) both =
        parse(LIST("<UserGroup>ADMIN</UserGroup>"
                   "<HostAddress>https://vpn.example.org/staff</HostAddress>"));

    (void)state;
    assert_string_equal(host(path, 0)->address, "vpn.example.org");
    assert_int_equal(host(path, 0)->port, 8443);
    assert_string_equal(host(path, 0)->user_group, "staff");
    assert_string_equal(host(both, 0)->user_group, "ADMIN");
}

#define INIT(inside) "<ClientInitialization>" inside "</ClientInitialization>"
#define ROOT(inside) "<AnyConnectProfile>" inside "</AnyConnectProfile>"

static void
test_settings_have_the_path_of_their_element(void **state)
{
    g_autoptr(Profile) p =
        parse(ROOT(INIT("<AutoReconnect UserControllable=\"true\">true\r\n"
                        "<AutoReconnectBehavior>ReconnectAfterResume</AutoReconnectBehavior>"
                        "</AutoReconnect><AuthenticationTimeout>30</AuthenticationTimeout>"
                        "<LocalLanAccess>TRUE</LocalLanAccess><AutoUpdate>perhaps</AutoUpdate>"
                        "<AutoConnectOnStart/>") LIST(ADDRESS)));

    (void)state;
    assert_string_equal(setting(p, "AutoReconnect"), "true");
    assert_string_equal(setting(p, "AutoReconnect/AutoReconnectBehavior"), "ReconnectAfterResume");
    assert_string_equal(setting(p, "AuthenticationTimeout"), "30");
    assert_string_equal(setting(p, "LocalLanAccess"), "true");
    assert_null(setting(p, "AutoUpdate"));
    assert_null(setting(p, "AutoConnectOnStart"));
    assert_int_equal(p->warnings->len, 2);
    assert_string_equal(text(p->warnings, 0),
                        "p.xml:2: <LocalLanAccess> is spelled \"TRUE\", read as true");
    assert_string_equal(text(p->warnings, 1),
                        "p.xml:2: <AutoUpdate> is neither true nor false and therefore not used");
}

static void
test_unknown_elements_are_kept_and_listed(void **state)
{
    g_autoptr(Profile) p =
        parse("<AnyConnectProfile xmlns=\"http://schemas.xmlsoap.org/encoding/\">\n"
              "<ClientInitialization>\n<BrandNew>42</BrandNew>\n</ClientInitialization>\n"
              "<Extra/>\n" LIST(ADDRESS "\n<Colour>red</Colour>") "</AnyConnectProfile>");

    (void)state;
    assert_int_equal(p->hosts->len, 1);
    assert_int_equal(p->unknown->len, 3);
    assert_string_equal(text(p->unknown, 0), "BrandNew (line 3)");
    assert_string_equal(text(p->unknown, 1), "Extra (line 5)");
    assert_string_equal(text(p->unknown, 2), "Colour (line 7)");
    assert_string_equal(setting(p, "BrandNew"), "42");
}

static void
test_the_global_backups_serve_hosts_without_their_own(void **state)
{
    g_autoptr(Profile) p = parse(ROOT(
        LIST(ADDRESS) INIT("<BackupServerList><HostAddress>b1.example.org</HostAddress>"
                           "<HostAddress>[2001:db8::2]:500</HostAddress></BackupServerList>")));

    (void)state;
    assert_int_equal(host(p, 0)->backups->len, 2);
    assert_string_equal(text(host(p, 0)->backups, 1), "[2001:db8::2]:500");
}

#define PINS(pin) "<CertificatePinList><Pin>" pin "</Pin></CertificatePinList>"

/* The switch, the pins of the host beside those of the profile, and what holds then. */
static void
test_pins_hold_unless_they_are_switched_off(void **state)
{
    g_autoptr(Profile) on = parse(
        ROOT(INIT("<CertificatePinning>true" PINS(PIN) "</CertificatePinning>") LIST(ADDRESS)));
    g_autoptr(Profile) own =
        parse(ROOT(INIT("<CertificatePinning>true" PINS(PIN) "</CertificatePinning>")
                       LIST(ADDRESS PINS(OTHER_PIN))));
    g_autoptr(Profile) alone = parse(LIST(ADDRESS PINS(OTHER_PIN)));
    g_autoptr(Profile) off =
        parse(ROOT(INIT("<CertificatePinning>false" PINS(PIN) "</CertificatePinning>")
                       LIST(ADDRESS PINS(OTHER_PIN))));

    (void)state;
    assert_string_equal(text(host(on, 0)->pins, 0), PIN);
    assert_int_equal(host(own, 0)->pins->len, 1);
    assert_string_equal(text(host(own, 0)->pins, 0), OTHER_PIN);
    assert_string_equal(text(host(alone, 0)->pins, 0), OTHER_PIN);
    assert_int_equal(host(off, 0)->pins->len, 0);
}

/* The same list with byte order marks, line ends and encodings as editors write them. */
#define MAY_SEND(to) "<LoadBalancingServerList>" to "</LoadBalancingServerList>"
#define TO(name)     "<HostAddress>" name "</HostAddress>"

static void
test_where_a_gateway_may_send_us_is_read(void **state)
{
    g_autoptr(Profile) p = parse(
        LIST(ADDRESS MAY_SEND(TO(" *.example.org ") TO("2001:db8::*") "<New/>" TO("10.0.0.2"))));
    g_autoptr(Profile) none = parse(LIST(ADDRESS));
    g_autoptr(Profile) empty = parse(LIST(ADDRESS MAY_SEND("")));
    g_autoptr(ProfileHost) copy = profile_host_copy(host(p, 0));

    (void)state;
    assert_int_equal(host(p, 0)->balancers->len, 3);
    assert_string_equal(text(host(p, 0)->balancers, 0), "*.example.org");
    assert_string_equal(text(host(p, 0)->balancers, 1), "2001:db8::*");
    assert_string_equal(text(copy->balancers, 2), "10.0.0.2");
    assert_int_equal(p->unknown->len, 1);
    assert_int_equal(host(none, 0)->balancers->len, 0);
    assert_int_equal(host(empty, 0)->balancers->len, 0);
}

static void
test_byte_order_marks_and_encodings_are_understood(void **state)
{
    static const char utf8[] = "\xef\xbb\xbf<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n"
                               "<ServerList>\r\n<HostEntry>\r\n<HostName>K\xc3\xb6ln</HostName>\r\n"
                               "<HostAddress>10.0.0.1</HostAddress></HostEntry></ServerList>\r\n";
    static const char latin1[] = "<?xml version='1.0' encoding='ISO-8859-1'?>"
                                 "<ServerList><HostEntry><HostName>K\xf6ln</HostName>"
                                 "<HostAddress>10.0.0.1</HostAddress></HostEntry></ServerList>";
    static const char plain[] = "<?xml version=\"1.0\" encoding=\"UTF-16\"?>"
                                "<ServerList><HostEntry><HostName>K\xc3\xb6ln</HostName>"
                                "<HostAddress>10.0.0.1</HostAddress></HostEntry></ServerList>";
    gsize len;
    g_autofree char *utf16 = g_convert(plain, -1, "UTF-16", "UTF-8", NULL, &len, NULL);
    g_autoptr(Profile) a = parse(utf8);
    g_autoptr(Profile) b = parse(latin1);
    g_autoptr(Profile) c = profile_xml_parse(utf16, len, "p.xml", NULL);

    (void)state;
    assert_string_equal(host(a, 0)->name, "K\xc3\xb6ln");
    assert_int_equal(host(a, 0)->line, 3);
    assert_string_equal(host(b, 0)->name, "K\xc3\xb6ln");
    assert_non_null(c);
    assert_string_equal(host(c, 0)->name, "K\xc3\xb6ln");
}

static void
test_a_profile_of_settings_alone_is_a_profile(void **state)
{
    g_autoptr(Profile) p = parse(ROOT(INIT("<AutoUpdate>false</AutoUpdate>")));

    (void)state;
    assert_int_equal(p->hosts->len, 0);
    assert_int_equal(p->warnings->len, 0);
}

static void
test_the_families_outside_are_taken_in_their_order(void **state)
{
    static const struct {
        const char *text;
        uint8_t first, second;
        guint warnings;
    } rows[] = {
        { "IPv4,IPv6", 4, 6, 0 }, { "IPv6,IPv4", 6, 4, 0 }, { "IPv4", 4, 0, 0 },
        { "IPv6", 6, 0, 0 },      { "IPv5", 4, 6, 1 },
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *xml = g_strdup_printf(
            "<AnyConnectProfile><ClientInitialization><IPProtocolSupport>%s"
            "</IPProtocolSupport></ClientInitialization>" LIST(ADDRESS) "</AnyConnectProfile>",
            rows[i].text);
        g_autoptr(Profile) p = parse(xml);

        assert_int_equal(host(p, 0)->families[0], rows[i].first);
        assert_int_equal(host(p, 0)->families[1], rows[i].second);
        assert_int_equal(p->warnings->len, rows[i].warnings);
    }
}

static void
test_roaming_is_on_unless_the_host_says_no(void **state)
{
#define MOBILE(inside) ADDRESS "<MobileHostEntryInfo>" inside "</MobileHostEntryInfo>"
    g_autoptr(Profile) silent = parse(LIST(ADDRESS));
    g_autoptr(Profile) on = parse(LIST(MOBILE("<NetworkRoaming>true</NetworkRoaming>")));
    g_autoptr(Profile) off =
        parse(LIST(MOBILE("<CertificatePolicy>Auto</CertificatePolicy><NetworkRoaming>false"
                          "</NetworkRoaming>")));
    g_autoptr(GError) error = NULL;
    const char *wrong = LIST(MOBILE("<NetworkRoaming>maybe</NetworkRoaming>"));

    (void)state;
    assert_true(host(silent, 0)->roaming);
    assert_true(host(on, 0)->roaming);
    assert_false(host(off, 0)->roaming);
    assert_null(profile_xml_parse(wrong, strlen(wrong), "p.xml", &error));
    assert_non_null(strstr(error->message, "NetworkRoaming"));
}

static void
test_a_list_without_a_host_is_worth_a_warning(void **state)
{
    g_autoptr(Profile) p = parse("<ServerList>\n</ServerList>");

    (void)state;
    assert_string_equal(text(p->warnings, 0), "p.xml:1: <ServerList> has no <HostEntry>");
}

/* ---- hostile and broken ---- */

#define BOMB                                                                                       \
    "<!DOCTYPE b [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;\">"        \
    "<!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;\">]>"

static const struct {
    const char *xml;
    int code;
    const char *why; /* the beginning of the sentence */
} hostile[] = {
    { "", PROFILE_ERROR_XML, "p.xml:1: the file is empty" },
    { "\n\n", PROFILE_ERROR_XML, "p.xml:" },
    { "\x7f\x45\x4c\x46\x02\x01\x01", PROFILE_ERROR_XML, "p.xml:1: not well-formed XML: " },
    { "Dear colleague,\nthe profile follows", PROFILE_ERROR_XML,
      "p.xml:1: not well-formed XML: Start tag expected" },
    { "<ServerList>\n<HostEntry>\n<HostName>A", PROFILE_ERROR_XML,
      "p.xml:3: not well-formed XML: Premature end of data" },
    { "<ServerList>\n<HostEntry></ServerList>", PROFILE_ERROR_XML,
      "p.xml:2: not well-formed XML: Opening and ending tag mismatch" },
    { LIST(ADDRESS) "<ServerList/>", PROFILE_ERROR_XML,
      "p.xml:1: not well-formed XML: Extra content at the end" },
    { "<?xml version=\"1.0\"?>\n<!DOCTYPE AnyConnectProfile>\n" LIST(ADDRESS), PROFILE_ERROR_XML,
      "p.xml:2: <!DOCTYPE> is refused: a profile has no DTD and no entities" },
    { "<!DOCTYPE p SYSTEM \"file:///etc/passwd\">" LIST(ADDRESS), PROFILE_ERROR_XML,
      "p.xml:1: <!DOCTYPE> is refused" },
    { "<!DOCTYPE p SYSTEM \"http://127.0.0.1:1/p.dtd\">" LIST(ADDRESS), PROFILE_ERROR_XML,
      "p.xml:1: <!DOCTYPE> is refused" },
    { BOMB "<b>&c;</b>", PROFILE_ERROR_XML, "p.xml:1: <!DOCTYPE> is refused" },
    { LIST("<HostAddress>&host;</HostAddress>"), PROFILE_ERROR_XML,
      "p.xml:1: not well-formed XML: Entity 'host' not defined" },
    { "<?xml version=\"1.0\" encoding=\"utf-7\"?>" LIST(ADDRESS), PROFILE_ERROR_XML,
      "p.xml:1: encoding \"utf-7\" is not one of UTF-8, UTF-16, ISO-8859-1, US-ASCII" },
    { "<?xml version=\"1.0\" encoding=\"ISO-2022-CN-EXT\"?>" LIST(ADDRESS), PROFILE_ERROR_XML,
      "p.xml:1: encoding \"ISO-2022-CN-EXT\" is not one of" },
    { "<ServerList>\n<HostEntry><HostName>K\xf6ln</HostName></HostEntry></ServerList>",
      PROFILE_ERROR_XML, "p.xml:2: not well-formed XML: Input is not proper UTF-8" },
    { "<html><body>404</body></html>", PROFILE_ERROR_INVALID,
      "p.xml:1: <html> is no profile: <AnyConnectProfile> or <ServerList> is" },
    { "<ServerList>\n<HostEntry>" ADDRESS "</HostEntry></ServerList>", PROFILE_ERROR_INVALID,
      "p.xml:2: <HostEntry> lacks <HostName>" },
    { "<ServerList>\n<HostEntry>\n<HostName> </HostName></HostEntry></ServerList>",
      PROFILE_ERROR_INVALID, "p.xml:3: <HostName> is empty" },
    { "<ServerList><HostEntry><HostName>A&#9;B</HostName>" ADDRESS "</HostEntry></ServerList>",
      PROFILE_ERROR_INVALID, "p.xml:1: <HostName> has a control character, U+0009" },
    { LIST("\n<HostName>B</HostName>"), PROFILE_ERROR_INVALID,
      "p.xml:2: <HostName> stands twice in <HostEntry>" },
    { "<ServerList><HostEntry><HostName>My office</HostName></HostEntry></ServerList>",
      PROFILE_ERROR_INVALID,
      "p.xml:1: <HostEntry> lacks <HostAddress>, and its <HostName> cannot stand in for it: "
      "\"My office\" is no host name" },
    { LIST("\n<HostAddress>10.0.0.300</HostAddress>"), PROFILE_ERROR_INVALID,
      "p.xml:2: <HostAddress> \"10.0.0.300\" is no IPv4 address" },
    { LIST("\n<HostAddress>http://vpn.example.org</HostAddress>"), PROFILE_ERROR_INVALID,
      "p.xml:2: <HostAddress> \"http://vpn.example.org\" is not https" },
    { LIST(ADDRESS "<PrimaryProtocol>IPX</PrimaryProtocol>"), PROFILE_ERROR_INVALID,
      "p.xml:1: <PrimaryProtocol> is \"IPX\", not SSL or IPsec" },
    { METHOD("IKE-PSK"), PROFILE_ERROR_INVALID,
      "p.xml:1: <AuthMethodDuringIKENegotiation> is \"IKE-PSK\", not EAP-AnyConnect, EAP-GTC" },
    { STANDARD("maybe"), PROFILE_ERROR_INVALID,
      "p.xml:1: <StandardAuthenticationOnly> is \"maybe\", not true or false" },
    { LIST(ADDRESS "<BackupServerList><HostAddress>a b</HostAddress></BackupServerList>"),
      PROFILE_ERROR_INVALID, "p.xml:1: <HostAddress> \"a b\" is no host name" },
    { LIST(ADDRESS MAY_SEND(TO("a b"))), PROFILE_ERROR_INVALID,
      "p.xml:1: <HostAddress> \"a b\" is no name and no address" },
    { LIST(ADDRESS MAY_SEND("\n" TO("https://other/"))), PROFILE_ERROR_INVALID,
      "p.xml:2: <HostAddress> \"https://other/\" is no name and no address" },
    { LIST(ADDRESS MAY_SEND(TO("*") TO(" "))), PROFILE_ERROR_INVALID,
      "p.xml:1: <HostAddress> is empty" },
    { LIST(ADDRESS MAY_SEND(TO("a")) MAY_SEND(TO("b"))), PROFILE_ERROR_INVALID,
      "p.xml:1: <LoadBalancingServerList> stands twice in <HostEntry>" },
    { LIST(ADDRESS PINS("AAAA")), PROFILE_ERROR_INVALID,
      "p.xml:1: <Pin> is not the base64 form of a SHA-512" },
    { LIST(ADDRESS PINS(PIN "AAAA")), PROFILE_ERROR_INVALID, "p.xml:1: <Pin> is not the base64" },
    { "<ServerList><HostEntry><HostName>A\x01</HostName></HostEntry></ServerList>",
      PROFILE_ERROR_XML, "p.xml:1: not well-formed XML: " },
};

static void
assert_refused(const char *xml, size_t len, int code, const char *why)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Profile) p = profile_xml_parse(xml, len, "p.xml", &error);

    if (p)
        fail_msg("accepted: %.200s", xml);
    if (!g_error_matches(error, PROFILE_ERROR, code) || !g_str_has_prefix(error->message, why))
        fail_msg("not %d \"%s\" but %d \"%s\"", code, why, error->code, error->message);
    assert_null(strchr(error->message, '\n'));
}

static void
test_each_hostile_profile_gets_its_sentence(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(hostile); i++)
        assert_refused(hostile[i].xml, strlen(hostile[i].xml), hostile[i].code, hostile[i].why);
}

static char *
repeat(const char *what, unsigned n)
{
    GString *s = g_string_new(NULL);

    while (n--)
        g_string_append(s, what);
    return g_string_free(s, FALSE);
}

static void
test_depth_and_number_of_elements_are_bounded(void **state)
{
    g_autofree char *deep = repeat("<ServerList>", 1000), *many = repeat("<a/>", 65536);
    g_autofree char *wide = g_strconcat("<ServerList>", many, "</ServerList>", NULL);
    g_autofree char *entries = repeat(HOST(ADDRESS), PROFILE_HOSTS_MAX + 1);
    g_autofree char *crowd = g_strconcat("<ServerList>", entries, "</ServerList>", NULL);

    (void)state;
    assert_refused(deep, strlen(deep), PROFILE_ERROR_XML,
                   "p.xml:1: elements are nested deeper than 32");
    assert_refused(wide, strlen(wide), PROFILE_ERROR_XML, "p.xml:1: more than 65536 elements");
    assert_refused(crowd, strlen(crowd), PROFILE_ERROR_INVALID,
                   "p.xml:1: <HostEntry> is one more than 4096");
}

static void
test_ten_megabytes_are_refused_unread(void **state)
{
    g_autofree char *large = g_strnfill(10 << 20, ' ');
    g_autofree char *file = NULL, *why = NULL;
    g_autoptr(GError) error = NULL;
    int fd = g_file_open_tmp("profile-XXXXXX", &file, NULL);

    (void)state;
    assert_refused(large, 10 << 20, PROFILE_ERROR_READ,
                   "p.xml: 10485760 octets are more than a profile may have (1048576)");
    assert_int_equal(ftruncate(fd, 10 << 20), 0);
    close(fd);
    assert_null(profile_xml_load(file, &error));
    (void)g_unlink(file);
    why = g_strdup_printf("%s: 10485760 octets are more than a profile may have (1048576)", file);
    assert_string_equal(error->message, why);
}

static void
test_only_regular_files_are_read(void **state)
{
    g_autofree char *dir = g_dir_make_tmp("profile-XXXXXX", NULL);
    g_autofree char *fifo = g_build_filename(dir, "p.xml", NULL);
    g_autoptr(GError) error = NULL;

    (void)state;
    assert_null(profile_xml_load(fifo, &error));
    assert_true(g_error_matches(error, PROFILE_ERROR, PROFILE_ERROR_READ));
    assert_true(g_str_has_suffix(error->message, ": No such file or directory"));
    g_clear_error(&error);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    assert_null(profile_xml_load(fifo, &error)); /* and does not wait for a writer */
    assert_true(g_str_has_suffix(error->message, ": not a regular file"));
    g_clear_error(&error);
    assert_null(profile_xml_load(dir, &error));
    assert_true(g_str_has_suffix(error->message, ": not a regular file"));
    (void)g_unlink(fifo);
    (void)g_rmdir(dir);
}

/* No cut of a good profile is half a profile. */
static void
test_every_truncation_is_refused(void **state)
{
    static const char whole[] = ROOT(INIT("<AutoUpdate>false</AutoUpdate>") LIST(ADDRESS));

    (void)state;
    for (size_t cut = 0; cut < sizeof(whole) - 1; cut++)
        assert_refused(whole, cut, PROFILE_ERROR_XML, "p.xml:1: ");
}

static void
test_a_copy_of_a_host_stands_alone(void **state)
{
    g_autoptr(ProfileHost) copy = NULL;
    Profile *p = parse(LIST(
        ADDRESS "<BackupServerList><HostAddress>b</HostAddress></BackupServerList>" PINS(PIN)));

    (void)state;
    copy = profile_host_copy(host(p, 0));
    profile_free(p);
    assert_string_equal(copy->name, "A");
    assert_string_equal(copy->file, "p.xml");
    assert_string_equal(text(copy->backups, 0), "b");
    assert_string_equal(text(copy->pins, 0), PIN);
    assert_null(copy->user_group);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_field_s_own_profile_is_read),
        cmocka_unit_test(test_our_own_examples_are_read_without_a_word),
        cmocka_unit_test(test_the_protocol_is_ssl_unless_it_says_ipsec),
        cmocka_unit_test(test_the_authentication_method_is_the_one_named),
        cmocka_unit_test(test_the_host_name_stands_in_for_a_missing_address),
        cmocka_unit_test(test_a_url_gives_port_and_group_but_user_group_wins),
        cmocka_unit_test(test_settings_have_the_path_of_their_element),
        cmocka_unit_test(test_unknown_elements_are_kept_and_listed),
        cmocka_unit_test(test_the_global_backups_serve_hosts_without_their_own),
        cmocka_unit_test(test_pins_hold_unless_they_are_switched_off),
        cmocka_unit_test(test_where_a_gateway_may_send_us_is_read),
        cmocka_unit_test(test_byte_order_marks_and_encodings_are_understood),
        cmocka_unit_test(test_a_profile_of_settings_alone_is_a_profile),
        cmocka_unit_test(test_the_families_outside_are_taken_in_their_order),
        cmocka_unit_test(test_roaming_is_on_unless_the_host_says_no),
        cmocka_unit_test(test_a_list_without_a_host_is_worth_a_warning),
        cmocka_unit_test(test_each_hostile_profile_gets_its_sentence),
        cmocka_unit_test(test_depth_and_number_of_elements_are_bounded),
        cmocka_unit_test(test_ten_megabytes_are_refused_unread),
        cmocka_unit_test(test_only_regular_files_are_read),
        cmocka_unit_test(test_every_truncation_is_refused),
        cmocka_unit_test(test_a_copy_of_a_host_stands_alone),
    };

    return cmocka_run_group_tests_name("profile_xml", tests, NULL, NULL);
}
