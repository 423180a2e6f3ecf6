#include "tests/support/gateway_client.h"

#include <glib-unix.h>

const char *client_typist = "Anu", *client_device;
const char *const client_right[] = { "cisco123", NULL };

static bool
client_event(const IkeEvent *ev, void *user)
{
    Client *c = user;

    if (ev->kind == IKE_EV_CERTIFICATE)
        ike_sa_answer_certificate(c->sa, true, ike_driver_now());
    if (ev->kind == IKE_EV_QUESTION) {
        g_auto(EapAnswer) a = { .kind = EAP_ANSWER_ACCEPT };

        if (ev->question->doc->type == AC_AUTH_REQUEST) {
            a.kind = EAP_ANSWER_FIELDS;
            a.fields = ac_fields_new();
            ac_fields_set(a.fields, "password", slice_of(c->passwords[c->n_typed]));
            ac_fields_set(a.fields, "username", slice_of(c->name));
            if (c->passwords[c->n_typed + 1])
                c->n_typed++;
        }
        ike_sa_answer_eap(c->sa, &a, ike_driver_now());
    }
    if (ev->kind == IKE_EV_CHILD_UP) {
        const IkeChild *k = ev->child;
        EspSaSetup setup = { .spi_in = k->spi_in,
                             .spi_out = k->spi_out,
                             .suite = k->suite,
                             .key_in = secret_view(&k->key_in),
                             .integ_in = secret_view(&k->integ_in),
                             .key_out = secret_view(&k->key_out),
                             .integ_out = secret_view(&k->integ_out),
                             .local = k->local.s,
                             .n_local = k->local.n,
                             .remote = k->remote.s,
                             .n_remote = k->remote.n };

        g_clear_pointer(&c->esp, esp_sa_free);
        c->esp = esp_sa_new(&setup);
    }
    if (ev->kind == IKE_EV_UP) {
        c->up = true;
        c->address = ev->reply->ip4;
        c->address6 = ev->reply->ip6;
    }
    if (ev->kind == IKE_EV_CLOSED) {
        c->closed = true;
        c->reason = ev->reason;
    }
    return true;
}

static gboolean
client_readable(gint fd, GIOCondition cond, gpointer user)
{
    Client *c = user;
    UdpSock *s = fd == udp_sock_fd(c->init) ? c->init : c->natt;
    IkeDatagram d;

    (void)cond;
    while (udp_sock_recv(s, &d)) {
        (void)ike_sa_recv(c->sa, &d.path, d.octets, ike_driver_now());
        ike_driver_kick(c->driver);
    }
    return G_SOURCE_CONTINUE;
}

Client *
client_start(const char *from, const char *const *passwords)
{
    static const EapMethod *const methods[] = { &eap_anyconnect, NULL };
    Client *c = g_new0(Client, 1);
    IkePath init, natt;

    for (size_t i = 0; passwords[i]; i++)
        c->passwords[i] = passwords[i];
    c->name = client_typist;
    c->config = (IkeConfig){
        .sig = { .sha1_ok = true, .min_rsa = 1024 },
        .plan = { .ours = IKE_WAY_EAP,
                  .theirs = IKE_WAY_CERT,
                  .id = { IKE_ID_GROUP, slice_of("*$AnyConnectClient$*") },
                  .eap = methods,
                  .eap_setup = { .ac = { .version = "3.0.1047",
                                         .device = "win",
                                         .group = "ASA-IKEV2",
                                         .unique_id = client_device } } },
        .app_version = "AnyConnect Windows 3.0.1047",
        .hostname = "winxp64template",
        .mtu = 1406,
        .ke_group = KE_MODP1024,
        .inner_ipv6 = true,
    };
    ike_offer_policy(IKE_PROTO_IKE, SUITE_LEGACY, &c->config.ike);
    ike_offer_policy(IKE_PROTO_ESP, SUITE_LEGACY, &c->config.esp);
    c->sa = ike_sa_new(IKE_INITIATOR, &c->config, ike_driver_env());
    c->init = gateway_world_socket(from, 500, false);
    c->natt = gateway_world_socket(from, 4500, true);
    c->watch[0] = g_unix_fd_add(udp_sock_fd(c->init), G_IO_IN, client_readable, c);
    c->watch[1] = g_unix_fd_add(udp_sock_fd(c->natt), G_IO_IN, client_readable, c);
    udp_doors_put(&c->doors, c->init);
    udp_doors_put(&c->doors, c->natt);
    c->driver = ike_driver_new(c->sa, &c->doors, client_event, c);
    init = (IkePath){ .local = udp_sock_local(c->init) };
    natt = (IkePath){ .local = udp_sock_local(c->natt), .natt = true };
    assert_true(addr_parse("10.0.0.1", &init.remote.addr));
    natt.remote.addr = init.remote.addr;
    init.remote.port = 500;
    natt.remote.port = 4500;
    c->from = natt.local;
    ike_sa_start(c->sa, &init, &natt, ike_driver_now());
    ike_driver_kick(c->driver);
    return c;
}

void
client_map_anew(Client *c)
{
    char from[ADDR_TEXT_MAX];
    UdpSock *moved = gateway_world_socket(addr_format(&c->from.addr, from), 4500, true);

    g_source_remove(c->watch[1]);
    c->watch[1] = g_unix_fd_add(udp_sock_fd(moved), G_IO_IN, client_readable, c);
    ike_driver_free(c->driver);
    udp_sock_free(c->natt);
    c->natt = moved;
    udp_doors_put(&c->doors, c->init);
    udp_doors_put(&c->doors, c->natt);
    c->driver = ike_driver_new(c->sa, &c->doors, client_event, c);
}

void
client_free(Client *c)
{
    g_source_remove(c->watch[0]);
    g_source_remove(c->watch[1]);
    ike_driver_free(c->driver);
    ike_sa_free(c->sa);
    esp_sa_free(c->esp);
    udp_sock_free(c->init);
    udp_sock_free(c->natt);
    g_free(c);
}

bool
client_is_up(void *user)
{
    return ((Client *)user)->up || ((Client *)user)->closed;
}

bool
client_is_closed(void *user)
{
    return ((Client *)user)->closed;
}

Client *
client_connect(const char *from)
{
    Client *c = client_start(from, client_right);

    gateway_world_wait(client_is_up, c);
    assert_true(c->up);
    return c;
}

void
client_open_world(GatewayWorld *w, const char *more)
{
    g_autofree char *path = g_build_filename(AC_TEST_VECTORS, "asa-ikev2.cfg", NULL);
    g_autofree char *seed = NULL;
    g_autofree char *text = NULL;

    assert_true(g_file_get_contents(path, &seed, NULL, NULL));
    text = g_strconcat(seed, more, NULL);
    gateway_world_open(w, text);
}
