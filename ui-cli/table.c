#include "ui-cli/table.h"

static bool
integer(GVariant *v, gint64 *ret)
{
    if (g_variant_is_of_type(v, G_VARIANT_TYPE_UINT64))
        *ret = (gint64)g_variant_get_uint64(v);
    else if (g_variant_is_of_type(v, G_VARIANT_TYPE_INT64))
        *ret = g_variant_get_int64(v);
    else if (g_variant_is_of_type(v, G_VARIANT_TYPE_UINT32))
        *ret = g_variant_get_uint32(v);
    else if (g_variant_is_of_type(v, G_VARIANT_TYPE_INT32))
        *ret = g_variant_get_int32(v);
    else
        return false;
    return true;
}

static char *
number(gint64 n, TableKind kind)
{
    g_autoptr(GDateTime) time = NULL;

    switch (kind) {
    case TABLE_HEX:
        return g_strdup_printf("0x%08" G_GINT64_MODIFIER "x", n);
    case TABLE_DURATION:
        return g_strdup_printf("%02" G_GINT64_FORMAT ":%02d:%02d", n / 3600, (int)(n / 60 % 60),
                               (int)(n % 60));
    case TABLE_USEC:
    case TABLE_TIME:
        time = g_date_time_new_from_unix_local(kind == TABLE_USEC ? n / G_USEC_PER_SEC : n);
        return time ? g_date_time_format(time, "%Y-%m-%d %H:%M:%S %z") : NULL;
    default:
        return g_strdup_printf("%" G_GINT64_FORMAT, n);
    }
}

char *
table_value(GVariant *dict, const char *key, TableKind kind)
{
    g_autoptr(GVariant) v = g_variant_lookup_value(dict, key, NULL);
    gint64 n;

    if (!v)
        return NULL;
    if (g_variant_is_of_type(v, G_VARIANT_TYPE_STRING)) {
        const char *text = g_variant_get_string(v, NULL);

        if (kind == TABLE_STATE)
            text = out_state_word(text);
        return *text ? out_clean(text, true) : NULL;
    }
    if (g_variant_is_of_type(v, G_VARIANT_TYPE_BOOLEAN))
        return g_strdup(g_variant_get_boolean(v) ? "yes" : "no");
    return integer(v, &n) ? number(n, kind) : NULL;
}
