/* test_profile_store.c - profiles/profile_store.c */

#include <glib/gstdio.h>
#include <string.h>

#include "profiles/profile_store.h"
#include "tests/support/test.h"

/* Name and content of each file of the folder; HOST(name, address, more). */
#define HOST(name, address, more)                                                                  \
    "<HostEntry><HostName>" name "</HostName><HostAddress>" address "</HostAddress>" more          \
    "</HostEntry>"
#define LIST(hosts) "<ServerList>" hosts "</ServerList>"
#define GROUP(name) "<UserGroup>" name "</UserGroup>"

static const struct {
    const char *name, *content;
} files[] = {
    { "20-second.xml",
      LIST(HOST("Berlin", "192.0.2.99", "") HOST("Bern", "192.0.2.3", GROUP("STAFF"))) },
    { "10-first.xml", LIST(HOST("Berlin", "192.0.2.1", "") HOST("lisbon", "lisbon.example.org", "")
                               HOST("Lisbon", "192.0.2.2", "")) "\n" },
    { "30-broken.xml", "<ServerList>\n<HostEntry/></ServerList>" },
    { "40-spelling.xml",
      LIST(HOST("10.0.0.10", "10.0.0.10", "<PrimaryProtocol>ipsec</PrimaryProtocol>")) },
    { "50-pair.xml", LIST(HOST("Rome one", "203.0.113.7", GROUP("A"))
                              HOST("Rome two", "203.0.113.7", GROUP("B"))) },
    { ".hidden.xml", LIST(HOST("Hidden", "192.0.2.4", "")) },
    { "notes.txt", "not a profile" },
};

typedef struct Fixture {
    char *dir;
    ProfileStore *store;
} Fixture;

static char *
path_of(const Fixture *f, const char *name)
{
    return g_build_filename(f->dir, name, NULL);
}

static void
add_file(const Fixture *f, const char *name, const char *content)
{
    g_autofree char *path = path_of(f, name);

    assert_true(g_file_set_contents(path, content, -1, NULL));
}

static int
make_folder(void **state)
{
    Fixture *f = g_new0(Fixture, 1);

    f->dir = g_dir_make_tmp("profiles-XXXXXX", NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(files); i++)
        add_file(f, files[i].name, files[i].content);
    f->store = profile_store_load(f->dir);
    *state = f;
    return 0;
}

static int
remove_folder(void **state)
{
    Fixture *f = *state;
    g_autoptr(GDir) d = g_dir_open(f->dir, 0, NULL);
    const char *name;

    while ((name = g_dir_read_name(d))) {
        g_autofree char *path = path_of(f, name);

        (void)g_unlink(path);
    }
    (void)g_rmdir(f->dir);
    profile_store_free(f->store);
    g_free(f->dir);
    g_free(f);
    return 0;
}

static void
test_files_are_merged_in_the_order_of_their_names(void **state)
{
    static const char *const expected[] = { "Berlin",    "lisbon",   "Lisbon",  "Bern",
                                            "10.0.0.10", "Rome one", "Rome two" };
    const Fixture *f = *state;
    const GPtrArray *hosts = profile_store_hosts(f->store);

    assert_int_equal(hosts->len, G_N_ELEMENTS(expected));
    for (guint i = 0; i < hosts->len; i++)
        assert_string_equal(((ProfileHost *)hosts->pdata[i])->name, expected[i]);
    assert_string_equal(((ProfileHost *)hosts->pdata[0])->address, "192.0.2.1");
}

static void
test_broken_files_doubles_and_spellings_are_reported(void **state)
{
    static const char *const expected[] = {
        "%s/20-second.xml:1: host \"Berlin\" is known from %s/10-first.xml:1 already, this one is "
        "left out",
        "%s/30-broken.xml:2: <HostEntry> lacks <HostName>; the file is left out",
        "%s/40-spelling.xml:1: <PrimaryProtocol> is spelled \"ipsec\", read as IPsec",
    };
    const Fixture *f = *state;
    const GPtrArray *problems = profile_store_problems(f->store);

    assert_int_equal(problems->len, G_N_ELEMENTS(expected));
    for (guint i = 0; i < problems->len; i++) {
        g_auto(GStrv) part = g_strsplit(expected[i], "%s", -1);
        g_autofree char *sentence = g_strjoinv(f->dir, part);

        assert_string_equal(problems->pdata[i], sentence);
    }
}

/* What is asked for, and the address of the host it must lead to. */
static const struct {
    const char *name, *address;
} found[] = {
    { "Berlin", "192.0.2.1" },
    { "BERLIN", "192.0.2.1" },
    { "Berl", "192.0.2.1" },
    { "bern", "192.0.2.3" },
    { "lisbon", "lisbon.example.org" },
    { "Lisbon", "192.0.2.2" },
    { "192.0.2.3", "192.0.2.3" },
    { "192.0.2.3/staff", "192.0.2.3" },
    { "LISBON.example.org", "lisbon.example.org" },
    { "203.0.113.7/B", "203.0.113.7" },
    { "Rome t", "203.0.113.7" },
};

static void
test_a_host_is_found_by_name_address_or_prefix(void **state)
{
    const Fixture *f = *state;

    for (size_t i = 0; i < G_N_ELEMENTS(found); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(ProfileHost) h = profile_store_find(f->store, found[i].name, false, &error);

        if (!h)
            fail_msg("%s: %s", found[i].name, error->message);
        assert_string_equal(h->address, found[i].address);
        assert_true(h->line > 0);
    }
}

