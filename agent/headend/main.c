/* acheadend - the paired responder: an AnyConnect-style IKEv2 gateway that is configured in the
 * language of the ASA (agent/docs/ASA-CONFIG.md). */

#include <glib-unix.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>

#include "agent/base/log.h"
#include "agent/headend/aaa.h"
#include "agent/headend/asa_offer.h"
#include "agent/headend/control.h"
#include "agent/headend/gateway.h"
#include "agent/headend/ios_offer.h"
#include "agent/headend/site.h"
#include "agent/link/resident.h"
#ifdef AC_IMPAIR
#include "agent/ike/ike_impair.h"
#endif

/* Beside 0 and 1; the same numbers as the client's (agent/docs/CLI.md §4). */
enum { EXIT_USAGE = 2, EXIT_CONFIG = 7 };

static const char *config_path = AC_SYSCONFDIR "/acclient/acheadend.cfg";
static const char *state_path = "/var/lib/acheadend";
static const char *control_path = "/run/acheadend/control";
static const char *check_path;
static const char *keys_path;
static const char *log_level = "message";
static const char *offload_name = "all";
static Offload offload;
static const char *crypto_name = "auto";
static AeadChoice crypto;
static const char *plane_name = "user";
static PlaneChoice plane;
static const char *threads_name = "auto";
static ThreadChoice threads;
static gboolean show_version;
#ifdef AC_IMPAIR
static const char *lies;
#endif

static const GOptionEntry options[] = {
    { "config", 'c', 0, G_OPTION_ARG_FILENAME, &config_path,
      "Configuration of an ASA or an IOS router to obey", "FILE" },
    { "check", 0, 0, G_OPTION_ARG_FILENAME, &check_path,
      "Say what is wrong with a configuration, and exit", "FILE" },
    { "state", 0, 0, G_OPTION_ARG_FILENAME, &state_path,
      "Folder for the gateway's own key and certificate", "DIR" },
    { "control", 0, 0, G_OPTION_ARG_FILENAME, &control_path, "Socket for \"acheadend show\"",
      "PATH" },
    { "log", 0, 0, G_OPTION_ARG_STRING, &log_level,
      "error, warning, message, info, or debug (every message, masked)", "LEVEL" },
    { "export-keys", 0, 0, G_OPTION_ARG_FILENAME, &keys_path,
      "Debugging: write all keys to a folder, for Wireshark (root only)", "DIR" },
    { "offload", 0, 0, G_OPTION_ARG_STRING, &offload_name,
      "Debugging: what is moved in large pieces: all, tun, udp or none", "WHAT" },
    { "crypto", 0, 0, G_OPTION_ARG_STRING, &crypto_name,
      "Debugging: who encrypts packets: auto or openssl", "WHO" },
    { "plane", 0, 0, G_OPTION_ARG_STRING, &plane_name,
      "Who moves the packets of clients: user (we ourselves), kernel, or auto", "WHO" },
    { "threads", 0, 0, G_OPTION_ARG_STRING, &threads_name,
      "By how many threads we do: 1, 2 (one for each way), or auto", "NUMBER" },
#ifdef AC_IMPAIR
    { "impair", 0, 0, G_OPTION_ARG_STRING, &lies, "Testing: break the protocol", "LIES" },
#endif
    { "version", 0, 0, G_OPTION_ARG_NONE, &show_version, "Print the version, and exit", NULL },
    { 0 },
};

static const char summary[] =
    "Run the gateway, or ask a running one:\n"
    "  acheadend show vpn-sessiondb detail anyconnect | ra-ikev2-ipsec | l2l\n"
    "  acheadend show crypto ikev2 sa [detail]\n"
    "  acheadend show crypto ikev2 stats\n"
    "  acheadend show crypto ipsec sa\n"
    "  acheadend show crypto ipsec stats\n"
    "  acheadend show crypto ca crls\n"
    "  acheadend show crypto session (of a router)\n"
    "  acheadend show running-config\n"
    "  acheadend vpn-sessiondb logoff all | name USER | index NUMBER\n"
    "  acheadend vpn-sessiondb redirect all | name USER | index NUMBER GATEWAY\n"
    "  acheadend rekey all | name USER | index NUMBER [ike]\n"
    "or make a line for the configuration from a password on standard input:\n"
    "  acheadend password USER";

typedef struct Program {
    GMainLoop *loop;
    Gateway *gateway; /* or, in the other language, */
    Site *site;
    bool stopping;
} Program;

static void
print_notes(const AsaNotes *notes, const char *file)
{
    for (guint i = 0; notes->v && i < notes->v->len; i++) {
        g_autofree char *line = asa_note_format(g_ptr_array_index(notes->v, i), file);

        fprintf(stderr, "%s\n", line);
    }
    if (notes->n_errors + notes->n_warnings > ASA_NOTES_MAX)
        fprintf(stderr, "%s: and %u more\n", file,
                notes->n_errors + notes->n_warnings - ASA_NOTES_MAX);
}

