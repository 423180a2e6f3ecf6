#include "agent/crypto/x509.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Every certificate that was taken is described, and survives PEM unchanged. */
static void
describe(const X509Chain *c)
{
    g_autoptr(X509Chain) again = x509_chain_new();
    g_autofree char *pem = x509_chain_to_pem(c);

    if (!x509_chain_add_pem(again, slice_of(pem), NULL) ||
        x509_chain_len(again) != x509_chain_len(c))
        g_error("PEM lost a certificate");
    for (size_t i = 0; i < x509_chain_len(c); i++) {
        g_autoptr(X509Info) info = x509_chain_info(c, i);
        g_autoptr(GBytes) subject = x509_chain_subject_der(c, i);

        if (!slice_equal(x509_chain_der(c, i), x509_chain_der(again, i)))
            g_error("PEM changed a certificate");
        if (g_bytes_get_size(subject) < 2)
            g_error("a Name is at least an empty SEQUENCE");
        for (const char *p = info->subject; *p; p++)
            if (*p < 0x20 || *p == 0x7f)
                g_error("a subject is printed with control characters");
    }
}

/* Any octets may be asked for as a name, of any type; who is named is not somebody else. */
static void
ask_names(const X509Chain *c, Slice octets)
{
    for (unsigned type = 0; type <= UINT8_MAX; type++)
        if (x509_chain_has_id(c, (uint8_t)type, octets) && type != 1 && type != 2 && type != 3 &&
            type != 5 && type != 9)
            g_error("ID type %u is in no certificate", type);
}

/* The input is a list of length (2) | certificate, as CERT payloads bring them. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const SigPolicy policy = { .min_rsa = 2048 };
    g_autoptr(X509Chain) c = x509_chain_new();
    g_autoptr(X509Store) none = x509_store_new(), anchored = x509_store_new();
    g_autoptr(SigKey) key = NULL;
    g_autofree char *pem = NULL;
    Reader in = reader_init((Slice){ data, size });
    size_t taken = 0;
    uint16_t len;
    Slice der;

    while (reader_u16(&in, &len) && reader_slice(&in, len, &der))
        taken += x509_chain_add(c, der);
    if (x509_chain_len(c) > taken || x509_chain_len(c) > X509_CHAIN_MAX)
        g_error("the chain grew by itself");
    if (taken == 0)
        return 0;
    describe(c);
    ask_names(c, reader_rest(&in));
    key = x509_chain_leaf_key(c);
    (void)sig_key_unsound(key);
    /* Nobody is trusted: there must be something to complain about. */
    if (x509_chain_verify(c, none, "vpn.example.org", &policy, 1800000000) == 0)
        g_error("a chain was trusted without an anchor");
    pem = x509_chain_to_pem(c);
    if (!x509_store_add_pem(anchored, slice_of(pem), NULL))
        g_error("a store refused what a chain took");
    (void)x509_chain_verify(c, anchored, "10.0.0.1", &policy, 1800000000);
    return 0;
}