static const struct {
    const char *name, *why;
} ambiguous[] = {
    { "Ber", "\"Ber\" fits several hosts: Berlin, Bern" },
    { "LISBON", "\"LISBON\" fits several hosts: lisbon, Lisbon" },
    { "203.0.113.7", "\"203.0.113.7\" fits several hosts: Rome one, Rome two" },
    { "", "\"\" fits several hosts: Berlin, lisbon, Lisbon, Bern, 10.0.0.10, Rome one, Rome two" },
};

static void
test_what_fits_several_lists_them(void **state)
{
    const Fixture *f = *state;

    for (size_t i = 0; i < G_N_ELEMENTS(ambiguous); i++) {
        g_autoptr(GError) error = NULL;

        assert_null(profile_store_find(f->store, ambiguous[i].name, true, &error));
        assert_true(g_error_matches(error, PROFILE_ERROR, PROFILE_ERROR_AMBIGUOUS));
        assert_string_equal(error->message, ambiguous[i].why);
    }
}

static void
test_an_unknown_host_says_what_is_known_and_what_is_broken(void **state)
{
    const Fixture *f = *state;
    g_autofree char *why = g_strdup_printf(
        "no host \"Par\\x1bis\"; known hosts: Berlin, lisbon, Lisbon, Bern, 10.0.0.10, Rome one, "
        "Rome two; left out: %s/30-broken.xml:2: <HostEntry> lacks <HostName>",
        f->dir);
    g_autoptr(GError) error = NULL;

    assert_null(profile_store_find(f->store, "Par\x1bis", true, &error));
    assert_true(g_error_matches(error, PROFILE_ERROR, PROFILE_ERROR_NO_HOST));
    assert_string_equal(error->message, why);
}

/* "10.0.0.1" is the beginning of "10.0.0.10", and must never lead there. */
static void
test_an_address_is_never_a_prefix_of_a_name(void **state)
{
    const Fixture *f = *state;
    g_autoptr(ProfileHost) h = profile_store_find(f->store, "10.0.0.1", true, NULL);

    assert_non_null(h);
    assert_string_equal(h->address, "10.0.0.1");
    assert_int_equal(h->line, 0);
    assert_null(profile_store_find(f->store, "10.0.0.1", false, NULL));
}

static void
test_an_address_by_hand_makes_an_entry_of_its_own(void **state)
{
    const Fixture *f = *state;
    g_autoptr(ProfileHost) h =
        profile_store_find(f->store, "vpn.example.net:8443/STAFF", true, NULL);

    assert_non_null(h);
    assert_string_equal(h->name, "vpn.example.net:8443/STAFF");
    assert_string_equal(h->address, "vpn.example.net");
    assert_int_equal(h->port, 8443);
    assert_string_equal(h->user_group, "STAFF");
    assert_int_equal(h->protocol, PROFILE_IPSEC);
    assert_int_equal(h->auth, PROFILE_EAP_ANYCONNECT);
    assert_int_equal(h->pins->len + h->backups->len, 0);
    assert_null(h->file);
}

static void
test_a_single_word_is_a_misspelled_name_and_no_address(void **state)
{
    const Fixture *f = *state;
    g_autoptr(ProfileHost) with_group = profile_store_find(f->store, "gateway/STAFF", true, NULL);

    assert_null(profile_store_find(f->store, "Paris", true, NULL));
    assert_non_null(with_group);
}

static void
test_a_profile_may_forbid_hosts_by_hand(void **state)
{
    const Fixture *f = *state;
    g_autoptr(ProfileStore) store = NULL;
    g_autoptr(ProfileHost) known = NULL;
    g_autoptr(GError) error = NULL;

    add_file(f, "60-strict.xml",
             "<AnyConnectProfile><ClientInitialization><AllowManualHostInput>false"
             "</AllowManualHostInput></ClientInitialization></AnyConnectProfile>");
    store = profile_store_load(f->dir);
    known = profile_store_find(store, "Bern", true, NULL);
    assert_non_null(known);
    assert_null(profile_store_find(store, "vpn.example.net", true, &error));
    assert_non_null(strstr(error->message, "/60-strict.xml allows no other (AllowManualHost"));
}

static void
test_no_folder_is_a_store_without_hosts(void **state)
{
    g_autoptr(ProfileStore) store = profile_store_load("/nowhere/profiles");
    g_autoptr(GError) error = NULL;

    (void)state;
    assert_int_equal(profile_store_hosts(store)->len, 0);
    assert_int_equal(profile_store_problems(store)->len, 1);
    assert_null(profile_store_find(store, "Berlin", true, &error));
    assert_string_equal(error->message, "no host \"Berlin\"; known hosts: none");
}

int
main(void)
{
#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)
    const struct CMUnitTest tests[] = {
        WITH_FOLDER(test_files_are_merged_in_the_order_of_their_names),
        WITH_FOLDER(test_broken_files_doubles_and_spellings_are_reported),
        WITH_FOLDER(test_a_host_is_found_by_name_address_or_prefix),
        WITH_FOLDER(test_what_fits_several_lists_them),
        WITH_FOLDER(test_an_unknown_host_says_what_is_known_and_what_is_broken),
        WITH_FOLDER(test_an_address_is_never_a_prefix_of_a_name),
        WITH_FOLDER(test_an_address_by_hand_makes_an_entry_of_its_own),
        WITH_FOLDER(test_a_single_word_is_a_misspelled_name_and_no_address),
        WITH_FOLDER(test_a_profile_may_forbid_hosts_by_hand),
        cmocka_unit_test(test_no_folder_is_a_store_without_hosts),
    };

    return cmocka_run_group_tests_name("profile_store", tests, NULL, NULL);
}