static bool
check_asa(Slice text, int64_t stamp, AsaNotes *notes)
{
    g_autoptr(AsaConfig) c = asa_config_parse(text, stamp, notes);
    IkeOffer offer;

    return c && asa_offer_ike(c, &offer, notes) && asa_offer_esp(c, &offer, notes);
}

static bool
check_ios(Slice text, AsaNotes *notes)
{
    g_autoptr(IosConfig) c = ios_config_parse(text, notes);
    IkeOffer offer;

    return c && ios_offer_ike(c, &offer, notes) && ios_offer_esp(c, &offer, notes);
}

static int
check(const char *file)
{
    g_auto(AsaNotes) notes = { 0 };
    g_auto(Secret) text = { 0 };
    int64_t stamp;
    bool good = asa_text_load(file, &notes, &text, &stamp) &&
                (ios_config_is(secret_view(&text)) ? check_ios(secret_view(&text), &notes)
                                                   : check_asa(secret_view(&text), stamp, &notes));

    print_notes(&notes, file);
    printf("%s: %s, %u errors, %u warnings\n", file, good ? "good" : "not usable", notes.n_errors,
           notes.n_warnings);
    return good ? 0 : EXIT_CONFIG;
}

static int
ask(char **words)
{
    g_autofree char *request = g_strjoinv(" ", words);
    g_autofree char *answer = NULL;
    g_autoptr(GError) error = NULL;
    bool bad;

    if (strlen(request) >= CONTROL_REQUEST_MAX) {
        fprintf(stderr, "acheadend: the command is too long\n");
        return EXIT_USAGE;
    }
    if (!control_ask(control_path, request, &answer, &error)) {
        fprintf(stderr, "acheadend: %s\n", error->message);
        return 1;
    }
    bad = g_str_has_prefix(answer, "ERROR: ");
    fputs(answer, bad ? stderr : stdout);
    return bad ? EXIT_USAGE : 0;
}

/* A user's line for the configuration; the password never stands in a list of processes. */
static int
make_password(const char *user)
{
    char line[AAA_PASSWORD_MAX + 2];
    uint8_t salt[16];
    g_autofree char *hash = NULL;
    size_t len;

    if (!fgets(line, sizeof(line), stdin)) {
        fprintf(stderr, "acheadend: no password on standard input\n");
        return EXIT_USAGE;
    }
    len = strcspn(line, "\r\n");
    if (len == 0 || len > AAA_PASSWORD_MAX || !user[0] || strpbrk(user, " \t\"")) {
        fprintf(stderr,
                "acheadend: expected a user name of one word and a password of 1 to %d "
                "octets\n",
                AAA_PASSWORD_MAX);
        explicit_bzero(line, sizeof(line));
        return EXIT_USAGE;
    }
    if (getrandom(salt, sizeof(salt), 0) != sizeof(salt))
        g_error("the kernel gives no random octets");
    hash = aaa_hash_pbkdf2((Slice){ (const uint8_t *)line, len }, salt);
    explicit_bzero(line, sizeof(line));
    printf("username %s password %s pbkdf2\n", user, hash);
    return 0;
}

static void
on_stopped(void *user)
{
    g_main_loop_quit(((Program *)user)->loop);
}

/* The first signal says goodbye to the clients, the second does not wait for them. */
static gboolean
on_signal(gpointer user)
{
    Program *p = user;

    if (p->stopping) {
        g_main_loop_quit(p->loop);
        return G_SOURCE_CONTINUE;
    }
    p->stopping = true;
    log_at(LOG_MESSAGE, NULL, "shutting down");
    if (p->gateway)
        gateway_stop(p->gateway, on_stopped, p);
    else
        site_stop(p->site, on_stopped, p);
    return G_SOURCE_CONTINUE;
}

static void
run_until_stopped(Program *p)
{
    g_unix_signal_add(SIGTERM, on_signal, p);
    g_unix_signal_add(SIGINT, on_signal, p);
    resident_start();
    g_main_loop_run(p->loop);
}

static bool
open_keys(KeyFile **ret, GError **error)
{
    return !keys_path || (*ret = key_file_open(keys_path, error));
}

static int
cannot_start(const GError *error)
{
    log_at(LOG_ERROR, NULL, "cannot start: %s", error->message);
    return 1;
}

static int
run_gateway(const AsaConfig *config, bool trace)
{
    g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
    g_autoptr(KeyFile) keys = NULL;
#ifdef AC_IMPAIR
    g_autofree char *why = NULL;
    g_autoptr(IkeImpair) impair = lies ? ike_impair_parse(lies, &why) : NULL;
#endif
    g_autoptr(Gateway) gateway = NULL;
    g_autoptr(Control) control = NULL;
    g_autoptr(GError) error = NULL;

    if (open_keys(&keys, &error))
        gateway = gateway_new(&(GatewaySetup){ .config = config,
                                               .state = state_path,
                                               .plane = plane,
                                               .offload = offload,
                                               .crypto = crypto,
                                               .threads = threads,
                                               .trace = trace },
                              &error);
    if (gateway)
        gateway_export_keys(gateway, keys);
#ifdef AC_IMPAIR
    if (gateway)
        gateway_impair(gateway, impair);
#endif
    if (gateway)
        control = control_new(control_path, gateway_answer, gateway, &error);
    if (!control)
        return cannot_start(error);
    run_until_stopped(&(Program){ .loop = loop, .gateway = gateway });
    return 0;
}

