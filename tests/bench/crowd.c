/* crowd.c - many clients in one process, and what they cost the program that answers them.
 *
 * crowd --to ADDRESS --pid NUMBER [OPTION...]
 *
 * Each client is an IkeSa; all of them, or each few, share one pair of sockets. Time of processors
 * is read in nanoseconds, and only that of the program itself. */
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "agent/link/ike_driver.h"
#include "tests/bench/carry.h"

enum { SHARE = 8, TICK_MS = 20 }; /* --spread: as many clients from one address */

static const char *to, *way = "psk", *identity = "shared", *secret = "everybody-knows-it";
static const char *sink = "/run/netns/none", *inner = "172.16.1.10";
static gint pid, count = 100, at_once = 1, rate, away;
static double carry_seconds;
static gboolean half, asked_only, spread, fails;

static const GOptionEntry options[] = {
    { "to", 0, 0, G_OPTION_ARG_STRING, &to, "the gateway", "ADDRESS" },
    { "pid", 0, 0, G_OPTION_ARG_INT, &pid, "its program", "NUMBER" },
    { "count", 0, 0, G_OPTION_ARG_INT, &count, "clients", "N" },
    { "at-once", 0, 0, G_OPTION_ARG_INT, &at_once, "that many log in at one time", "N" },
    { "rate", 0, 0, G_OPTION_ARG_INT, &rate, "no more than that many begin in a second", "N" },
    { "away", 0, 0, G_OPTION_ARG_INT, &away, "they hear an answer so much later", "MILLISECONDS" },
    { "way", 0, 0, G_OPTION_ARG_STRING, &way, "psk, mschapv2 or anyconnect", "WAY" },
    { "identity", 0, 0, G_OPTION_ARG_STRING, &identity, "IDi; user of anyconnect", "NAME" },
    { "secret", 0, 0, G_OPTION_ARG_STRING, &secret, "the key or the password", "TEXT" },
    { "half", 0, 0, G_OPTION_ARG_NONE, &half, "IKE_SA_INIT and no more", NULL },
    { "init", 0, 0, G_OPTION_ARG_NONE, &asked_only, "an IKE_SA_INIT and its first answer", NULL },
    { "spread", 0, 0, G_OPTION_ARG_NONE, &spread, "from many addresses, 10.64.0.1 on", NULL },
    { "fails", 0, 0, G_OPTION_ARG_NONE, &fails, "no login may succeed", NULL },
    { "carry", 0, 0, G_OPTION_ARG_DOUBLE, &carry_seconds, "then all send, and what arrives is told",
      "SECONDS" },
    { "sink", 0, 0, G_OPTION_ARG_STRING, &sink, "namespace of the inside, /run/netns/name",
      "FILE" },
    { "inside", 0, 0, G_OPTION_ARG_STRING, &inner, "address of it that they send to", "ADDRESS" },
    { 0 },
};

/* A pair of sockets. */
typedef struct Host {
    UdpDoors doors;
    unsigned users;
} Host;

typedef struct Client {
    IkeSa *sa;
    Host *host;
    uint64_t spi;
    Usec begun;
    bool done, tried;
} Client;

typedef struct Crowd {
    IkeConfig config;
    GPtrArray *clients; /* those that are not done yet */
    GHashTable *hosts;  /* Host * in use */
    Host *host;         /* of the newest */
    unsigned started, up, refused, answered;
    GArray *took;             /* double, milliseconds */
    const Arrivals *arrivals; /* --carry */
    GPtrArray *carriers;
} Crowd;

static double
read_seconds(const char *path)
{
    g_autofree char *text = NULL;

    if (!g_file_get_contents(path, &text, NULL, NULL))
        return 0;
    return (double)g_ascii_strtoull(text, NULL, 10) / 1e9;
}

/* Of all its threads. */
static double
cpu_of(int number)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/task", number);
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *task;
    double sum = 0;

    while (dir && (task = g_dir_read_name(dir))) {
        g_autofree char *stat = g_strdup_printf("%s/%s/schedstat", path, task);

        sum += read_seconds(stat);
    }
    return sum;
}

