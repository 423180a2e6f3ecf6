#include "tests/support/gateway_caller.h"

#include <glib-unix.h>
#include <glib/gstdio.h>

#include "tests/support/netns.h"

EVP_PKEY *caller_root_key, *caller_leaf_key;

static bool
caller_event(const IkeEvent *ev, void *user)
{
    Caller *c = user;

    if (ev->kind == IKE_EV_CERTIFICATE)
        ike_sa_answer_certificate(c->sa, true, ike_driver_now());
    if (ev->kind == IKE_EV_QUESTION) {
        g_auto(EapAnswer) a = { .kind = EAP_ANSWER_FIELDS, .fields = ac_fields_new() };

        ac_fields_set(a.fields, "username", slice_of(c->user));
        ac_fields_set(a.fields, "password", slice_of(c->password));
        ike_sa_answer_eap(c->sa, &a, ike_driver_now());
    }
    if (ev->kind == IKE_EV_CHILD_UP) {
        c->local = ev->child->local;
        c->remote = ev->child->remote;
    }
    if (ev->kind == IKE_EV_UP) {
        c->up = true;
        c->replied = ev->reply && ev->reply->ip4.family == ADDR_V4;
        if (ev->reply) {
            c->reply.ip4 = ev->reply->ip4;
            c->reply.n_dns = ev->reply->n_dns;
            c->reply.dpd_interval = ev->reply->dpd_interval;
        }
    }
    if (ev->kind == IKE_EV_CLOSED) {
        c->closed = true;
        c->reason = ev->reason;
    }
    return true;
}

static gboolean
caller_readable(gint fd, GIOCondition cond, gpointer user)
{
    Caller *c = user;
    UdpSock *s = fd == udp_sock_fd(c->init) ? c->init : c->natt;
    IkeDatagram d;

    (void)cond;
    while (udp_sock_recv(s, &d)) {
        (void)ike_sa_recv(c->sa, &d.path, d.octets, ike_driver_now());
        ike_driver_kick(c->driver);
    }
    return G_SOURCE_CONTINUE;
}

Caller *
caller_new(const char *from, const IkePlan *plan, const char *near, const char *far)
{
    Caller *c = g_new0(Caller, 1);
    IkePath init, natt;
    Prefix p;

    c->config = (IkeConfig){ .sig = { .min_rsa = 2048 }, .plan = *plan };
    ike_offer_policy(IKE_PROTO_IKE, SUITE_MODERN, &c->config.ike);
    ike_offer_policy(IKE_PROTO_ESP, SUITE_MODERN, &c->config.esp);
    if (near) {
        c->config.no_cp = true;
        assert_true(prefix_parse(near, &p));
        c->config.tsi = (IkeTs){ .n = 1, .s = { selector_of_prefix(&p) } };
        assert_true(prefix_parse(far, &p));
        c->config.tsr = (IkeTs){ .n = 1, .s = { selector_of_prefix(&p) } };
    }
    c->sa = ike_sa_new(IKE_INITIATOR, &c->config, ike_driver_env());
    c->init = gateway_world_socket(from, 500, false);
    c->natt = gateway_world_socket(from, 4500, true);
    c->watch[0] = g_unix_fd_add(udp_sock_fd(c->init), G_IO_IN, caller_readable, c);
    c->watch[1] = g_unix_fd_add(udp_sock_fd(c->natt), G_IO_IN, caller_readable, c);
    udp_doors_put(&c->doors, c->init);
    udp_doors_put(&c->doors, c->natt);
    c->driver = ike_driver_new(c->sa, &c->doors, caller_event, c);
    init = (IkePath){ .local = udp_sock_local(c->init) };
    natt = (IkePath){ .local = udp_sock_local(c->natt), .natt = true };
    assert_true(addr_parse("10.0.0.1", &init.remote.addr));
    natt.remote.addr = init.remote.addr;
    init.remote.port = 500;
    natt.remote.port = 4500;
    ike_sa_start(c->sa, &init, &natt, ike_driver_now());
    ike_driver_kick(c->driver);
    return c;
}

void
caller_free(Caller *c)
{
    g_source_remove(c->watch[0]);
    g_source_remove(c->watch[1]);
    ike_driver_free(c->driver);
    ike_sa_free(c->sa);
    udp_sock_free(c->init);
    udp_sock_free(c->natt);
    g_free(c);
}

static bool
is_decided(void *user)
{
    const Caller *c = user;

    return c->up || c->closed;
}

void
caller_decide(Caller *c)
{
    gateway_world_wait(is_decided, c);
}