static int
run_site(const IosConfig *config, bool trace)
{
    g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
    g_autoptr(KeyFile) keys = NULL;
#ifdef AC_IMPAIR
    g_autofree char *why = NULL;
    g_autoptr(IkeImpair) impair = lies ? ike_impair_parse(lies, &why) : NULL;
#endif
    g_autoptr(Site) site = NULL;
    g_autoptr(Control) control = NULL;
    g_autoptr(GError) error = NULL;

    if (open_keys(&keys, &error))
        site = site_new(config, offload, crypto, threads, trace, &error);
    if (site)
        site_export_keys(site, keys);
#ifdef AC_IMPAIR
    if (site)
        site_impair(site, impair);
#endif
    if (site)
        control = control_new(control_path, site_answer, site, &error);
    if (!control)
        return cannot_start(error);
    run_until_stopped(&(Program){ .loop = loop, .site = site });
    return 0;
}

#ifdef AC_IMPAIR
static bool
lies_are_known(void)
{
    g_autofree char *why = NULL;
    g_autoptr(IkeImpair) impair = lies ? ike_impair_parse(lies, &why) : NULL;

    if (why)
        fprintf(stderr, "acheadend: --impair: %s\n", why);
    return !why;
}
#endif

static int
run(LogLevel level)
{
    g_auto(AsaNotes) notes = { 0 };
    g_auto(Secret) text = { 0 };
    g_autoptr(AsaConfig) asa = NULL;
    g_autoptr(IosConfig) ios = NULL;
    int64_t stamp;

    if (asa_text_load(config_path, &notes, &text, &stamp)) {
        if (ios_config_is(secret_view(&text)))
            ios = ios_config_parse(secret_view(&text), &notes);
        else
            asa = asa_config_parse(secret_view(&text), stamp, &notes);
    }
    secret_clear(&text);
    print_notes(&notes, config_path);
    if (ios && plane == PLANE_KERNEL) {
        fprintf(stderr, "acheadend: --plane kernel: not for the configuration of a router\n");
        return EXIT_USAGE;
    }
    if (ios)
        return run_site(ios, level == LOG_DEBUG);
    return asa ? run_gateway(asa, level == LOG_DEBUG) : EXIT_CONFIG;
}

int
main(int argc, char **argv)
{
    g_autoptr(GOptionContext) context = g_option_context_new("[COMMAND]");
    g_autoptr(GError) error = NULL;
    LogLevel level;

    g_option_context_set_summary(context, summary);
    g_option_context_add_main_entries(context, options, NULL);
    if (!g_option_context_parse(context, &argc, &argv, &error)) {
        fprintf(stderr, "acheadend: %s\n", error->message);
        return EXIT_USAGE;
    }
    if (!log_level_parse(log_level, &level)) {
        fprintf(stderr, "acheadend: --log: expected error, warning, message, info or debug\n");
        return EXIT_USAGE;
    }
    if (!offload_parse(offload_name, &offload)) {
        fprintf(stderr, "acheadend: --offload: expected all, tun, udp or none\n");
        return EXIT_USAGE;
    }
    if (!aead_choice_parse(crypto_name, &crypto)) {
        fprintf(stderr, "acheadend: --crypto: expected auto or openssl\n");
        return EXIT_USAGE;
    }
    if (!plane_choice_parse(plane_name, &plane)) {
        fprintf(stderr, "acheadend: --plane: expected user, kernel or auto\n");
        return EXIT_USAGE;
    }
    if (!thread_choice_parse(threads_name, &threads)) {
        fprintf(stderr, "acheadend: --threads: expected auto, 1 or 2\n");
        return EXIT_USAGE;
    }
    if (show_version) {
        printf("acheadend %s\n", AC_VERSION);
        return 0;
    }
    /* Keys and passwords stay out of core files and other people's debuggers. */
    (void)prctl(PR_SET_DUMPABLE, 0);
    (void)setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
    log_init("acheadend", level);
    if (check_path)
        return check(check_path);
    if (argc == 3 && g_str_equal(argv[1], "password"))
        return make_password(argv[2]);
    if (argc > 2 && (g_str_equal(argv[1], "show") || g_str_equal(argv[1], "vpn-sessiondb") ||
                     g_str_equal(argv[1], "rekey")))
        return ask(argv + 1);
    if (argc > 1) {
        fprintf(stderr, "acheadend: %s: no such command; see acheadend --help\n", argv[1]);
        return EXIT_USAGE;
    }
#ifdef AC_IMPAIR
    if (!lies_are_known())
        return EXIT_USAGE;
#endif
    return run(level);
}
