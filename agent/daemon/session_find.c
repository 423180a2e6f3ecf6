#include "agent/daemon/session_private.h"

static void resolve_next(Session *s);

static void
resolved(Session *s, const Addr *addrs, guint n)
{
    g_array_set_size(s->addrs, 0);
    g_array_append_vals(s->addrs, addrs, n);
    s->addr = 0;
    session_fire(s, SESSION_ON_RESOLVED, NULL);
}

static const char *
found_none(const Session *s)
{
    if (s->host->families[1])
        return "no address";
    return s->host->families[0] == ADDR_V4 ? "no IPv4 address, and the profile allows no other"
                                           : "no IPv6 address, and the profile allows no other";
}

/* Those of @family to the end of @to. */
static void
take_family(GArray *to, GList *found, uint8_t family)
{
    for (GList *l = found; family && l; l = l->next) {
        const guint8 *octets = g_inet_address_to_bytes(l->data);
        Addr a;

        if (addr_from_octets((Slice){ octets, g_inet_address_get_native_size(l->data) }, &a) &&
            a.family == family)
            g_array_append_val(to, a);
    }
}

static void
on_lookup(GObject *source, GAsyncResult *result, gpointer user)
{
    g_autoptr(GError) error = NULL;
    GList *found = g_resolver_lookup_by_name_finish(G_RESOLVER(source), result, &error);
    g_autoptr(GArray) addrs = g_array_new(FALSE, FALSE, sizeof(Addr));
    Session *s = user;

    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return; /* @s may be gone */
    for (size_t i = 0; i < G_N_ELEMENTS(s->host->families); i++)
        take_family(addrs, found, s->host->families[i]);
    g_resolver_free_addresses(found);
    if (addrs->len)
        resolved(s, (const Addr *)(void *)addrs->data, addrs->len);
    else {
        session_set_error(s, AC_ERROR_NETWORK, "check the name and this host's DNS", "%s: %s",
                          (const char *)s->candidates->pdata[s->candidate - 1],
                          error ? error->message : found_none(s));
        resolve_next(s);
    }
}

/* Every candidate is looked up in turn; what the last one lacked is the error that is told. */
static void
resolve_next(Session *s)
{
    g_autoptr(GResolver) resolver = g_resolver_get_default();
    const char *name;
    Addr literal;

    if (s->candidate == s->candidates->len) {
        session_fire(s, SESSION_ON_UNRESOLVED, NULL);
        return;
    }
    name = s->candidates->pdata[s->candidate++];
    if (addr_parse(name, &literal))
        resolved(s, &literal, 1);
    else
        g_resolver_lookup_by_name_async(resolver, name, s->resolving, on_lookup, s);
}

static gboolean
resolve_later(gpointer user)
{
    Session *s = user;

    s->idle = 0;
    resolve_next(s);
    return G_SOURCE_REMOVE;
}

SessionOutcome
session_on_start(Session *s, const SessionArg *arg)
{
    (void)arg;
    session_emit_state(s, "connecting", "contacting", true);
    session_emit_notice(s, true, "contacting host (%s) for login information...", s->host->address);
    session_emit_notice(s, false, "Contacting %s.", s->host->name);
    if (login_warning(s->login))
        session_emit_notice(s, false, "Warning: %s.", login_warning(s->login));
    session_defer(s, resolve_later);
    return SESSION_DONE;
}

/* Nothing that cannot be a gateway of somebody else is spoken to because a gateway says so. */
static bool
may_go(Session *s, const Addr *a, GError **error)
{
    const char *why = s->targets->len ? redirect_refusal(a) : NULL;

    if (why)
        g_set_error(error, AC_ERROR, AC_ERROR_NETWORK,
                    "the gateway sends this client there, but it %s", why);
    return !why;
}

/* Where a socket to @a is our own end, @a is ours. */
static bool
opens(Session *s, const Addr *a, GError **error)
{
    Endpoint local;

    if (!may_go(s, a, error) || !session_ike_open(s, a, error))
        return false;
    local = udp_sock_local(s->natt);
    if (s->targets->len == 0 || !addr_equal(&local.addr, a))
        return true;
    session_ike_close(s); /* nothing has been sent yet */
    g_set_error(error, AC_ERROR, AC_ERROR_NETWORK,
                "the gateway sends this client to an address of this host");
    return false;
}

