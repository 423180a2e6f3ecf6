#include "agent/daemon/agent.h"

#include <string.h>

#include "agent/dbus/ac_error.h"
#include "profiles/profile_store.h"
#include "tun/net_config.h"
#include "tun/xfrm_dev.h"

typedef struct Waiter {
    void (*done)(bool was_up, void *user);
    void *user;
    bool was_up;
} Waiter;

struct Agent {
    char *profiles;
    char *journal, *xfrm_journal, *last_file;
    Settings *settings;
    Trust *trust;
    X509Store *anchors;
    GKeyFile *last; /* [UID] host = what it connected to last */
    Session *session;
    GArray *waiters; /* of Waiter: Disconnect calls that wait for the end */
    uint64_t attempts;
    GError *error; /* of the last session */
    KeyFile *keys;
    struct IkeImpair *impair;
    void (*emit)(GVariant *event, void *user);
    void *user;
};

static X509Store *
load_anchors(const Settings *settings, GError **error)
{
    g_autoptr(X509Store) anchors = x509_store_new();
    g_autofree char *pem = NULL;
    gsize len;

    if (settings->system_store)
        x509_store_add_system(anchors);
    if (settings->ca_file &&
        (!g_file_get_contents(settings->ca_file, &pem, &len, error) ||
         !x509_store_add_pem(anchors, (Slice){ (const uint8_t *)pem, len }, error))) {
        g_prefix_error(error, "[trust] ca_file: ");
        return NULL;
    }
    return g_steal_pointer(&anchors);
}

static bool
clean_up(const Agent *a, GError **error)
{
    size_t n = 0, n_xfrm = 0;

    if (!net_config_recover(a->journal, &n, error) ||
        !xfrm_dev_recover(a->xfrm_journal, &n_xfrm, error))
        return false;
    n += n_xfrm;
    if (n)
        log_at(LOG_MESSAGE, NULL, "undid %zu changes to the host that an earlier run left behind",
               n);
    return true;
}

Agent *
agent_new(const AgentPaths *paths, void (*emit)(GVariant *event, void *user), void *user,
          GError **error)
{
    g_autoptr(Agent) a = g_new0(Agent, 1);
    g_autofree char *trust_file = g_build_filename(paths->state, "trust.conf", NULL);

    a->profiles = g_strdup(paths->profiles);
    a->journal = g_build_filename(paths->state, "journal", NULL);
    a->xfrm_journal = g_build_filename(paths->state, "xfrm.journal", NULL);
    a->last_file = g_build_filename(paths->state, "last.conf", NULL);
    a->waiters = g_array_new(FALSE, FALSE, sizeof(Waiter));
    a->last = g_key_file_new();
    a->emit = emit;
    a->user = user;
    a->settings = settings_load(paths->config, error);
    a->trust = a->settings ? trust_load(trust_file, error) : NULL;
    a->anchors = a->trust ? load_anchors(a->settings, error) : NULL;
    if (!a->anchors || !clean_up(a, error))
        return NULL;
    (void)g_key_file_load_from_file(a->last, a->last_file, G_KEY_FILE_NONE,
                                    NULL); /* a convenience */
    return g_steal_pointer(&a);
}

void
agent_free(Agent *a)
{
    if (!a)
        return;
    session_free(a->session);
    settings_free(a->settings);
    trust_free(a->trust);
    x509_store_free(a->anchors);
    g_key_file_unref(a->last);
    g_array_unref(a->waiters);
    g_clear_error(&a->error);
    g_free(a->profiles);
    g_free(a->journal);
    g_free(a->xfrm_journal);
    g_free(a->last_file);
    g_free(a);
}

void
agent_export_keys(Agent *a, KeyFile *keys)
{
    a->keys = keys;
}

void
agent_impair(Agent *a, struct IkeImpair *impair)
{
    a->impair = impair;
}

const Settings *
agent_settings(const Agent *a)
{
    return a->settings;
}

