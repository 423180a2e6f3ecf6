#include <string.h>

#include "agent/daemon/session_private.h"

static uint64_t last_prompt;

LogFields
session_fields(const Session *s)
{
    return (LogFields){ .session = s->host->name, .peer = s->host->address };
}

void
session_emit_state(Session *s, const char *word, const char *step, bool quiet)
{
    GVariantDict *d = event_begin("state");

    g_variant_dict_insert(d, "state", "s", word);
    event_put_text(d, "step", step);
    event_put_text(d, "host", s->host->name);
    g_variant_dict_insert(d, "attempt", "t", s->setup.attempt);
    g_variant_dict_insert(d, "quiet", "b", quiet);
    s->owner.emit(event_end(d), s->owner.user);
}

void
session_emit_notice(Session *s, bool plain, const char *format, ...)
{
    g_autofree char *text = NULL;
    GVariantDict *d = event_begin("notice");
    va_list args;

    va_start(args, format);
    text = g_strdup_vprintf(format, args);
    va_end(args);
    event_put_text(d, "text", text);
    g_variant_dict_insert(d, "plain", "b", plain);
    g_variant_dict_insert(d, "attempt", "t", s->setup.attempt);
    s->owner.emit(event_end(d), s->owner.user);
}

void
session_emit_failed(Session *s)
{
    LogFields fields = session_fields(s);
    GVariantDict *d;

    if (!s->error)
        return;
    log_at(LOG_MESSAGE, &fields, "%s", s->error->message);
    d = event_begin("failed");
    g_variant_dict_insert(d, "error", "s", ac_error_token((AcError)s->error->code));
    g_variant_dict_insert(d, "exit", "i", ac_error_exit_code((AcError)s->error->code));
    event_put_text(d, "text", s->error->message);
    event_put_text(d, "hint", s->hint);
    g_variant_dict_insert(d, "attempt", "t", s->setup.attempt);
    s->owner.emit(event_end(d), s->owner.user);
}

void
session_emit_rekeyed(const Session *s, const char *what, const ChildSa *child, const char *text)
{
    GVariantDict *d = event_begin("rekeyed");

    g_variant_dict_insert(d, "what", "s", what);
    event_put_text(d, "text", text);
    if (child) {
        g_variant_dict_insert(d, "spi_in", "u", child->spi_in);
        g_variant_dict_insert(d, "spi_out", "u", child->spi_out);
    }
    event_put_text(d, "host", s->host->name);
    g_variant_dict_insert(d, "attempt", "t", s->setup.attempt);
    s->owner.emit(event_end(d), s->owner.user);
}

void
session_ask(Session *s, PromptKind kind, GVariantDict *d)
{
    session_asked(s);
    s->prompt_kind = kind;
    s->prompt_id = ++last_prompt;
    g_variant_dict_insert(d, "id", "t", s->prompt_id);
    g_variant_dict_insert(d, "attempt", "t", s->setup.attempt);
    event_put_text(d, "host", s->host->name);
    s->prompt = g_variant_ref_sink(event_end(d));
    s->owner.emit(s->prompt, s->owner.user);
}

void
session_asked(Session *s)
{
    GVariantDict *d;

    if (s->prompt_kind == PROMPT_NONE)
        return;
    s->prompt_kind = PROMPT_NONE;
    s->asked = NULL;
    g_clear_pointer(&s->prompt, g_variant_unref);
    d = event_begin("prompt-done");
    g_variant_dict_insert(d, "id", "t", s->prompt_id);
    s->owner.emit(event_end(d), s->owner.user);
}

void
session_set_error(Session *s, AcError code, const char *hint, const char *format, ...)
{
    va_list args;

    if (s->error)
        return;
    va_start(args, format);
    s->error = g_error_new_valist(AC_ERROR, code, format, args);
    va_end(args);
    g_free(s->hint);
    s->hint = g_strdup(hint);
}

