#include "agent/eap/eap_tls_join.h"

enum { LENGTH = 0x80, MORE = 0x40 };

void
eap_tls_join_init(EapTlsJoin *j)
{
    *j = (EapTlsJoin){ .octets = g_byte_array_new(), .whole = true };
}

void
eap_tls_join_clear(EapTlsJoin *j)
{
    g_clear_pointer(&j->octets, g_byte_array_unref);
}

static bool
begin(EapTlsJoin *j)
{
    if (!j->whole)
        return false;
    g_byte_array_set_size(j->octets, 0);
    j->length = 0;
    j->whole = false;
    return true;
}

/* Later fragments may repeat the length, but not change it. */
static bool
say_length(EapTlsJoin *j, uint32_t length, bool first)
{
    if (length > EAP_TLS_FLIGHT || (!first && length != j->length))
        return false;
    j->length = length;
    return true;
}

EapTlsPart
eap_tls_join_add(EapTlsJoin *j, Slice data)
{
    Reader in = reader_init(data);
    bool first = begin(j);
    uint8_t flags;
    uint32_t length;
    Slice rest;

    if (!reader_u8(&in, &flags))
        return EAP_TLS_BAD;
    if ((flags & LENGTH) != 0 && (!reader_u32(&in, &length) || !say_length(j, length, first)))
        return EAP_TLS_BAD;
    rest = reader_rest(&in);
    if ((flags & MORE) != 0 && (rest.len == 0 || j->length == 0))
        return EAP_TLS_BAD;
    if (j->octets->len + rest.len > (j->length ? j->length : EAP_TLS_FLIGHT) ||
        j->total + rest.len > EAP_TLS_TOTAL)
        return EAP_TLS_BAD;
    j->total += rest.len;
    if (rest.len)
        g_byte_array_append(j->octets, rest.p, (guint)rest.len);
    if ((flags & MORE) != 0)
        return EAP_TLS_MORE;
    j->whole = true;
    return j->length && j->octets->len != j->length ? EAP_TLS_BAD : EAP_TLS_WHOLE;
}

Slice
eap_tls_join_view(const EapTlsJoin *j)
{
    return (Slice){ j->octets->data, j->octets->len };
}
