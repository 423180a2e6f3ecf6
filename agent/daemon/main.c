/* main.c - acagentd: holds one tunnel, serves the control API. */
#include <glib-unix.h>
#include <glib/gstdio.h>
#include <locale.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "agent/daemon/api.h"
#include "agent/dbus/ac_error.h"
#include "agent/ike/ike_fsm.h"
#include "agent/link/resident.h"
#ifdef AC_IMPAIR
#include "agent/ike/ike_impair.h"
#endif

typedef struct Options {
    char *config, *profiles, *state, *socket, *log, *dot, *keys;
#ifdef AC_IMPAIR
    char *lies;
    IkeImpair *impair;
#endif
    gboolean version;
} Options;

static void
options_clear(Options *o)
{
    g_free(o->config);
    g_free(o->profiles);
    g_free(o->state);
    g_free(o->socket);
    g_free(o->log);
    g_free(o->dot);
    g_free(o->keys);
#ifdef AC_IMPAIR
    g_free(o->lies);
    ike_impair_free(o->impair);
#endif
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Options, options_clear)

typedef struct Program {
    GMainLoop *loop;
    Agent *agent;
    bool stopping;
} Program;

static bool
parse(int *argc, char ***argv, Options *o, GError **error)
{
    const GOptionEntry entries[] = {
        { "config", 'c', 0, G_OPTION_ARG_FILENAME, &o->config,
          "Settings (default " AC_SYSCONFDIR "/acclient/acclient.conf)", "FILE" },
        { "profiles", 'p', 0, G_OPTION_ARG_FILENAME, &o->profiles,
          "Folder of profiles (default " AC_SYSCONFDIR "/acclient/profiles)", "DIR" },
        { "state", 0, 0, G_OPTION_ARG_FILENAME, &o->state,
          "Folder of its own files (default /var/lib/acclient)", "DIR" },
        { "socket", 0, 0, G_OPTION_ARG_FILENAME, &o->socket,
          "Control socket (default /run/acclient/agent.sock)", "PATH" },
        { "log", 'l', 0, G_OPTION_ARG_STRING, &o->log, "error warning message info debug",
          "LEVEL" },
        { "dot", 0, 0, G_OPTION_ARG_STRING, &o->dot,
          "Print a state table as a graph for dot(1): session ike config-auth", "TABLE" },
        { "export-keys", 0, 0, G_OPTION_ARG_FILENAME, &o->keys,
          "Debugging: write all keys to a folder, for Wireshark (root only)", "DIR" },
#ifdef AC_IMPAIR
        { "impair", 0, 0, G_OPTION_ARG_STRING, &o->lies, "Testing: break the protocol", "LIES" },
#endif
        { "version", 'v', 0, G_OPTION_ARG_NONE, &o->version, "Print the version", NULL },
        { NULL, 0, 0, 0, NULL, NULL, NULL },
    };
    g_autoptr(GOptionContext) context = g_option_context_new("- the AnyConnect-style IKEv2 agent");

    g_option_context_add_main_entries(context, entries, NULL);
    if (!g_option_context_parse(context, argc, argv, error))
        return false;
#ifdef AC_IMPAIR
    if (o->lies) {
        g_autofree char *why = NULL;

        o->impair = ike_impair_parse(o->lies, &why);
        if (!o->impair)
            g_set_error(error, AC_ERROR, AC_ERROR_USAGE, "--impair: %s", why);
        if (!o->impair)
            return false;
    }
#endif
    if (*argc > 1) {
        g_set_error(error, AC_ERROR, AC_ERROR_USAGE, "unexpected argument: %s", (*argv)[1]);
        return false;
    }
    return true;
}

/* Passwords and keys must not reach a core file or another process of the same user. */
static void
harden(void)
{
    (void)prctl(PR_SET_DUMPABLE, 0);
    (void)setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
}

