/* test_aaa.c - agent/headend/aaa.c */

#include "agent/headend/aaa.h"
#include "tests/support/hex.h"
#include "tests/support/test.h"

static const struct {
    const char *user, *password, *hash, *source;
} md5[] = {
    { "Anu", "cisco123", "lAuoFgF7KmB3D0WI", "the configuration of the seed document" },
    { "", "", "8Ry2YjIyt7RRXU24", "default \"enable password\" of every ASA" },
    { "", "cisco", "2KFQnbNIdI.2KYOU", "default \"passwd\" of every PIX and ASA" },
    { "user", "1234567890123", "zdGE3DnebgZGk1Bc", "independent Python, block of 32" },
    { "a", "xxxxxxxxxxxxxxxxxxxxxxxxxxx", "DKzF.nouetWhmrd8", "Python, 27 octets: name appended" },
    { "a", "xxxxxxxxxxxxxxxxxxxxxxxxxxxx", "DDT7cMUQv1G2SXpH", "Python, 28 octets: not" },
    { "longname", "pppppppppppppppppppppppppppppppp", "X/CFqevyhU4PeLI5", "Python, 32 octets" },
};

static void
test_md5_form_is_that_of_an_asa(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(md5); i++) {
        g_autofree char *got = aaa_hash_md5(md5[i].user, slice_of(md5[i].password));

        assert_string_equal(got, md5[i].hash);
        assert_true(aaa_hash_valid(got, false));
    }
}

/* hashlib.pbkdf2_hmac('sha512', b'cisco123', salt, 5000, 16) of Python. */
#define SALT "6b1f0e2d5c4a39788796a5b4c3d2e1f0"
#define HASH "$sha512$5000$ax8OLVxKOXiHlqW0w9Lh8A==$6nbZs1fqDD63t1AcRA7Zzg=="

static void
test_pbkdf2_form_agrees_with_python(void **state)
{
    Hex salt = hex(SALT);
    g_autofree char *got = aaa_hash_pbkdf2(slice_of("cisco123"), salt.b);

    (void)state;
    assert_string_equal(got, HASH);
}

static void
test_forms_that_are_no_hash_are_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "$sha512$5000$ax8OLVxKOXiHlqW0w9Lh8A==",
        "$sha256$5000$ax8OLVxKOXiHlqW0w9Lh8A==$6nbZs1fqDD63t1AcRA7Zzg==",
        "$sha512$0$ax8OLVxKOXiHlqW0w9Lh8A==$6nbZs1fqDD63t1AcRA7Zzg==",
        "$sha512$100001$ax8OLVxKOXiHlqW0w9Lh8A==$6nbZs1fqDD63t1AcRA7Zzg==",
        "$sha512$5000$ax8O$6nbZs1fqDD63t1AcRA7Zzg==",
        "$sha512$5000$ax8OLVxKOXiHlqW0w9Lh8A==$6nbZ",
        "$sha512$5000$ax8OLVxKOXiHlqW0w9Lh8A==$6nbZ!s1fqDD63t1AcRA7Zzg==",
        "$sha512$5000$ax8OLVxKOXiHlqW0w9Lh8A==$6nbZs1fqDD63t1AcRA7Zzg==$",
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
        assert_false(aaa_hash_valid(bad[i], true));
    assert_true(aaa_hash_valid(HASH, true));
    assert_false(aaa_hash_valid("lAuoFgF7KmB3D0W", false));
    assert_false(aaa_hash_valid("lAuoFgF7KmB3D0W!", false));
    assert_false(aaa_hash_valid("lAuoFgF7KmB3D0WIx", false));
}

static AsaConfig *
users(void)
{
    g_autofree char *path = g_build_filename(AC_TEST_VECTORS, "asa-ikev2.cfg", NULL);
    g_auto(AsaNotes) notes = { 0 };
    g_autofree char *seed = NULL;
    g_autofree char *text = NULL;

    assert_true(g_file_get_contents(path, &seed, NULL, NULL));
    text = g_strconcat(seed, "username eve password " HASH " pbkdf2\n", NULL);
    return asa_config_parse(slice_of(text), 0, &notes);
}

static void
test_only_the_right_password_of_a_known_user_passes(void **state)
{
    g_autoptr(AsaConfig) c = users();
    g_autoptr(Aaa) a = aaa_new(c);
    g_autofree char *too_long = g_strnfill(AAA_PASSWORD_MAX + 1, 'x');

    (void)state;
    assert_ptr_equal(aaa_check(a, "Anu", slice_of("cisco123")), asa_config_user(c, "Anu"));
    assert_ptr_equal(aaa_check(a, "eve", slice_of("cisco123")), asa_config_user(c, "eve"));
    assert_null(aaa_check(a, "Anu", slice_of("cisco124")));
    assert_null(aaa_check(a, "eve", slice_of("cisco124")));
    assert_null(aaa_check(a, "anu", slice_of("cisco123")));
    assert_null(aaa_check(a, "nobody", slice_of("cisco123")));
    assert_null(aaa_check(a, "", slice_of("")));
    assert_null(aaa_check(a, "Anu", slice_of("")));
    assert_null(aaa_check(a, "Anu", slice_of(too_long)));
}

/* The block of the MD5 form holds 32 octets: what stands behind them must not be free. */
static void
test_a_password_longer_than_the_md5_form_never_passes(void **state)
{
    g_autofree char *hash = aaa_hash_md5("bob", slice_of("pppppppppppppppppppppppppppppppp"));
    AsaUser bob = { .name = "bob", .hash = hash };
    AsaConfig c = { .users = g_ptr_array_new() };
    g_autoptr(Aaa) a = NULL;

    (void)state;
    g_ptr_array_add(c.users, &bob);
    a = aaa_new(&c);
    assert_non_null(aaa_check(a, "bob", slice_of("pppppppppppppppppppppppppppppppp")));
    assert_null(aaa_check(a, "bob", slice_of("ppppppppppppppppppppppppppppppppX")));
    g_ptr_array_unref(c.users);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_md5_form_is_that_of_an_asa),
        cmocka_unit_test(test_pbkdf2_form_agrees_with_python),
        cmocka_unit_test(test_forms_that_are_no_hash_are_refused),
        cmocka_unit_test(test_only_the_right_password_of_a_known_user_passes),
        cmocka_unit_test(test_a_password_longer_than_the_md5_form_never_passes),
    };

    return cmocka_run_group_tests_name("aaa", tests, NULL, NULL);
}
