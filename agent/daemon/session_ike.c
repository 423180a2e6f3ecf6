#include <glib-unix.h>
#include <string.h>

#include "agent/crypto/digest.h"
#include "agent/daemon/session_private.h"

enum { IKE_PORT = 500, NATT_PORT = 4500, RETRANSMIT_TRIES = 5, CERTREQ_MAX = 1 };
enum { MTU_HINT = 1406 };  /* what the field's client proposes (agent/docs/WIRE.md §7.2) */
enum { DPD_S = 30 };       /* where the gateway says nothing of it, as the field's client does */
enum { KEEPALIVE_S = 20 }; /* RFC 3948 §4: while a person types, and where the gateway says none */

/* A stable number for this machine that does not give the machine id away. */
static char *
unique_id(void)
{
    static const char salt[] = "acclient unique-id";
    g_autofree char *id = NULL;
    gsize len;

    if (!g_file_get_contents("/etc/machine-id", &id, &len, NULL))
        return NULL;
    g_autofree char *salted = g_strconcat(salt, id, NULL);

    return digest_hex("SHA256", slice_of(salted));
}

static AcIdentity
who_we_are(const Session *s)
{
    return (AcIdentity){ .version = s->setup.settings->client_version,
                         .device = "linux-64",
                         .computer_name = g_get_host_name(),
                         .unique_id = s->unique_id,
                         .group = s->setup.group ? s->setup.group : s->host->user_group,
                         .aggregate = true };
}

void
session_ike_configure(Session *s)
{
    const Settings *settings = s->setup.settings;
    SuiteRank policy = login_policy(s->login, settings->policy);
    IkeConfig *c = &s->config;

    s->app_version = g_strdup_printf("AnyConnect Linux_64 %s", settings->client_version);
    s->unique_id = unique_id();
    s->certreq = x509_store_certreq(s->setup.anchors, CERTREQ_MAX);
    *c = (IkeConfig){
        .sig = verify_sig_policy(policy),
        .trace = log_enabled(LOG_DEBUG),
        .export_keys = s->setup.keys != NULL,
        .impair = s->setup.impair,
        .retransmit_tries =
            settings->retransmit_tries ? settings->retransmit_tries : RETRANSMIT_TRIES,
        .dpd_interval = settings->dpd_interval,
        .dpd_default = DPD_S * USEC_PER_SEC,
        .keepalive = KEEPALIVE_S * USEC_PER_SEC,
        .fragmentation = true,
        .mobike = s->host->roaming || !settings->allow_nat,
        .no_nats = !settings->allow_nat,
        .redirect = true,
        .plan = { .eap_setup = { .ac = who_we_are(s) } },
        .drain = CHILD_LATE_S * USEC_PER_SEC,
        .reauth = settings->reauth,
        .ike_life = { .time = settings->ike_lifetime },
        .child_life = { .time = settings->child_lifetime, .octets = settings->child_octets },
        .app_version = s->app_version,
        .hostname = g_get_host_name(),
        .mtu = MTU_HINT,
        .inner_ipv6 = true,
        .certreq = { g_bytes_get_data(s->certreq, NULL), g_bytes_get_size(s->certreq) },
    };
    ike_offer_policy(IKE_PROTO_IKE, policy, &c->ike);
    ike_offer_policy(IKE_PROTO_ESP, policy, &c->esp);
    ike_offer_pfs(&c->esp, policy, false);
}

void
session_ike_on_datagram(const IkeDatagram *d, void *user)
{
    Session *s = user;

    if (!s->sa)
        return;
    if (ike_sa_recv(s->sa, &d->path, d->octets, ike_driver_now()) == IKE_DROP &&
        session_renew_recv(s, d))
        return;
    ike_driver_kick(s->driver);
}

static gboolean
readable(Session *s, UdpSock *sock)
{
    IkeDatagram d;

    /* A datagram may end the session: then both sockets are gone. */
    while (s->sa && udp_sock_recv(sock, &d))
        session_ike_on_datagram(&d, s);
    return G_SOURCE_CONTINUE;
}