/* The next address of this candidate that can be opened at all; else the next candidate is looked
 * up. */
SessionOutcome
session_find_next(Session *s)
{
    while (s->addr < s->addrs->len) {
        const Addr *a = &g_array_index(s->addrs, Addr, s->addr++);
        g_autoptr(GError) error = NULL;
        char text[ADDR_TEXT_MAX];

        if (opens(s, a, &error)) {
            g_clear_error(&s->error);
            g_clear_pointer(&s->hint, g_free);
            return SESSION_DONE;
        }
        session_set_error(s, AC_ERROR_NETWORK, "check this host's network", "%s: %s",
                          addr_format(a, text), error->message);
    }
    if (s->candidate == s->candidates->len)
        return SESSION_FAIL;
    session_defer(s, resolve_later);
    return SESSION_AGAIN;
}

static bool
check_target(Session *s, const IkeRedirect *to, const char *text)
{
    const char *why = to->kind == IKE_REDIRECT_FQDN ? NULL : redirect_refusal(&to->addr);
    const char *from = session_gateway_name(s);

    if (why)
        session_set_error(s, AC_ERROR_NETWORK, "ask the administrator of the gateway",
                          "%s sends this client to %s, which %s", from, text, why);
    else if (!redirect_listed(s->host->balancers, text))
        session_set_error(
            s, AC_ERROR_NETWORK, "LoadBalancingServerList of the profile says where to",
            "%s sends this client to %s, which the profile does not list", from, text);
    else if (!redirect_count(&s->redirects, ike_driver_now()))
        session_set_error(s, AC_ERROR_NETWORK, "ask the administrator of the gateway",
                          "the gateways send this client from one to the other: %d times in %d s",
                          REDIRECT_MAX, REDIRECT_SPAN_S);
    return !s->error;
}

/* An address in an answer says nothing about who is there: its certificate must be for the name
 * that was asked for (agent/docs/PROFILE.md §2.3). */
static void
aim_at(Session *s, const IkeRedirect *to, const char *text)
{
    char *target = g_strdup(text);

    if (!s->asked_for)
        s->asked_for = session_gateway_name(s);
    s->by_address = to->kind != IKE_REDIRECT_FQDN;
    g_ptr_array_set_size(s->candidates, (gint)s->candidate);
    g_ptr_array_add(s->candidates, target);
    g_ptr_array_add(s->targets, target);
}

SessionOutcome
session_follow(Session *s, const SessionArg *arg)
{
    const IkeRedirect *to = arg->ev->redirect;
    const Addr *from = &s->gateway.addr;
    char text[IKE_REDIRECT_NAME_MAX + 1];

    ike_redirect_format(to, text);
    if (!check_target(s, to, text))
        return SESSION_DONE;
    session_emit_state(s, "connecting", "contacting", true);
    session_emit_notice(s, false, "%s sends this client to %s.", session_gateway_name(s), text);
    s->redirected_from =
        (IkeRedirect){ .kind = from->family == ADDR_V4 ? IKE_REDIRECT_IP4 : IKE_REDIRECT_IP6,
                       .addr = *from };
    s->config.redirected_from = &s->redirected_from;
    aim_at(s, to, text);
    session_ike_close(s);
    session_defer(s, resolve_later);
    return SESSION_AGAIN;
}

SessionOutcome
session_find_again(Session *s)
{
    g_clear_error(&s->error);
    g_clear_pointer(&s->hint, g_free);
    s->candidate--;
    session_ike_close(s);
    session_defer(s, resolve_later);
    return SESSION_AGAIN;
}

const char *
session_certified_name(const Session *s)
{
    return s->by_address ? s->asked_for : session_gateway_name(s);
}

const char *
session_gateway_name(const Session *s)
{
    return s->candidate ? s->candidates->pdata[s->candidate - 1] : s->host->address;
}

SessionOutcome
session_on_resolved(Session *s, const SessionArg *arg)
{
    (void)arg;
    return session_find_next(s);
}
