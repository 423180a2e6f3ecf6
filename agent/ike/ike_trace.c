#include "agent/ike/ike_trace.h"

#include <stdarg.h>

#include "agent/base/log.h"
#include "agent/eap/ac_xml.h"
#include "agent/ike/ike_trace_private.h"

static void
finish_line(IkeTrace *t)
{
    g_string_append_c(t->text, '\n');
    if (t->text->len <= TRACE_MAX)
        return;
    g_string_append(t->text, "  ... the rest is left out\n");
    t->full = true;
}

void
ike_trace_line(IkeTrace *t, const char *format, ...)
{
    va_list args;

    if (t->full)
        return;
    va_start(args, format);
    g_string_append_vprintf(t->text, format, args);
    va_end(args);
    finish_line(t);
}

void
ike_trace_hex(IkeTrace *t, Slice octets)
{
    size_t shown = MIN(octets.len, (size_t)TRACE_HEX_MAX);

    for (size_t i = 0; i < shown && !t->full; i++) {
        g_string_append_printf(t->text, i % 16 == 0 ? "     %02x" : " %02x", octets.p[i]);
        if (i % 16 == 15 || i + 1 == shown)
            finish_line(t);
    }
    if (shown < octets.len)
        ike_trace_line(t, "     ... %zu octets more", octets.len - shown);
}

void
ike_trace_peer(IkeTrace *t, const char *what, Slice s)
{
    g_autofree char *text = log_escape((const char *)s.p, s.len, TRACE_TEXT_MAX);

    ike_trace_line(t, "     %s: %s", what, text);
}

void
ike_trace_xml(IkeTrace *t, Slice xml)
{
    g_autofree char *masked = ac_xml_mask(xml);

    for (const char *at = masked; *at && !t->full;) {
        size_t len = strcspn(at, "\n");
        size_t shown = MIN(len, (size_t)TRACE_MAX);

        ike_trace_line(t, "     %.*s%s", (int)shown, at, shown < len ? "..." : "");
        at += len + (at[len] == '\n');
    }
}

const char *
ike_trace_type(uint8_t type, char buf[static 16])
{
    const char *word = ike_payload_name(type);

    if (word[0] != '?')
        return word;
    g_snprintf(buf, 16, "%u", type);
    return buf;
}

static void
trace_header(IkeTrace *t, const IkeHeader *h)
{
    const char *exchange = ike_exchange_name(h->exchange);
    char next[16], number[16];

    g_snprintf(number, sizeof(number), "%u", h->exchange);
    ike_trace_line(t, "HDR[i:%016" G_GINT64_MODIFIER "X - r: %016" G_GINT64_MODIFIER "X]", h->spi_i,
                   h->spi_r);
    ike_trace_line(t,
                   "IKEV2 HDR ispi: %016" G_GINT64_MODIFIER "X - rspi: %016" G_GINT64_MODIFIER "X",
                   h->spi_i, h->spi_r);
    ike_trace_line(t, "Next payload: %s, version: %u.%u", ike_trace_type(h->next_payload, next),
                   h->version >> 4, h->version & 15u);
    ike_trace_line(t, "Exchange type: %s, flags: %s%s", exchange[0] == '?' ? number : exchange,
                   h->flags & IKE_FLAG_INITIATOR ? "INITIATOR" : "RESPONDER",
                   h->flags & IKE_FLAG_RESPONSE ? " MSG-RESPONSE" : "");
    ike_trace_line(t, "Message id: 0x%X, length: %u", h->message_id, h->length);
}

static void
trace_payload(IkeTrace *t, const IkePayload *p)
{
    char type[16], next[16];

    ike_trace_line(t, " %s  Next payload: %s, reserved: 0x0, length: %zu%s",
                   ike_trace_type(p->type, type), ike_trace_type(p->next, next),
                   p->body.len + IKE_PAYLOAD_HEADER_LEN, p->critical ? ", critical" : "");
    ike_trace_body(t, p);
}

char *
ike_trace_msg(const IkeMsg *m, bool sent, const char *local, const char *remote)
{
    IkeTrace t = { .text = g_string_new(NULL) };
    bool inner = false;

    ike_trace_line(&t, "%s [L %s/R %s] m_id: 0x%X", sent ? "Tx" : "Rx", local, remote,
                   m->h.message_id);
    trace_header(&t, &m->h);
    if (m->n > 0)
        ike_trace_line(&t, "Payload contents:");
    for (size_t i = 0; i < m->n; i++) {
        if (m->p[i].inner && !inner)
            ike_trace_line(&t, "Decrypted payload contents:");
        inner = m->p[i].inner;
        trace_payload(&t, &m->p[i]);
    }
    return g_string_free(t.text, FALSE);
}
