#include "agent/base/addr.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whatever parses prints as something that parses to the same. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strndup(size ? (const char *)data : "", size);
    char addr_buf[ADDR_TEXT_MAX], endpoint_buf[ENDPOINT_TEXT_MAX], prefix_buf[PREFIX_TEXT_MAX];
    Addr a, a2;
    Endpoint e, e2;
    Prefix p, p2;

    if (addr_parse(text, &a) &&
        (!addr_parse(addr_format(&a, addr_buf), &a2) || !addr_equal(&a, &a2)))
        g_error("address %s came back as %s", text, addr_buf);
    if (endpoint_parse(text, &e) &&
        (!endpoint_parse(endpoint_format(&e, endpoint_buf), &e2) || !endpoint_equal(&e, &e2)))
        g_error("endpoint %s came back as %s", text, endpoint_buf);
    if (prefix_parse(text, &p)) {
        Addr last = prefix_last(&p);

        if (!prefix_parse(prefix_format(&p, prefix_buf), &p2) || !prefix_equal(&p, &p2))
            g_error("prefix %s came back as %s", text, prefix_buf);
        if (!prefix_contains(&p, &p.addr) || !prefix_contains(&p, &last))
            g_error("prefix %s does not hold its own ends", text);
    }
    return 0;
}
