/* wire.h - what the tests of every decoder share: round trips, truncation sweeps, the capture. */
#pragma once

#include <glib.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/writer.h"
#include "tests/support/hex.h"
#include "tests/support/test.h"

/* wire_equal - what @out holds is @want, octet for octet. */
static inline void
wire_equal(const Writer *out, Slice want)
{
    assert_int_equal(writer_finish(out), want.len);
    assert_memory_equal(out->base, want.p, want.len);
}

/* wire_slice - @h as octets; @h must outlive it. */
static inline Slice
wire_slice(const Hex *h)
{
    return (Slice){ h->b, h->len };
}

/* wire_exact - a private copy without one octet to spare, so that the sanitizer sees an overrun. */
static inline Slice
wire_exact(Slice s, void **ret_owner)
{
    *ret_owner = g_memdup2(s.p, s.len);
    return (Slice){ *ret_owner, s.len };
}

/* wire_cuts - call @decode with every proper prefix of @good; it must refuse each. */
static inline void
wire_cuts(Slice good, bool (*decode)(Slice cut))
{
    for (size_t cut = 0; cut < good.len; cut++) {
        g_autofree void *owner = NULL;

        if (decode(wire_exact((Slice){ good.p, cut }, &owner)))
            fail_msg("the first %zu octets of %zu were accepted", cut, good.len);
    }
}

/* One message of section I of tests/vectors/eap-anyconnect-capture.txt. */
typedef struct WireCapture {
    GByteArray *octets; /* the whole message, or the plaintext inside SK */
    unsigned first;     /* type of the first payload inside SK; 0 for a whole message */
    bool response, whole;
    unsigned message_id;
    char exchange[32];
} WireCapture;

/* wire_capture - message @n (1..16); free ->octets. */
static inline WireCapture
wire_capture(unsigned n)
{
    g_autofree char *text = NULL;
    g_autofree char *mark = g_strdup_printf("\n#%u ", n);
    WireCapture c = { .octets = g_byte_array_new() };
    char direction[16], what[16];
    const char *at;
    size_t len = 0;

    assert_true(
        g_file_get_contents(AC_TEST_VECTORS "/eap-anyconnect-capture.txt", &text, NULL, NULL));
    at = strstr(text, "= I. raw vectors");
    assert_non_null(at);
    at = strstr(at, mark);
    assert_non_null(at);
    assert_int_equal(sscanf(at + strlen(mark), "%31s %15s msgid %u, %15s", c.exchange, direction,
                            &c.message_id, what),
                     4);
    c.response = strcmp(direction, "response") == 0;
    c.whole = strcmp(what, "whole") == 0;
    if (!c.whole)
        assert_int_equal(sscanf(strstr(at, "first payload"), "first payload %u", &c.first), 1);
    assert_int_equal(sscanf(strchr(at, '(') + 1, "%zu", &len), 1);
    for (at = strchr(at + 1, '\n') + 1; g_str_has_prefix(at, "  "); at = strchr(at, '\n') + 1)
        for (at += 2; g_ascii_isxdigit(at[0]); at += 2) {
            uint8_t octet =
                (uint8_t)(g_ascii_xdigit_value(at[0]) << 4 | g_ascii_xdigit_value(at[1]));

            g_byte_array_append(c.octets, &octet, 1);
        }
    assert_int_equal(c.octets->len, len);
    return c;
}

static inline Slice
wire_capture_view(const WireCapture *c)
{
    return (Slice){ c->octets->data, c->octets->len };
}
