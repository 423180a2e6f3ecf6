#include "agent/daemon/event.h"

#include "agent/base/log.h"

enum {
    TEXT_MAX = 8192
}; /* octets of one text shown to a person; banners of the field have up to 4000 */

GVariantDict *
event_begin(const char *kind)
{
    GVariantDict *d = g_variant_dict_new(NULL);

    g_variant_dict_insert(d, "event", "s", kind);
    g_variant_dict_insert(d, "ts", "x", g_get_real_time());
    return d;
}

GVariant *
event_end(GVariantDict *d)
{
    GVariant *v = g_variant_dict_end(d);

    g_variant_dict_unref(d);
    return v;
}

void
event_put_text(GVariantDict *d, const char *key, const char *text)
{
    g_autofree char *escaped = NULL;

    if (!text)
        return;
    if (!g_utf8_validate(text, -1, NULL) || strlen(text) > TEXT_MAX)
        text = escaped = log_escape(text, strlen(text), TEXT_MAX);
    g_variant_dict_insert(d, key, "s", text);
}
