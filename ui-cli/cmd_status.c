#include "ui-cli/cli.h"
#include "ui-cli/table.h"

static const struct {
    const char *label, *key;
    TableKind kind;
} rows[] = {
    { "Host:", "host", TABLE_PLAIN },
    { "Gateway:", "gateway", TABLE_PLAIN },
    { "User:", "user", TABLE_PLAIN },
    { "Group:", "group", TABLE_PLAIN },
    { "Login:", "login", TABLE_PLAIN },
    { "Since:", "since", TABLE_USEC },
    { "Login until:", "login_until", TABLE_USEC },
    { "Address (IPv4):", "client4", TABLE_PLAIN },
    { "Address (IPv6):", "client6", TABLE_PLAIN },
    { "Interface:", "ifname", TABLE_PLAIN },
    { "Tunnel mode:", "tunnel_mode", TABLE_PLAIN },
    { "IKE:", "ike", TABLE_PLAIN },
    { "ESP:", "esp", TABLE_PLAIN },
    { "PPK:", "ppk", TABLE_PLAIN },
    { "Profile:", "profile", TABLE_PLAIN },
    { "Last error:", "error", TABLE_PLAIN },
};

int
cmd_status(Cli *cli, char **argv)
{
    g_auto(GStrv) args = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(GVariant) status = NULL;
    const char *state = "";
    int code;

    if (!cli_parse(cli, argv, NULL, 0, 0, &args, &code))
        return code;
    if (cli_bus(cli, &error))
        status = bus_status(cli->bus, cli->cancel, &error);
    if (!status)
        return cli_fail(cli, error, NULL);
    out_json(&cli->out, status);
    (void)g_variant_lookup(status, "state", "&s", &state);
    out_line(&cli->out, "state", "%s", out_state_word(state));
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *value = table_value(status, rows[i].key, rows[i].kind);

        if (value)
            out_text(&cli->out, "     %-16s%s\n", rows[i].label, value);
    }
    return g_str_equal(state, "connected") ? 0 : ac_error_exit_code(AC_ERROR_NOT_CONNECTED);
}
