/* What ESP does to inner packets: the same lines in both languages. */

#include "agent/esp/esp_replay.h"
#include "agent/headend/asa_parse_private.h"

static EspRules *
rules_of(AsaParse *p)
{
    return p->config ? &p->config->esp : &p->router->esp;
}

static void
on_window(AsaParse *p, const AsaArgs *a)
{
    uint32_t v;

    if (asa_parse_number(p, a->v[0], "window-size", ESP_REPLAY_BITS_MIN, ESP_REPLAY_BITS_MAX, &v))
        rules_of(p)->replay_window = v;
}

static void
on_no_window(AsaParse *p, const AsaArgs *a)
{
    (void)a;
    rules_of(p)->replay_window = ESP_REPLAY_OFF;
}

static void
on_tcpmss(AsaParse *p, const AsaArgs *a)
{
    uint32_t v;

    /* as on an ASA: 48 to 65535, and 0 lets them be */
    if (g_str_equal(a->v[0], "0"))
        rules_of(p)->tcp_mss = 0;
    else if (asa_parse_number(p, a->v[0], "tcpmss", 48, UINT16_MAX, &v))
        rules_of(p)->tcp_mss = v;
}

static void
on_df(AsaParse *p, const AsaArgs *a)
{
    const char *what = a->v[0];

    rules_of(p)->df = g_str_has_prefix(what, "copy")    ? ESP_DF_COPY
                      : g_str_has_prefix(what, "clear") ? ESP_DF_CLEAR
                                                        : ESP_DF_SET;
}

const AsaRule asa_lines_esp[] = {
    { ASA_TOP, "crypto ipsec df-bit copy-df|clear-df|set-df #", on_df, 0, NULL },
    { ASA_TOP, "crypto ipsec df-bit copy|clear|set", on_df, 0, NULL },
    { ASA_TOP, "crypto ipsec df-bit *", NULL, 0,
      "expected: df-bit copy-df|clear-df|set-df INTERFACE (IOS: copy|clear|set)" },
    { ASA_TOP, "crypto ipsec fragmentation before-encryption|after-encryption #", NULL, 0, NULL },
    { ASA_TOP, "sysopt connection tcpmss #", on_tcpmss, 0, NULL },
    { ASA_TOP, "sysopt connection tcpmss minimum #", NULL, 0,
      "segments are never made larger here" },
    { IOS_IN_INTERFACE, "ip tcp adjust-mss #", on_tcpmss, 0, NULL },
    { ASA_TOP, "crypto ipsec security-association replay window-size #", on_window, 0, NULL },
    { ASA_TOP, "crypto ipsec security-association replay disable", on_no_window, 0, NULL },
    { ASA_TOP, "crypto ipsec security-association replay *", NULL, 0,
      "expected: replay window-size N, or replay disable" },
    { 0 },
};