/* How an IKE SA's end looks to a person: exit code, what to do, and the words when the core has
 * none. */
static const struct {
    IkeReason reason;
    AcError code;
    const char *text, *hint;
} ends[] = {
    { IKE_REASON_PEER, AC_ERROR_NETWORK, "the gateway closed the connection", NULL },
    { IKE_REASON_TIMEOUT, AC_ERROR_NETWORK, "the gateway does not answer",
      "check the address, and that UDP ports 500 and 4500 are open" },
    { IKE_REASON_USER_TIMEOUT, AC_ERROR_DECLINED, "nobody answered in time", NULL },
    { IKE_REASON_NO_PROPOSAL, AC_ERROR_NETWORK, "nothing in common with the gateway",
      "policy in the section [crypto] of acclient.conf decides what is offered" },
    { IKE_REASON_PROTOCOL, AC_ERROR_NETWORK, "the gateway broke the protocol",
      "the gateway, or somebody in between, does not keep to IKEv2: tell its administrator" },
    { IKE_REASON_SERVER_AUTH, AC_ERROR_NETWORK, "the gateway could not prove who it is",
      "somebody may be in the middle; nothing of the login has been sent" },
    { IKE_REASON_LOGIN, AC_ERROR_AUTH, "Login failed.", "check the user name and the password" },
    { IKE_REASON_OUR_KEY, AC_ERROR_CLIENT_CERT, "our private key does not sign",
      "if it is in a token, is that still plugged in?" },
    { IKE_REASON_DECLINED, AC_ERROR_DECLINED, "the login was cancelled", NULL },
    { IKE_REASON_LIFETIME, AC_ERROR_NETWORK, "the connection reached the end of its lifetime",
      "connect again" },
    { IKE_REASON_NAT, AC_ERROR_NETWORK,
      "a NAT stands between here and the gateway, and none is allowed",
      "allow_nat in the section [ike] of acclient.conf decides whether there may be one" },
    { IKE_REASON_CONFIG, AC_ERROR_NETWORK, "the gateway gave no usable configuration",
      "ask the administrator of the gateway" },
};

/* What was refused is a password only where one was given; and who fails to prove itself in the end
 * has heard the login. */
static const char *
hint_of(const Session *s, size_t i)
{
    const LoginWay *way = login_way(s->login);

    if (ends[i].reason == IKE_REASON_SERVER_AUTH &&
        (s->state == SESSION_LOGIN || s->state == SESSION_FORM))
        return "somebody may be in the middle, and the login has been sent: tell the gateway's "
               "administrator";
    if (ends[i].reason != IKE_REASON_LOGIN || (way->typed && !way->certificate))
        return ends[i].hint;
    if (way->typed)
        return "check the certificate, the user name and the password";
    return way->ours == IKE_WAY_PSK ? "check identity and psk_file in acclient.conf"
                                    : "check the certificate, and identity in acclient.conf";
}

void
session_set_reason(Session *s, IkeReason reason, const char *text)
{
    bool ppk = reason == IKE_REASON_LOGIN && login_has_ppk(s->login);

    for (size_t i = 0; i < G_N_ELEMENTS(ends); i++)
        if (ends[i].reason == reason) {
            g_autofree char *hint =
                ppk ? g_strconcat(hint_of(s, i), "; ppk_id and ppk_file too", NULL)
                    : g_strdup(hint_of(s, i));

            session_set_error(s, ends[i].code, hint, "%s", text && *text ? text : ends[i].text);
        }
}

SessionState
session_state(const Session *s)
{
    return s->state;
}

const char *
session_word(const Session *s)
{
    switch (s->state) {
    case SESSION_IDLE:
    case SESSION_OVER:
        return "disconnected";
    case SESSION_UNLOCK:
    case SESSION_RESOLVING:
    case SESSION_NEGOTIATING:
    case SESSION_TRUST:
        return "connecting";
    case SESSION_LOGIN:
    case SESSION_FORM:
    case SESSION_SERVER:
        return "authenticating";
    case SESSION_UP:
        return "connected";
    case SESSION_CLOSING:
        return "disconnecting";
    }
    g_assert_not_reached();
}

