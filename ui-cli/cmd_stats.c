#include <string.h>

#include "ui-cli/cli.h"
#include "ui-cli/table.h"

/* Sections, labels and their order are those that scripts know from `vpn stats`
 * (agent/docs/CLI.md §1); a row with a section opens it. */
static const struct {
    const char *section, *label, *key;
    TableKind kind;
} rows[] = {
    { "Connection Information", "Connection State:", "state", TABLE_STATE },
    { NULL, "Tunnel Mode (IPv4):", "tunnel_mode4", TABLE_PLAIN },
    { NULL, "Tunnel Mode (IPv6):", "tunnel_mode6", TABLE_PLAIN },
    { NULL, "Duration:", "duration", TABLE_DURATION },
    { "Address Information", "Client Address (IPv4):", "client4", TABLE_PLAIN },
    { NULL, "Client Address (IPv6):", "client6", TABLE_PLAIN },
    { NULL, "Server Address:", "server", TABLE_PLAIN },
    { "Bytes", "Bytes Sent:", "bytes_sent", TABLE_PLAIN },
    { NULL, "Bytes Received:", "bytes_received", TABLE_PLAIN },
    { "Frames", "Packets Sent:", "packets_sent", TABLE_PLAIN },
    { NULL, "Packets Received:", "packets_received", TABLE_PLAIN },
    { "Control Frames", "Control Frames Sent:", "control_sent", TABLE_PLAIN },
    { NULL, "Control Frames Received:", "control_received", TABLE_PLAIN },
    { "Client Management", "Administrative Domain:", "domain", TABLE_PLAIN },
    { NULL, "Profile Name:", "profile", TABLE_PLAIN },
    { "Transport Information", "Protocol:", "protocol", TABLE_PLAIN },
    { NULL, "Login:", "login", TABLE_PLAIN },
    { NULL, "Cipher:", "cipher", TABLE_PLAIN },
    { NULL, "MTU:", "mtu", TABLE_PLAIN },
    { NULL, "SPI In:", "spi_in", TABLE_HEX },
    { NULL, "SPI Out:", "spi_out", TABLE_HEX },
    { NULL, "New IKE Keys Within:", "ike_left", TABLE_DURATION },
    { NULL, "New Tunnel Keys Within:", "child_left", TABLE_DURATION },
};

static const struct {
    const char *section, *key;
} routes[] = {
    { "Secured Routes (IPv4)", "secured4" },
    { "Secured Routes (IPv6)", "secured6" },
    { "Non-Secured Routes (IPv4)", "nonsecured4" },
    { "Non-Secured Routes (IPv6)", "nonsecured6" },
};

static void
show_section(Out *o, const char *name)
{
    out_text(o, "\n[ %s ]\n\n", name);
}

/* "10.0.0.0/8" in two columns; nothing at all for an empty list. */
static void
show_routes(Out *o, GVariant *stats, const char *section, const char *key)
{
    g_autofree const char **list = NULL;

    (void)g_variant_lookup(stats, key, "^a&s", &list);
    if (!list || !list[0])
        return;
    show_section(o, section);
    out_text(o, "    %-40sSubnet\n", "Network");
    for (size_t i = 0; list[i]; i++) {
        g_autofree char *route = out_clean(list[i], true);
        char *slash = strchr(route, '/');

        if (slash)
            *slash = '\0';
        out_text(o, "    %-40s%s\n", route, slash ? slash + 1 : "");
    }
}

static void
show_drops(Out *o, GVariant *stats)
{
    g_autoptr(GVariant) drops = g_variant_lookup_value(stats, "drops", G_VARIANT_TYPE("a{st}"));
    GVariantIter iter;
    const char *reason;
    guint64 n;

    if (!drops || !g_variant_n_children(drops))
        return;
    show_section(o, "Dropped Packets");
    g_variant_iter_init(&iter, drops);
    while (g_variant_iter_next(&iter, "{&st}", &reason, &n)) {
        g_autofree char *clean = out_clean(reason, true);
        g_autofree char *label = g_strconcat(clean, ":", NULL);

        out_text(o, "    %-29s%" G_GUINT64_FORMAT "\n", label, n);
    }
}

int
cmd_stats(Cli *cli, char **argv)
{
    g_auto(GStrv) args = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(GVariant) stats = NULL;
    int code;

    if (!cli_parse(cli, argv, NULL, 0, 0, &args, &code))
        return code;
    if (cli_bus(cli, &error))
        stats = bus_stats(cli->bus, cli->cancel, &error);
    if (!stats)
        return cli_fail(cli, error, NULL);
    out_json(&cli->out, stats);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *value = table_value(stats, rows[i].key, rows[i].kind);

        if (rows[i].section)
            show_section(&cli->out, rows[i].section);
        out_text(&cli->out, "    %-29s%s\n", rows[i].label, value ? value : "Not Available");
    }
    for (size_t i = 0; i < G_N_ELEMENTS(routes); i++)
        show_routes(&cli->out, stats, routes[i].section, routes[i].key);
    show_drops(&cli->out, stats);
    return 0;
}