const char *
agent_word(const Agent *a)
{
    return a->session ? session_word(a->session) : "disconnected";
}

static void
on_emit(GVariant *event, void *user)
{
    Agent *a = user;

    a->emit(event, a->user);
}

/* What session_renews() says, kept until the session is gone. */
typedef struct Again {
    char *host;
    uid_t uid;
    GVariant *options;
} Again;

static Again
again_read(const Session *s)
{
    g_auto(GVariantDict) options = G_VARIANT_DICT_INIT(NULL);
    char *const *pins;
    const char *group;

    if (!session_renews(s, &pins, &group))
        return (Again){ .host = NULL };
    if (pins)
        g_variant_dict_insert(&options, "trust", "^as", pins);
    if (group)
        g_variant_dict_insert(&options, "group", "s", group);
    return (Again){ g_strdup(session_host(s)->name), session_uid(s),
                    g_variant_ref_sink(g_variant_dict_end(&options)) };
}

static void
again_do(Agent *a, const Again *again)
{
    g_autoptr(GError) error = NULL;
    uint64_t attempt;

    log_at(LOG_MESSAGE, NULL, "%s: the session is made anew", again->host);
    if (!agent_connect(a, again->uid, again->host, again->options, &attempt, &error))
        log_at(LOG_WARNING, NULL, "%s: %s", again->host, error->message);
}

static void
on_over(Session *s, void *user)
{
    Agent *a = user;
    g_autoptr(GArray) waiters = a->waiters;
    Again again = again_read(s);

    g_clear_error(&a->error);
    if (session_error(s))
        a->error = g_error_copy(session_error(s));
    g_clear_pointer(&a->session, session_free);
    a->waiters = g_array_new(FALSE, FALSE, sizeof(Waiter));
    for (guint i = 0; i < waiters->len; i++) {
        const Waiter *w = &g_array_index(waiters, Waiter, i);

        w->done(w->was_up, w->user);
    }
    if (again.host && waiters->len == 0)
        again_do(a, &again);
    g_free(again.host);
    g_clear_pointer(&again.options, g_variant_unref);
}

static char *
last_host(const Agent *a, uid_t uid)
{
    g_autofree char *group = g_strdup_printf("%u", uid);

    return g_key_file_get_string(a->last, group, "host", NULL);
}

static void
note_last(Agent *a, uid_t uid, const char *host)
{
    g_autofree char *group = g_strdup_printf("%u", uid);
    g_autofree char *text = NULL, *before = last_host(a, uid);
    g_autoptr(GError) error = NULL;
    gsize len;

    if (g_strcmp0(before, host) == 0)
        return; /* nobody waits for a disk to hear what it knows */
    g_key_file_set_string(a->last, group, "host", host);
    text = g_key_file_to_data(a->last, &len, NULL);
    if (!g_file_set_contents_full(a->last_file, text, (gssize)len, G_FILE_SET_CONTENTS_CONSISTENT,
                                  0600, &error))
        log_at(LOG_WARNING, NULL, "%s: %s", a->last_file, error->message);
}

static ProfileHost *
find_host(const Agent *a, uid_t uid, const char *name, GError **error)
{
    g_autoptr(ProfileStore) store = profile_store_load(a->profiles);
    g_autofree char *last = *name ? NULL : last_host(a, uid);
    g_autoptr(GError) why = NULL;
    g_autoptr(ProfileHost) h = NULL;

    if (!*name && !last) {
        g_set_error(error, AC_ERROR, AC_ERROR_USAGE, "no host given, and none was used before");
        return NULL;
    }
    h = profile_store_find(store, last ? last : name, a->settings->manual_hosts, &why);
    if (!h) {
        g_set_error(error, AC_ERROR,
                    why->code == PROFILE_ERROR_NO_HOST || why->code == PROFILE_ERROR_AMBIGUOUS
                        ? AC_ERROR_NO_HOST
                        : AC_ERROR_CONFIG,
                    "%s", why->message);
        return NULL;
    }
    return g_steal_pointer(&h);
}