static bool
make_folder(const char *path, int mode, GError **error)
{
    if (g_mkdir_with_parents(path, mode) == 0)
        return true;
    g_set_error(error, AC_ERROR, AC_ERROR_CONFIG, "%s: cannot be made", path);
    return false;
}

static void
on_all_down(bool was_up, void *user)
{
    Program *p = user;

    (void)was_up;
    g_main_loop_quit(p->loop);
}

/* The gateway is told and the host set right before we go; a second signal does not wait. */
static gboolean
on_signal(gpointer user)
{
    Program *p = user;

    if (p->stopping || !agent_disconnect(p->agent, 0, on_all_down, p, NULL))
        g_main_loop_quit(p->loop);
    p->stopping = true;
    return G_SOURCE_CONTINUE;
}

static bool
run(const Options *o, GError **error)
{
    g_autofree char *run_dir = g_path_get_dirname(o->socket);
    g_autoptr(KeyFile) keys = NULL;
    g_autoptr(Api) api = NULL;
    g_autoptr(Agent) agent = NULL;
    g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
    Program p = { .loop = loop };
    LogLevel level;

    if (!make_folder(o->state, 0700, error) || !make_folder(run_dir, 0755, error))
        return false;
    api = api_new(o->socket, error);
    agent =
        api ? agent_new(
                  &(AgentPaths){ .config = o->config, .profiles = o->profiles, .state = o->state },
                  api_emit, api, error)
            : NULL;
    if (!agent)
        return false;
    if (!o->log)
        log_init("acagentd", agent_settings(agent)->log_level);
    else if (log_level_parse(o->log, &level))
        log_init("acagentd", level);
    if (o->keys && !(keys = key_file_open(o->keys, error)))
        return false;
    agent_export_keys(agent, keys);
#ifdef AC_IMPAIR
    agent_impair(agent, o->impair);
#endif
    p.agent = agent;
    if (!api_serve(api, agent, error))
        return false;
    g_unix_signal_add(SIGTERM, on_signal, &p);
    g_unix_signal_add(SIGINT, on_signal, &p);
    resident_start();
    log_at(LOG_MESSAGE, NULL, "ready on %s", o->socket);
    g_main_loop_run(loop);
    return true;
}

static bool
print_dot(const char *table)
{
    static const struct {
        const char *name;
        char *(*dot)(void);
    } tables[] = {
        { "session", session_dot },
        { "ike", ike_fsm_dot },
        { "config-auth", ac_dialogue_dot },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(tables); i++) {
        g_autofree char *dot = g_str_equal(tables[i].name, table) ? tables[i].dot() : NULL;

        if (dot)
            fputs(dot, stdout);
        if (dot)
            return true;
    }
    fprintf(stderr, "acagentd: --dot: no table %s\n", table);
    return false;
}

int
main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    g_auto(Options) o = { 0 };
    LogLevel level = LOG_MESSAGE;

    setlocale(LC_ALL, "");
    harden();
    log_init("acagentd", LOG_MESSAGE);
    if (!parse(&argc, &argv, &o, &error) || (o.log && !log_level_parse(o.log, &level))) {
        fprintf(stderr, "acagentd: %s\n", error ? error->message : "--log: unknown level");
        return 2;
    }
    if (o.dot)
        return print_dot(o.dot) ? 0 : 2;
    if (o.version) {
        puts("acagentd " AC_VERSION);
        return 0;
    }
    o.config = o.config ? o.config : g_strdup(AC_SYSCONFDIR "/acclient/acclient.conf");
    o.profiles = o.profiles ? o.profiles : g_strdup(AC_SYSCONFDIR "/acclient/profiles");
    o.state = o.state ? o.state : g_strdup("/var/lib/acclient");
    o.socket = o.socket ? o.socket : g_strdup("/run/acclient/agent.sock");
    if (run(&o, &error))
        return 0;
    log_at(LOG_ERROR, NULL, "%s", error->message);
    return error->domain == AC_ERROR ? ac_error_exit_code((AcError)error->code) : 1;
}
