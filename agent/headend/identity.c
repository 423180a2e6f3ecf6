#include "agent/headend/identity.h"

#include <gio/gio.h>
#include <string.h>

#include "agent/headend/small_file.h"

enum {
    RSA_BITS = 2048,
    VALID_DAYS = 3650,
};

void
identity_clear(Identity *id)
{
    g_clear_pointer(&id->key, sig_key_free);
    g_clear_pointer(&id->chain, x509_chain_free);
    g_clear_pointer(&id->subject, g_bytes_unref);
    g_clear_pointer(&id->sha1, g_free);
}

static bool
load_certificates(const char *path, X509Chain *chain, GError **error)
{
    g_auto(Secret) pem = { 0 };

    if (!small_file_read(path, &pem, error))
        return false;
    if (x509_chain_add_pem(chain, secret_view(&pem), error))
        return true;
    g_prefix_error(error, "%s: ", path);
    return false;
}

static bool
load_key(const char *path, Identity *id, GError **error)
{
    g_auto(Secret) pem = { 0 };

    if (!small_file_read(path, &pem, error))
        return false;
    id->key = sig_key_from_pem(secret_view(&pem), error);
    if (!id->key)
        g_prefix_error(error, "%s: ", path);
    return id->key != NULL;
}

/* A signature made with the key must verify with the leaf: else no client will ever accept us. */
static bool
fits(const Identity *id)
{
    g_autoptr(SigKey) leaf = x509_chain_leaf_key(id->chain);
    g_autoptr(GByteArray) auth = g_byte_array_new();
    uint8_t method = sig_classic_method(id->key);
    const SigPolicy any = { .sha1_ok = true, .min_rsa = 1024 };
    Slice octets = slice_of("does the key fit the certificate?");
    const char *why;

    if (!leaf)
        return false;
    if (!method)
        method = SIG_METHOD_DIGITAL;
    return sig_sign(id->key, method, method == SIG_METHOD_DIGITAL ? SIG_IDENTITY : SIG_SHA2_256,
                    octets, auth) &&
           sig_verify(leaf, method, &any, octets, (Slice){ auth->data, auth->len }, NULL, &why);
}

static bool
load(const char *certificate, const char *key, const char *chain, Identity *id, GError **error)
{
    id->chain = x509_chain_new();
    if (!load_key(key, id, error) || !load_certificates(certificate, id->chain, error) ||
        (chain && !load_certificates(chain, id->chain, error)))
        return false;
    if (fits(id))
        return true;
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "the key of %s is not that of %s", key,
                certificate);
    return false;
}

static bool
keep(const char *path, Slice text, GError **error)
{
    return g_file_set_contents_full(path, (const char *)text.p, (gssize)text.len,
                                    G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE,
                                    0600, error);
}

/* The certificate is written last: it is there only when the key is. */
static bool
make(const AsaConfig *c, const AsaTrustpoint *t, const char *certificate, const char *key,
     int64_t now, Identity *id, GError **error)
{
    g_autofree char *host = asa_config_fqdn(c);
    g_autofree char *pem = NULL;
    g_auto(Secret) key_pem = { 0 };
    const Addr *addr = c->listen.family          ? &c->listen
                       : c->outside->addr.family ? &c->outside->addr
                                                 : &c->outside->addr6;

    id->key = sig_key_generate_rsa(RSA_BITS);
    id->chain = x509_self_signed(id->key, t->subject, host, addr, now - 86400,
                                 now + VALID_DAYS * INT64_C(86400), error);
    if (!id->chain || !sig_key_to_pem(id->key, &key_pem))
        return false;
    pem = x509_chain_to_pem(id->chain);
    return keep(key, secret_view(&key_pem), error) && keep(certificate, slice_of(pem), error);
}

static bool
load_or_make(const AsaConfig *c, const AsaTrustpoint *t, const char *state, int64_t now,
             Identity *id, GError **error)
{
    g_autofree char *base = g_strconcat(state, "/trustpoint-", t->name, NULL);
    g_autofree char *certificate = g_strconcat(base, ".crt", NULL);
    g_autofree char *key = g_strconcat(base, ".key", NULL);

    id->self_signed = true;
    if (g_file_test(certificate, G_FILE_TEST_EXISTS))
        return load(certificate, key, NULL, id, error);
    if (g_mkdir_with_parents(state, 0700) != 0) {
        g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno), "%s: %s", state,
                    g_strerror(errno));
        return false;
    }
    return make(c, t, certificate, key, now, id, error);
}

bool
identity_open(const AsaConfig *c, const AsaTrustpoint *t, const char *state, int64_t now,
              Identity *ret, GError **error)
{
    g_auto(Identity) id = { 0 };
    g_autoptr(X509Info) info = NULL;
    bool ok = t->certificate ? load(t->certificate, t->key, t->chain, &id, error)
                             : load_or_make(c, t, state, now, &id, error);

    if (!ok) {
        g_prefix_error(error, "trustpoint %s: ", t->name);
        return false;
    }
    info = x509_chain_info(id.chain, 0);
    id.subject = x509_chain_subject_der(id.chain, 0);
    id.sha1 = g_strdup(info->sha1);
    *ret = id;
    id = (Identity){ 0 };
    return true;
}