static bool
owns(const Agent *a, uid_t uid, GError **error)
{
    if (uid == 0 || uid == session_uid(a->session))
        return true;
    g_set_error(error, AC_ERROR, AC_ERROR_BUSY, "another user's session with %s is under way",
                session_host(a->session)->name);
    return false;
}

/* A second front end of the same user sees the same attempt. */
static bool
join(const Agent *a, uid_t uid, const ProfileHost *h, uint64_t *ret_attempt, GError **error)
{
    if (!owns(a, uid, error))
        return false;
    if (!g_str_equal(session_host(a->session)->name, h->name) ||
        session_state(a->session) >= SESSION_CLOSING) {
        g_set_error(error, AC_ERROR, AC_ERROR_BUSY, "%s with %s: disconnect first",
                    session_state(a->session) >= SESSION_CLOSING ? "still ending the session"
                                                                 : "already in a session",
                    session_host(a->session)->name);
        return false;
    }
    *ret_attempt = session_attempt(a->session);
    return true;
}

bool
agent_connect(Agent *a, uid_t uid, const char *host, GVariant *options, uint64_t *ret_attempt,
              GError **error)
{
    static const SessionOwner owner = { .emit = on_emit, .over = on_over };
    g_autoptr(ProfileHost) h = find_host(a, uid, host, error);
    g_autoptr(Login) login = NULL;
    g_auto(Caller) caller = { 0 };
    g_autofree const char **pins = NULL;
    const char *group = NULL;
    SessionOwner mine = owner;

    if (!h)
        return false;
    if (a->session)
        return join(a, uid, h, ret_attempt, error);
    login = login_new(&(LoginSetup){ .host = h,
                                     .settings = host_settings_find(a->settings->hosts, h),
                                     .caller = caller_find(uid, &caller) ? &caller : NULL,
                                     .now = g_get_real_time() / G_USEC_PER_SEC },
                      error);
    if (!login)
        return false;
    (void)g_variant_lookup(options, "trust", "^a&s", &pins);
    (void)g_variant_lookup(options, "group", "&s", &group);
    for (const char **pin = pins; pin && *pin; pin++)
        if (!trust_pin_valid(*pin)) {
            g_set_error(error, AC_ERROR, AC_ERROR_USAGE, "trust: %s is not a pin", *pin);
            return false;
        }
    note_last(a, uid, h->name);
    mine.user = a;
    a->session = session_new(g_steal_pointer(&h), g_steal_pointer(&login),
                             &(SessionSetup){ .settings = a->settings,
                                              .trust = a->trust,
                                              .anchors = a->anchors,
                                              .journal = a->journal,
                                              .xfrm_journal = a->xfrm_journal,
                                              .pins = (char *const *)pins,
                                              .group = group,
                                              .attempt = ++a->attempts,
                                              .uid = uid,
                                              .keys = a->keys,
                                              .impair = a->impair },
                             &mine);
    *ret_attempt = a->attempts;
    session_start(a->session);
    return true;
}

bool
agent_disconnect(Agent *a, uid_t uid, void (*done)(bool was_up, void *user), void *user,
                 GError **error)
{
    Waiter w = { done, user, false };

    if (!a->session) {
        done(false, user);
        return true;
    }
    if (!owns(a, uid, error))
        return false;
    w.was_up = session_state(a->session) == SESSION_UP;
    g_array_append_val(a->waiters, w);
    session_stop(a->session);
    return true;
}

bool
agent_answer(Agent *a, uid_t uid, uint64_t prompt, GVariant *answer, GError **error)
{
    g_auto(PromptAnswer) read = { 0 };

    if (!prompt_answer_read(answer, &read, error)) /* first, so that octets are wiped in any case */
        return false;
    if (!a->session) {
        g_set_error(error, AC_ERROR, AC_ERROR_NOT_CONNECTED, "nothing is being asked");
        return false;
    }
    return owns(a, uid, error) && session_answer(a->session, prompt, &read, error);
}

