/* test_cert_match.c - agent/daemon/cert_match.c */
#include "agent/crypto/sig.h"
#include "agent/daemon/cert_match.h"
#include "profiles/profile_xml.h"
#include "tests/support/certs.h"
#include "tests/support/test.h"

#define KU(x)   "<KeyUsage>" x "</KeyUsage>"
#define EKU(x)  "<ExtendedKeyUsage>" x "</ExtendedKeyUsage>"
#define KEY(x)  "<MatchKey>" x "</MatchKey>"
#define XKEY(x) "<ExtendedMatchKey>" x "</ExtendedMatchKey>"
#define OID(x)  "<CustomExtendedMatchKey>" x "</CustomExtendedMatchKey>"
#define DN(attributes, name, pattern)                                                              \
    "<DistinguishedName><DistinguishedNameDefinition " attributes "><Name>" name                   \
    "</Name><Pattern>" pattern "</Pattern></DistinguishedNameDefinition></DistinguishedName>"
#define WILD   "Wildcard=\"Enabled\""
#define NOCASE "MatchCase=\"Disabled\""
#define NOT    "Operator=\"NotEqual\""

/* The certificate: CN=Anu Sample, of itself; keyUsage and extendedKeyUsage by row. */
static const struct {
    const char *match, *usage, *purpose;
    bool fits;
} rows[] = {
    { "", NULL, NULL, true },
    { KU(KEY("Digital_Signature")), "digitalSignature", NULL, true },
    { KU(KEY("Key_Agreement") KEY("Digital_Signature")), "digitalSignature", NULL, true },
    { KU(KEY("Decipher_Only")), "digitalSignature", NULL, false },
    { KU(KEY("Decipher_Only")), "keyAgreement,decipherOnly", NULL, true },
    { KU(KEY("Digital_Signature")), NULL, NULL, true },
    { "<MatchOnlyCertsWithKU>true</MatchOnlyCertsWithKU>", NULL, NULL, false },
    { "<MatchOnlyCertsWithKU>true</MatchOnlyCertsWithKU>", "keyAgreement", NULL, true },
    { KU(KEY("Everything")), "digitalSignature", NULL, false },
    { EKU(XKEY("ClientAuth")), NULL, "clientAuth", true },
    { EKU(XKEY("ClientAuth") XKEY("EmailProtect")), NULL, "clientAuth", false },
    { EKU(XKEY("ClientAuth") XKEY("EmailProtect")), NULL, "emailProtection,clientAuth", true },
    { EKU(XKEY("IKEIntermediate")), NULL, "1.3.6.1.5.5.8.2.2", true },
    { EKU(OID("1.3.6.1.4.1.311.20.2.2")), NULL, "clientAuth,1.3.6.1.4.1.311.20.2.2", true },
    { EKU(OID("1.3.6.1.4.1.311.20.2.2")), NULL, "clientAuth", false },
    { EKU(XKEY("ClientAuth")), NULL, NULL, true },
    { "<MatchOnlyCertsWithEKU>true</MatchOnlyCertsWithEKU>", NULL, NULL, false },
    { EKU(XKEY("Whatever")), NULL, "clientAuth", false },
    { DN("", "CN", "Anu Sample"), NULL, NULL, true },
    { DN("", "CN", "anu sample"), NULL, NULL, false },
    { DN(NOCASE, "CN", "anu sample"), NULL, NULL, true },
    { DN("", "CN", "Anu"), NULL, NULL, false },
    { DN(WILD, "CN", "nu S"), NULL, NULL, true },
    { DN(WILD " " NOCASE, "CN", "NU s"), NULL, NULL, true },
    { DN(NOT, "CN", "Anu Sample"), NULL, NULL, false },
    { DN(NOT, "CN", "Bob"), NULL, NULL, true },
    { DN("", "ISSUER-CN", "Anu Sample"), NULL, NULL, true },
    { DN("", "OU", "Anu Sample"), NULL, NULL, false },
    { DN("Operator=\"Like\"", "CN", "Anu Sample"), NULL, NULL, false },
    { DN("", "XX", "Anu Sample"), NULL, NULL, false },
    { DN("", "CN", "Anu Sample") KU(KEY("Key_Agreement")), "digitalSignature", NULL, false },
};

static Profile *
parse(const char *match)
{
    g_autofree char *xml = g_strdup_printf(
        "<AnyConnectProfile><ClientInitialization><CertificateMatch>%s</CertificateMatch>"
        "</ClientInitialization><ServerList><HostEntry><HostName>h</HostName></HostEntry>"
        "</ServerList></AnyConnectProfile>",
        match);

    return profile_xml_parse(xml, strlen(xml), "p.xml", NULL);
}

static void
test_a_certificate_fits_when_every_criterion_does(void **state)
{
    g_autoptr(SigKey) key = sig_key_generate_ecdsa(256);

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        CertSpec spec = { .cn = "Anu Sample",
                          .key = sig_key_evp(key),
                          .usage = rows[i].usage,
                          .purpose = rows[i].purpose };
        g_autoptr(GBytes) der = certs_make(&spec);
        g_autoptr(X509Chain) chain = x509_chain_new();
        g_autoptr(Profile) p = parse(rows[i].match);
        g_autoptr(ProfileHost) copy = NULL;

        assert_non_null(p);
        assert_true(x509_chain_add(chain, certs_view(der)));
        copy = profile_host_copy(p->hosts->pdata[0]);
        if (cert_match(copy->match, chain) != rows[i].fits)
            fail_msg("%s: %s", rows[i].match, rows[i].fits ? "does not fit" : "fits");
    }
}

/* A filter that is left out would let everything through. */
static void
test_what_is_not_understood_is_told_and_fits_nothing(void **state)
{
    g_autoptr(Profile) p = parse(KU(KEY("Everything")));
    const ProfileHost *h = p->hosts->pdata[0];

    (void)state;
    assert_true(h->match->never);
    assert_int_equal(p->warnings->len, 1);
    assert_string_equal(p->warnings->pdata[0],
                        "p.xml:1: <MatchKey> is no key usage: no certificate fits it");
}

static void
test_a_list_longer_than_the_schema_allows_is_refused(void **state)
{
    GString *match = g_string_new(NULL);
    g_autofree char *text = NULL;

    (void)state;
    for (int i = 0; i < 33; i++)
        g_string_append(match, XKEY("ClientAuth"));
    text = g_strdup_printf("<ExtendedKeyUsage>%s</ExtendedKeyUsage>", match->str);
    g_string_free(match, TRUE);
    assert_null(parse(text));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_certificate_fits_when_every_criterion_does),
        cmocka_unit_test(test_what_is_not_understood_is_told_and_fits_nothing),
        cmocka_unit_test(test_a_list_longer_than_the_schema_allows_is_refused),
    };

    return cmocka_run_group_tests_name("cert_match", tests, NULL, NULL);
}
