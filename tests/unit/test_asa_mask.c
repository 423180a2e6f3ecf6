#include "agent/headend/asa_mask.h"
#include "tests/support/test.h"

static char *
masked(const char *text)
{
    AsaLex lex = { .left = slice_of(text) };
    AsaLine line;

    assert_true(asa_lex_next(&lex, &line));
    return asa_mask(&line);
}

/* In files of ASAs and of routers, in lines that we know and in others. A digit that says the form
 * of a secret might be a short one: it is hidden with it. */
static void
test_secrets_are_hidden_and_nothing_else_is(void **state)
{
    static const struct {
        const char *line, *shown;
    } rows[] = {
        { "ikev2 remote-authentication pre-shared-key sesame",
          "ikev2 remote-authentication pre-shared-key *****" },
        { "ikev2 remote-authentication pre-shared-key hex 00ff",
          "ikev2 remote-authentication pre-shared-key hex *****" },
        { "pre-shared-key sesame", "pre-shared-key *****" },
        { "pre-shared-key local sesame", "pre-shared-key local *****" },
        { "pre-shared-key remote 0 sesame", "pre-shared-key remote ***** *****" },
        { "key 8 sesame", "key ***** *****" },
        { "key sesame", "key *****" },
        { "!acheadend trustpoint gw certificate gw.pem key gw.key",
          "!acheadend trustpoint gw certificate gw.pem key gw.key" },
        { "username bob password sesame", "username bob password *****" },
        { "username bob password 00ff nt-encrypted", "username bob password ***** nt-encrypted" },
        { "username bob password lAuoFgF7KmB3D0WI encrypted",
          "username bob password lAuoFgF7KmB3D0WI encrypted" },
        { "username bob password $sha512$1$a$b pbkdf2",
          "username bob password $sha512$1$a$b pbkdf2" },
        { "username password password sesame", "username password password *****" },
        { "enable password lAuoFgF7KmB3D0WI encrypted",
          "enable password lAuoFgF7KmB3D0WI encrypted" },
        { "enable password sesame", "enable password *****" },
        { "passwd sesame", "passwd *****" },
        { "snmp-server community sesame", "snmp-server community *****" },
        { "ldap-login-password sesame", "ldap-login-password *****" },
        { "ldap-dn cn=admin,o=example sesame", "ldap-dn cn=admin,o=example *****" },
        { "!acheadend ppk first 00ff required", "!acheadend ppk first ***** required" },
        { "!acheadend ppk first /etc/ppk", "!acheadend ppk first /etc/ppk" },
        { "banner value the key word is no secret", "banner value the key word is no secret" },
        { "description key of the house", "description key of the house" },
        { "access-list l remark key of the house", "access-list l remark key of the house" },
        { "hostname gw", "hostname gw" },
        { "key", "key" },
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *shown = masked(rows[i].line);

        assert_string_equal(shown, rows[i].shown);
    }
}

/* However the secret is written. */
static void
test_a_quoted_secret_is_hidden_whole(void **state)
{
    g_autofree char *shown = masked("username bob password \"open sesame now\" privilege 15");

    (void)state;
    assert_string_equal(shown, "username bob password ***** privilege 15");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_secrets_are_hidden_and_nothing_else_is),
        cmocka_unit_test(test_a_quoted_secret_is_hidden_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