GVariant *
agent_prompt(const Agent *a)
{
    return a->session ? session_prompt(a->session) : g_variant_new("a{sv}", NULL);
}

GVariant *
agent_status(const Agent *a)
{
    GVariantDict *d = g_variant_dict_new(NULL);

    event_put_text(d, "version", AC_VERSION);
    if (a->session)
        session_status(a->session, d);
    else
        event_put_text(d, "state", "disconnected");
    if (a->error && !a->session)
        event_put_text(d, "error", a->error->message);
    return event_end(d);
}

GVariant *
agent_stats(const Agent *a, GError **error)
{
    GVariantDict *d = g_variant_dict_new(NULL);

    if (a->session && session_stats(a->session, d))
        return event_end(d);
    g_variant_dict_unref(d);
    g_set_error(error, AC_ERROR, AC_ERROR_NOT_CONNECTED, "The VPN client is not connected.");
    return NULL;
}

static GVariant *
host_entry(const Agent *a, const ProfileHost *h, const char *current, const char *last)
{
    GVariantDict *d = g_variant_dict_new(NULL);
    LoginWay way;

    event_put_text(d, "name", h->name);
    event_put_text(d, "address", h->address);
    event_put_text(d, "group", h->user_group);
    event_put_text(d, "protocol", h->protocol == PROFILE_IPSEC ? "IPsec" : "SSL");
    if (login_way_decide(h, host_settings_find(a->settings->hosts, h), &way, NULL))
        event_put_text(d, "login", way.name);
    event_put_text(d, "file", h->file);
    g_variant_dict_insert(d, "current", "b", g_strcmp0(h->name, current) == 0);
    g_variant_dict_insert(d, "last", "b", g_strcmp0(h->name, last) == 0);
    return event_end(d);
}

GVariant *
agent_hosts(const Agent *a, uid_t uid, GStrv *ret_problems)
{
    g_autoptr(ProfileStore) store = profile_store_load(a->profiles);
    g_autofree char *last = last_host(a, uid);
    const char *current = a->session ? session_host(a->session)->name : NULL;
    const GPtrArray *hosts = profile_store_hosts(store), *problems = profile_store_problems(store);
    g_auto(GVariantBuilder) b = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("aa{sv}"));
    g_autoptr(GStrvBuilder) texts = g_strv_builder_new();

    for (guint i = 0; i < hosts->len; i++)
        g_variant_builder_add_value(&b, host_entry(a, hosts->pdata[i], current, last));
    for (guint i = 0; i < problems->len; i++)
        g_strv_builder_add(texts, problems->pdata[i]);
    *ret_problems = g_strv_builder_end(texts);
    return g_variant_builder_end(&b);
}

GVariant *
agent_trust(const Agent *a)
{
    g_autoptr(GPtrArray) all = trust_list(a->trust);
    g_auto(GVariantBuilder) b = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("aa{sv}"));

    for (guint i = 0; i < all->len; i++) {
        const TrustEntry *e = all->pdata[i];
        GVariantDict *d = g_variant_dict_new(NULL);

        event_put_text(d, "host", e->host);
        event_put_text(d, "pin", e->pin);
        event_put_text(d, "subject", e->subject);
        g_variant_dict_insert(d, "added", "x", e->added);
        g_variant_builder_add_value(&b, event_end(d));
    }
    return g_variant_builder_end(&b);
}

bool
agent_trust_add(Agent *a, const char *host, const char *pin, GError **error)
{
    return trust_put(a->trust,
                     &(TrustEntry){ .host = host,
                                    .pin = pin,
                                    .problems = ~0U,
                                    .added = g_get_real_time() / G_USEC_PER_SEC },
                     error);
}

bool
agent_trust_remove(Agent *a, const char *host, bool *ret_was_there, GError **error)
{
    return trust_remove(a->trust, host, ret_was_there, error);
}