const ProfileHost *
session_host(const Session *s)
{
    return s->host;
}

uint64_t
session_attempt(const Session *s)
{
    return s->setup.attempt;
}

uid_t
session_uid(const Session *s)
{
    return s->setup.uid;
}

const GError *
session_error(const Session *s)
{
    return s->error;
}

const char *
session_hint(const Session *s)
{
    return s->hint;
}

bool
session_renews(const Session *s, char *const **ret_pins, const char **ret_group)
{
    *ret_pins = s->setup.pins;
    *ret_group = s->setup.group;
    return s->anew;
}

GVariant *
session_prompt(const Session *s)
{
    return s->prompt ? s->prompt : g_variant_new("a{sv}", NULL);
}

static void
put_addrs(const Tunnel *t, GVariantDict *d)
{
    const NetSettings *net = tunnel_settings(t);
    char text[ADDR_TEXT_MAX];

    for (size_t i = 0; i < net->n_addrs; i++)
        event_put_text(d, net->addrs[i].addr.family == ADDR_V4 ? "client4" : "client6",
                       addr_format(&net->addrs[i].addr, text));
}

void
session_status(const Session *s, GVariantDict *d)
{
    char text[ENDPOINT_TEXT_MAX];
    IkeInfo info;

    event_put_text(d, "state", session_word(s));
    event_put_text(d, "host", s->host->name);
    event_put_text(d, "group", s->config.plan.eap_setup.ac.group);
    event_put_text(d, "profile", s->host->file);
    event_put_text(d, "user", s->user);
    event_put_text(d, "login", login_way(s->login)->name);
    g_variant_dict_insert(d, "owner", "u", (guint32)s->setup.uid);
    if (s->gateway.port)
        event_put_text(d, "gateway", endpoint_format(&s->gateway, text));
    if (s->state != SESSION_UP)
        return;
    const ChildSa *child = tunnel_child(s->tunnel);
    g_autofree char *esp = child ? suite_format(&child->suite) : NULL;
    g_autofree char *ike = NULL;

    ike_sa_info(s->sa, &info);
    ike = suite_format(&info.suite);
    event_put_text(d, "ike", ike);
    event_put_text(d, "esp", esp);
    if (info.ppk)
        event_put_text(d, "ppk", "in the keys");
    event_put_text(d, "ifname", tunnel_settings(s->tunnel)->ifname);
    event_put_text(d, "tunnel_mode", tunnel_mode(s->tunnel, ADDR_V4));
    g_variant_dict_insert(d, "since", "x", s->since);
    if (info.login_end != USEC_NEVER)
        g_variant_dict_insert(d, "login_until", "x",
                              g_get_real_time() + (gint64)info.login_end -
                                  (gint64)ike_driver_now());
    put_addrs(s->tunnel, d);
}

static void
put_networks(GVariantDict *d, const char *key4, const char *key6, const GArray *networks, bool all4,
             bool all6)
{
    g_auto(GVariantBuilder) v4 = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE_STRING_ARRAY);
    g_auto(GVariantBuilder) v6 = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE_STRING_ARRAY);
    char text[PREFIX_TEXT_MAX];

    if (all4)
        g_variant_builder_add(&v4, "s", "0.0.0.0/0");
    if (all6)
        g_variant_builder_add(&v6, "s", "::/0");
    for (guint i = 0; i < networks->len; i++) {
        const Prefix *p = &g_array_index(networks, Prefix, i);

        g_variant_builder_add(p->addr.family == ADDR_V4 ? &v4 : &v6, "s", prefix_format(p, text));
    }
    g_variant_dict_insert_value(d, key4, g_variant_builder_end(&v4));
    g_variant_dict_insert_value(d, key6, g_variant_builder_end(&v6));
}