static gboolean
on_init_readable(int fd, GIOCondition condition, gpointer user)
{
    Session *s = user;

    (void)fd;
    (void)condition;
    return readable(s, s->init);
}

static gboolean
on_natt_readable(int fd, GIOCondition condition, gpointer user)
{
    Session *s = user;

    (void)fd;
    (void)condition;
    return readable(s, s->natt);
}

static GSource *
watch(Session *s, const UdpSock *sock, GUnixFDSourceFunc func)
{
    GSource *source = g_unix_fd_source_new(udp_sock_fd(sock), G_IO_IN);

    g_source_set_callback(source, G_SOURCE_FUNC(func), s, NULL);
    g_source_attach(source, NULL);
    return source;
}

static void
unwatch(GSource **source)
{
    if (!*source)
        return;
    g_source_destroy(*source);
    g_source_unref(*source);
    *source = NULL;
}

void
session_ike_watch(Session *s)
{
    unwatch(&s->natt_watch);
    s->natt_watch = watch(s, s->natt, on_natt_readable);
}

void
session_ike_unwatch(Session *s)
{
    unwatch(&s->natt_watch);
}

/* Two sockets, as the field's client has; connected, so that nobody else is heard, and marked, so
 * that they never enter the tunnel. */
UdpSock *
session_ike_socket(const Addr *gateway, bool natt, GError **error)
{
    return udp_sock_new(&(UdpSockSetup){ .local = { .addr = { .family = gateway->family } },
                                         .remote = { *gateway, natt ? NATT_PORT : IKE_PORT },
                                         .fwmark = ROUTE_PLAN_FWMARK,
                                         .natt = natt,
                                         .discover = natt },
                        error);
}

bool
session_ike_open(Session *s, const Addr *gateway, GError **error)
{
    IkePath init, natt;

    s->init = session_ike_socket(gateway, false, error);
    s->natt = s->init ? session_ike_socket(gateway, true, error) : NULL;
    if (!s->natt) {
        g_clear_pointer(&s->init, udp_sock_free);
        return false;
    }
    s->doors = (UdpDoors){ 0 };
    udp_doors_put(&s->doors, s->init);
    udp_doors_put(&s->doors, s->natt);
    s->gateway = (Endpoint){ *gateway, NATT_PORT };
    init = (IkePath){ udp_sock_local(s->init), { *gateway, IKE_PORT }, false };
    natt = (IkePath){ udp_sock_local(s->natt), s->gateway, true };
    s->init_watch = watch(s, s->init, on_init_readable);
    session_ike_watch(s);
    s->config.follows = false;
    s->config.ip4 = s->config.ip6 = (Addr){ 0 };
    login_plan(s->login, &s->config.plan);
    s->config.plan.eap_setup.ac = who_we_are(s);
    s->config.plan.eap_setup.anchors = s->setup.anchors;
    s->config.plan.eap_setup.host = session_certified_name(s);
    s->config.plan.eap_setup.ask_chain = s->setup.settings->revocation != X509_REVOCATION_OFF;
    s->sa = ike_sa_new(IKE_INITIATOR, &s->config, ike_driver_env());
    s->driver = ike_driver_new(s->sa, &s->doors, session_on_ike_event, s);
    ike_sa_start(s->sa, &init, &natt, ike_driver_now());
    return true;
}

void
session_ike_close(Session *s)
{
    g_cancellable_cancel(s->checking); /* what it looks at is the IKE SA's */
    g_clear_object(&s->checking);
    session_renew_drop(s);
    unwatch(&s->init_watch);
    unwatch(&s->natt_watch);
    g_clear_pointer(&s->driver, ike_driver_free);
    g_clear_pointer(&s->sa, ike_sa_free);
    g_clear_pointer(&s->init, udp_sock_free);
    g_clear_pointer(&s->natt, udp_sock_free);
    ike_child_wipe(&s->child);
}