static double
resident_kib(int number)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/smaps_rollup", number), *text = NULL;
    const char *at;

    if (!g_file_get_contents(path, &text, NULL, NULL) || !(at = strstr(text, "\nRss:")))
        return 0;
    return (double)g_ascii_strtoull(at + 5 + strspn(at + 5, " \t"), NULL, 10);
}

static double
own_cpu(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static UdpSock *
open_socket(uint32_t address, bool natt)
{
    UdpSockSetup s = { .natt = natt, .remote.port = natt ? 4500 : 500 };
    g_autoptr(GError) error = NULL;
    UdpSock *sock;

    if (!addr_parse(to, &s.remote.addr))
        g_error("--to %s: not an address", to);
    if (address)
        s.local.addr = (Addr){ .family = ADDR_V4,
                               .b = { (uint8_t)(address >> 24), (uint8_t)(address >> 16),
                                      (uint8_t)(address >> 8), (uint8_t)address } };
    sock = udp_sock_new(&s, &error);
    if (!sock)
        g_error("%s", error->message);
    return sock;
}

static Host *
host_of_next(Crowd *c)
{
    if (!c->host || (spread && c->started % SHARE == 0)) {
        uint32_t address = spread ? 0x0a400001 + c->started / SHARE : 0;

        c->host = g_new0(Host, 1);
        udp_doors_put(&c->host->doors, open_socket(address, false));
        udp_doors_put(&c->host->doors, open_socket(address, true));
        g_hash_table_add(c->hosts, c->host);
    }
    c->host->users++;
    return c->host;
}

static void
host_left(Crowd *c, Host *h)
{
    if (--h->users || !spread || h == c->host || c->arrivals)
        return;
    g_hash_table_remove(c->hosts, h);
    udp_sock_free(h->doors.v4.init);
    udp_sock_free(h->doors.v4.natt);
    g_free(h);
}

static void
finish(Crowd *c, Client *k, bool up)
{
    double took = (double)(ike_driver_now() - k->begun) / 1e3;

    k->done = true;
    c->up += up;
    c->refused += !up;
    g_array_append_val(c->took, took);
}

/* A form is filled in once; who sees it again gives up. */
static void
answer_form(Client *k, const EapQuestion *q)
{
    g_auto(EapAnswer) a = { .kind = EAP_ANSWER_ACCEPT };

    if (q->doc && q->doc->type == AC_AUTH_REQUEST && k->tried) {
        a.kind = EAP_ANSWER_DECLINE;
    } else if (q->doc && q->doc->type == AC_AUTH_REQUEST) {
        a.kind = EAP_ANSWER_FIELDS;
        a.fields = ac_fields_new();
        ac_fields_set(a.fields, "username", slice_of(identity));
        ac_fields_set(a.fields, "password", slice_of(secret));
        k->tried = true;
    }
    ike_sa_answer_eap(k->sa, &a, ike_driver_now());
}

static void
hear(Crowd *c, Client *k)
{
    IkeEvent ev;

    while (ike_sa_pull_event(k->sa, &ev)) {
        if (ev.kind == IKE_EV_CERTIFICATE)
            ike_sa_answer_certificate(k->sa, true, ike_driver_now());
        if (ev.kind == IKE_EV_QUESTION)
            answer_form(k, ev.question);
        if (ev.kind == IKE_EV_CHILD_UP && c->arrivals)
            g_ptr_array_add(c->carriers,
                            carrier_new(ev.child, k->host->doors.v4.natt, c->arrivals));
        if (ev.kind == IKE_EV_UP && !k->done)
            finish(c, k, true);
        if (ev.kind == IKE_EV_CLOSED && !k->done) {
            if (!fails)
                fprintf(stderr, "crowd: not connected: %s\n", ev.text ? ev.text : "-");
            finish(c, k, false);
        }
    }
}

static bool
is_auth(Slice octets)
{
    return octets.len > 18 && octets.p[18] == IKE_EXCHANGE_IKE_AUTH;
}

static void
speak(Crowd *c, Client *k)
{
    IkeDatagram d;

    hear(c, k);
    while (ike_sa_pull_datagram(k->sa, &d)) {
        if (half && is_auth(d.octets)) {
            if (!k->done)
                finish(c, k, true);
            continue;
        }
        udp_doors_send(&k->host->doors, &d);
    }
    hear(c, k);
}

static void
start(Crowd *c)
{
    Client *k = g_new0(Client, 1);
    IkePath init, natt;
    IkeInfo info;

    k->host = host_of_next(c);
    k->sa = ike_sa_new(IKE_INITIATOR, &c->config, ike_driver_env());
    k->begun = ike_driver_now();
    init = (IkePath){ .local = udp_sock_local(k->host->doors.v4.init),
                      .remote = udp_sock_remote(k->host->doors.v4.init) };
    natt = (IkePath){ .local = udp_sock_local(k->host->doors.v4.natt),
                      .remote = udp_sock_remote(k->host->doors.v4.natt),
                      .natt = true };
    ike_sa_start(k->sa, &init, &natt, k->begun);
    ike_sa_info(k->sa, &info);
    k->spi = GUINT64_TO_BE(info.spi_i);
    c->started++;
    g_ptr_array_add(c->clients, k);
    speak(c, k);
}

static Client *
find(Crowd *c, Slice octets)
{
    for (guint i = 0; i < c->clients->len && octets.len >= 8; i++) {
        Client *k = g_ptr_array_index(c->clients, i);

        if (memcmp(octets.p, &k->spi, 8) == 0)
            return k;
    }
    return NULL;
}

static void
read_socket(Crowd *c, UdpSock *s)
{
    IkeDatagram d;
    Client *k;

    while (udp_sock_recv(s, &d)) {
        c->answered++;
        k = find(c, d.octets);
        if (!k)
            continue;
        if (asked_only) {
            finish(c, k, true);
            continue;
        }
        (void)ike_sa_recv(k->sa, &d.path, d.octets, ike_driver_now());
        speak(c, k);
    }
}

static void
read_all(Crowd *c)
{
    g_autofree struct pollfd *v = g_new0(struct pollfd, 2 * g_hash_table_size(c->hosts));
    g_autofree UdpSock **socks = g_new0(UdpSock *, 2 * g_hash_table_size(c->hosts));
    nfds_t n = 0;
    GHashTableIter it;
    gpointer h;

    g_hash_table_iter_init(&it, c->hosts);
    while (g_hash_table_iter_next(&it, &h, NULL)) {
        socks[n++] = ((Host *)h)->doors.v4.init;
        socks[n++] = ((Host *)h)->doors.v4.natt;
    }
    for (nfds_t i = 0; i < n; i++)
        v[i] = (struct pollfd){ .fd = udp_sock_fd(socks[i]), .events = POLLIN };
    if (away > 0)
        g_usleep((gulong)away * 1000);
    if (poll(v, n, away > 0 ? 0 : TICK_MS) > 0) {
        for (nfds_t i = 0; i < n; i++)
            if (v[i].revents)
                read_socket(c, socks[i]);
    }
}

static void
tick_all(Crowd *c)
{
    Usec now = ike_driver_now();

    for (guint i = c->clients->len; i > 0; i--) {
        Client *k = g_ptr_array_index(c->clients, i - 1);

        if (!k->done && ike_sa_deadline(k->sa) <= now) {
            ike_sa_tick(k->sa, now);
            speak(c, k);
        }
        if (!k->done)
            continue;
        /* It stands until the end, without another word: its program keeps it. */
        host_left(c, k->host);
        ike_sa_free(k->sa);
        g_free(k);
        g_ptr_array_remove_index_fast(c->clients, i - 1);
    }
}

static void
configure(IkeConfig *c)
{
    static const EapMethod *const anyconnect[] = { &eap_anyconnect, NULL };
    static const EapMethod *const mschapv2[] = { &eap_mschapv2, NULL };

    *c = (IkeConfig){
        .sig = { .min_rsa = 2048 }, .ke_group = KE_ECP256, .fragmentation = true, .mtu = 1400
    };
    if (g_str_equal(way, "psk"))
        c->plan = (IkePlan){ .ours = IKE_WAY_PSK,
                             .theirs = IKE_WAY_PSK,
                             .id = { IKE_ID_FQDN, slice_of(identity) },
                             .psk_ours = slice_of(secret),
                             .psk_theirs = slice_of(secret) };
    else if (g_str_equal(way, "mschapv2"))
        c->plan = (IkePlan){ .ours = IKE_WAY_EAP,
                             .theirs = IKE_WAY_CERT,
                             .id = { IKE_ID_FQDN, slice_of(identity) },
                             .eap = mschapv2,
                             .eap_setup = { .identity = identity } };
    else
        c->plan = (IkePlan){ .ours = IKE_WAY_EAP,
                             .theirs = IKE_WAY_CERT,
                             .id = { IKE_ID_GROUP, slice_of("*$AnyConnectClient$*") },
                             .eap = anyconnect,
                             .eap_setup = { .ac = { .version = "4.10", .device = "linux-64" } } };
    ike_offer_policy(IKE_PROTO_IKE, SUITE_MODERN, &c->ike);
    ike_offer_policy(IKE_PROTO_ESP, SUITE_MODERN, &c->esp);
}

static int
by_size(gconstpointer a, gconstpointer b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void
run(Crowd *c)
{
    double cpu = cpu_of(pid), rss = resident_kib(pid), own = own_cpu(), n = count, span;
    Usec begun = ike_driver_now();

    while (c->up + c->refused < (unsigned)count) {
        while (c->clients->len < (unsigned)at_once && c->started < (unsigned)count &&
               (!rate || c->started <= (double)(ike_driver_now() - begun) / 1e6 * rate))
            start(c);
        read_all(c);
        tick_all(c);
    }
    span = (double)(ike_driver_now() - begun) / 1e6;
    cpu = cpu_of(pid) - cpu;
    rss = resident_kib(pid) - rss;
    own = own_cpu() - own;
    g_array_sort(c->took, by_size);
    printf("%u up, %u refused; %.0f a second; median %.3g ms, p95 %.3g ms; processor time of each, "
           "us: client %.0f, gateway %.0f; resident memory of each %.3g KiB\n",
           c->up, c->refused, n / span, g_array_index(c->took, double, c->took->len / 2),
           g_array_index(c->took, double, c->took->len * 95 / 100), own / n * 1e6, cpu / n * 1e6,
           rss / n);
    if (c->carriers->len)
        printf("arrive a second: %.0f\n", carry((Carrier *const *)c->carriers->pdata,
                                                c->carriers->len, c->arrivals, carry_seconds));
}

int
main(int argc, char **argv)
{
    g_autoptr(GOptionContext) context = g_option_context_new(NULL);
    g_autoptr(GError) error = NULL;
    Crowd c = { .clients = g_ptr_array_new(),
                .hosts = g_hash_table_new(NULL, NULL),
                .took = g_array_new(FALSE, FALSE, sizeof(double)),
                .carriers = g_ptr_array_new() };

    g_option_context_add_main_entries(context, options, NULL);
    if (!g_option_context_parse(context, &argc, &argv, &error) || !to || !pid || count < 1) {
        fprintf(stderr, "crowd: %s\n", error ? error->message : "see crowd --help");
        return 2;
    }
    configure(&c.config);
    if (carry_seconds > 0)
        c.arrivals = arrivals_new(sink, inner);
    run(&c);
    return fails ? c.up != 0 : c.refused != 0;
}
