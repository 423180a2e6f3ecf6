#include "agent/crypto/x509_revoke.h"
#include "tests/support/certs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A gateway's certificate under the issuer whom the corpus speaks of; the keys are not the
 * corpus's, so nothing in an input may count as signed. */
static void
make_chain(X509Chain *chain, X509Store *anchors)
{
    EVP_PKEY *root_key = EVP_EC_gen("P-256"), *leaf_key = EVP_EC_gen("P-256");
    CertSpec root = { .cn = "Root", .constraints = "critical,CA:TRUE", .key = root_key };
    CertSpec leaf = { .cn = "Gateway", .san = "DNS:g", .key = leaf_key, .issuer = &root };
    g_autoptr(GBytes) root_der = certs_make(&root), leaf_der = certs_make(&leaf);
    g_autoptr(X509Chain) one = x509_chain_new();
    g_autofree char *pem = NULL;

    if (!x509_chain_add(one, certs_view(root_der)) || !x509_chain_add(chain, certs_view(leaf_der)))
        g_error("our own certificates were refused");
    pem = x509_chain_to_pem(one);
    if (!x509_store_add_pem(anchors, slice_of(pem), NULL))
        g_error("our own anchor was refused");
    EVP_PKEY_free(root_key);
    EVP_PKEY_free(leaf_key);
}

/* The first octet says what the rest is. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static X509Chain *chain;
    static X509Store *anchors;
    g_autoptr(X509Evidence) e = x509_evidence_new();
    Slice rest;

    if (!chain) {
        chain = x509_chain_new();
        anchors = x509_store_new();
        make_chain(chain, anchors);
    }
    if (size == 0)
        return 0;
    rest = (Slice){ data + 1, size - 1 };
    if (!((data[0] & 1) ? x509_evidence_add_ocsp(e, rest, (Slice){ 0 })
                        : x509_evidence_add_crl(e, rest)))
        return 0;
    (void)x509_evidence_until(e);
    g_ptr_array_unref(x509_evidence_lists(e));
    if ((x509_chain_revoked(chain, anchors, e, CERTS_NOW, NULL) & X509_UNCHECKED) == 0)
        g_error("a chain was shown to be good by nobody");
    return 0;
}
