#include "agent/headend/show_ipsec.h"

static void
line(const char *name, uint64_t v, GString *out)
{
    g_string_append_printf(out, "    %s: %" G_GUINT64_FORMAT "\n", name, (guint64)v);
}

void
show_ipsec_stats(const ShowIpsec *s, GString *out)
{
    const EspStats *all = &s->all;

    g_string_append_printf(out,
                           "IPsec Global Statistics\n"
                           "-----------------------\n"
                           "Active tunnels: %zu\n",
                           s->tunnels);
    g_string_append(out, "Inbound\n");
    line("Bytes", all->octets_in, out);
    line("Packets", all->packets_in, out);
    line("Replay failures", all->drops[ESP_REPLAYED], out);
    line("Authentication failures", all->drops[ESP_FORGED], out);
    g_string_append(out, "Outbound\n");
    line("Bytes", all->octets_out, out);
    line("Packets", all->packets_out, out);
    g_string_append_printf(out, "Missing SA failures: %" G_GUINT64_FORMAT "\n",
                           (guint64)all->drops[ESP_NO_SA]);
    g_string_append(out, "Dropped packets\n");
    for (EspStatus why = ESP_OK + 1; why < ESP_STATUS_N; why++)
        line(esp_status_name(why), all->drops[why], out);
    for (PumpLoss why = 0; why < PUMP_LOSS_N; why++)
        line(pump_loss_name(why), s->losses[why], out);
}
