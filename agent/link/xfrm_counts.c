#include "agent/link/xfrm_counts.h"

#include <stdio.h>

/* XfrmInStateSeqError and XfrmInStateProtoError are in the counters of the SA. */
static const struct {
    const char *name;
    EspStatus why;
} rows[] = {
    { "XfrmInHdrError", ESP_MALFORMED },
    { "XfrmInStateModeError", ESP_MALFORMED },
    { "XfrmInNoStates", ESP_NO_SA },
    { "XfrmInStateMismatch", ESP_NO_SA }, /* it is not to come like this: in UDP, or not */
    { "XfrmInStateExpired", ESP_NO_SA },
    { "XfrmInStateInvalid", ESP_NO_SA },
    { "XfrmOutNoStates", ESP_NO_SA },
    { "XfrmOutStateExpired", ESP_NO_SA },
    { "XfrmOutStateInvalid", ESP_NO_SA },
    { "XfrmOutStateSeqError", ESP_SPENT },
    { "XfrmInTmplMismatch", ESP_SELECTOR },
    { "XfrmInNoPols", ESP_SELECTOR },
    { "XfrmInPolBlock", ESP_SELECTOR },
    { "XfrmInPolError", ESP_SELECTOR },
    { "XfrmOutPolBlock", ESP_SELECTOR },
};

static void
take_line(const char *line, XfrmCounts *ret)
{
    char name[64];
    guint64 n;

    if (sscanf(line, "%63s %" G_GUINT64_FORMAT, name, &n) != 2)
        return;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        if (g_str_equal(rows[i].name, name))
            ret->drops[rows[i].why] += n;
}

void
xfrm_counts_parse(const char *text, XfrmCounts *ret)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

    *ret = (XfrmCounts){ 0 };
    for (size_t i = 0; lines[i]; i++)
        take_line(lines[i], ret);
}

void
xfrm_counts_read(XfrmCounts *ret)
{
    g_autofree char *text = NULL;

    (void)g_file_get_contents("/proc/self/net/xfrm_stat", &text, NULL, NULL);
    xfrm_counts_parse(text ? text : "", ret);
}