IkePlan
caller_shared_plan(const char *id, const char *key)
{
    return (IkePlan){ .ours = IKE_WAY_PSK,
                      .theirs = IKE_WAY_PSK,
                      .id = { IKE_ID_FQDN, slice_of(id) },
                      .psk_ours = slice_of(key),
                      .psk_theirs = slice_of(key) };
}

IkePlan
caller_certificate_plan(const char *id, const SigKey *key, const X509Chain *chain)
{
    return (IkePlan){ .ours = IKE_WAY_CERT,
                      .theirs = IKE_WAY_CERT,
                      .id = { IKE_ID_FQDN, slice_of(id) },
                      .key = key,
                      .chain = chain };
}

IkePlan
caller_eap_plan(const char *id, const EapMethod *const *methods)
{
    return (IkePlan){ .ours = IKE_WAY_EAP,
                      .theirs = IKE_WAY_CERT,
                      .id = { IKE_ID_RFC822_ADDR, slice_of(id) },
                      .eap = methods };
}

Caller *
caller_log_in(const char *from, const IkePlan *plan, const char *user, const char *password)
{
    Caller *c = caller_new(from, plan, NULL, NULL);

    c->user = user;
    c->password = password;
    caller_decide(c);
    return c;
}

X509Chain *
caller_chain(const CertSpec *s)
{
    X509Chain *c = x509_chain_new();
    g_autoptr(GBytes) der = certs_make(s);

    assert_true(x509_chain_add(c, certs_view(der)));
    return c;
}

CertSpec
caller_root(void)
{
    return (CertSpec){ .cn = "Root",
                       .constraints = "critical,CA:TRUE",
                       .usage = "critical,keyCertSign,cRLSign",
                       .not_after = INT64_C(4000000000),
                       .key = caller_root_key };
}

CertSpec
caller_certificate(const CertSpec *issuer)
{
    return (CertSpec){ .cn = "Alice Example",
                       .constraints = "CA:FALSE",
                       .usage = "digitalSignature",
                       .purpose = "clientAuth",
                       .san = "email:alice@example.com,DNS:laptops",
                       .not_after = INT64_C(4000000000),
                       .key = caller_leaf_key,
                       .issuer = issuer };
}

static char *
replace(const char *text, const char *from, const char *to)
{
    g_auto(GStrv) parts = g_strsplit(text, from, -1);

    assert_true(g_strv_length(parts) > 1);
    return g_strjoinv(to, parts);
}

void
caller_open_world(GatewayWorld *w, const char *more)
{
    g_autofree char *path = g_build_filename(AC_TEST_VECTORS, "asa-standard.cfg", NULL);
    g_autofree char *ca = g_build_filename(w->state, "ca.pem", NULL);
    g_autofree char *ca_line = g_strconcat("trustpoint clients ca ", ca, NULL);
    g_autofree char *text = NULL;
    g_autofree char *self = NULL;
    g_autofree char *no_files = NULL;
    g_autofree char *no_ppk = NULL;
    g_autofree char *with_ca = NULL;
    g_autofree char *all = NULL;
    CertSpec root = caller_root();
    g_autoptr(X509Chain) c = caller_chain(&root);
    g_autofree char *pem = x509_chain_to_pem(c);

    assert_true(g_file_set_contents(ca, pem, -1, NULL));
    assert_true(g_file_get_contents(path, &text, NULL, NULL));
    self = replace(text, "trustpoint gw\n enrollment terminal", "trustpoint gw\n enrollment self");
    no_files = replace(self, "!acheadend trustpoint gw certificate", "! ");
    no_ppk = replace(no_files, "!acheadend ppk", "! ");
    with_ca = replace(no_ppk, "trustpoint clients ca ca.pem", ca_line);
    all = g_strconcat(with_ca, more, NULL);
    gateway_world_open(w, all);
}

int
caller_world_make(void **state)
{
    caller_root_key = EVP_EC_gen("P-256");
    caller_leaf_key = EVP_EC_gen("P-256");
    return gateway_world_make(state);
}

int
caller_world_free(void **state)
{
    EVP_PKEY_free(caller_root_key);
    EVP_PKEY_free(caller_leaf_key);
    return gateway_world_free(state);
}

void
caller_net(void)
{
    netns_enter();
    netns_do("ip link set lo up");
    netns_do("ip addr add 10.0.0.1/32 dev lo");
    netns_do("ip addr add 192.0.2.1/32 dev lo");
    netns_do("ip addr add 192.168.1.1/32 dev lo");
    netns_do("ip addr add 192.168.1.2/32 dev lo");
    netns_do("ip addr add 192.168.1.3/32 dev lo");
}