static void
put_drops(const Session *s, const EspStats *stats, GVariantDict *d)
{
    g_auto(GVariantBuilder) b = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("a{st}"));

    for (EspStatus why = ESP_OK + 1; why < ESP_STATUS_N; why++)
        g_variant_builder_add(&b, "{st}", esp_status_name(why),
                              stats->drops[why] + tunnel_drops(s->tunnel, why));
    for (PumpLoss why = 0; why < PUMP_LOSS_N; why++)
        g_variant_builder_add(&b, "{st}", pump_loss_name(why), tunnel_losses(s->tunnel, why));
    g_variant_dict_insert_value(d, "drops", g_variant_builder_end(&b));
}

/* Seconds until keys that are in use since @since have to be others; nothing when they need not. */
static void
put_left(GVariantDict *d, const char *key, Usec life, Usec since)
{
    Usec end = usec_add(since, life), now = ike_driver_now();

    if (life)
        g_variant_dict_insert(d, key, "t", (guint64)(end > now ? (end - now) / USEC_PER_SEC : 0));
}

bool
session_stats(const Session *s, GVariantDict *d)
{
    const NetSettings *net;
    const char *mode4, *mode6;
    char text[ENDPOINT_TEXT_MAX];
    EspStats stats;
    IkeInfo info;

    if (s->state != SESSION_UP || !tunnel_stats(s->tunnel, &stats))
        return false;
    net = tunnel_settings(s->tunnel);
    mode4 = tunnel_mode(s->tunnel, ADDR_V4);
    mode6 = tunnel_mode(s->tunnel, ADDR_V6);
    ike_sa_info(s->sa, &info);
    const ChildSa *child = tunnel_child(s->tunnel);
    g_autofree char *cipher = child ? suite_format(&child->suite) : NULL;

    event_put_text(d, "state", "connected");
    event_put_text(d, "tunnel_mode4", mode4);
    event_put_text(d, "tunnel_mode6", mode6);
    g_variant_dict_insert(d, "duration", "t",
                          (guint64)((g_get_real_time() - s->since) / G_USEC_PER_SEC));
    put_addrs(s->tunnel, d);
    event_put_text(d, "server", addr_format(&s->gateway.addr, text));
    g_variant_dict_insert(d, "bytes_sent", "t", stats.octets_out);
    g_variant_dict_insert(d, "bytes_received", "t", stats.octets_in);
    g_variant_dict_insert(d, "packets_sent", "t", stats.packets_out);
    g_variant_dict_insert(d, "packets_received", "t", stats.packets_in);
    g_variant_dict_insert(d, "control_sent", "t", (guint64)info.send_id);
    g_variant_dict_insert(d, "control_received", "t", (guint64)info.recv_id);
    event_put_text(d, "profile", s->host->file);
    event_put_text(d, "protocol", "IKEv2/IPsec NAT-T");
    event_put_text(d, "login", login_way(s->login)->name);
    event_put_text(d, "cipher", cipher);
    if (child) {
        g_variant_dict_insert(d, "spi_in", "u", child->spi_in);
        g_variant_dict_insert(d, "spi_out", "u", child->spi_out);
        put_left(d, "child_left", s->config.child_life.time, child->since);
    }
    put_left(d, "ike_left", s->config.ike_life.time, info.since);
    g_variant_dict_insert(d, "mtu", "u", (guint32)net->mtu);
    put_networks(d, "secured4", "secured6", net->include,
                 net->include->len == 0 && tunnel_carries(s->tunnel, ADDR_V4),
                 net->include->len == 0 && tunnel_carries(s->tunnel, ADDR_V6));
    put_networks(d, "nonsecured4", "nonsecured6", net->exclude, false, false);
    put_drops(s, &stats, d);
    return true;
}
