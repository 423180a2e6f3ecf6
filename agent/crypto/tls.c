#include "agent/crypto/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "agent/crypto/sig_evp.h"
#include "agent/crypto/x509_private.h"

G_DEFINE_AUTOPTR_CLEANUP_FUNC(SSL_CTX, SSL_CTX_free)

struct Tls {
    TlsSetup setup;
    SSL *ssl;
    BIO *in, *out; /* owned by @ssl */
    X509Chain *chain;
    bool answered, trusted; /* by the owner */
    char *why;
};

/* The first of the errors is a sentence of our own. */
static const char *
own_error(void)
{
    const char *text = NULL;
    int flags;

    return ERR_GET_LIB(ERR_peek_error_data(&text, &flags)) == ERR_LIB_USER ? text : NULL;
}

static void
blame(Tls *t, const char *why)
{
    const char *openssl = ERR_reason_error_string(ERR_peek_last_error());

    if (!why)
        why = own_error();
    if (!t->why)
        t->why = why ? g_strdup(why)
                     : g_strdup_printf("the TLS handshake failed: %s",
                                       openssl ? openssl : "no reason is known");
    ERR_clear_error();
}

static X509Chain *
chain_of(X509_STORE_CTX *ctx)
{
    STACK_OF(X509) *sent = X509_STORE_CTX_get0_untrusted(ctx);
    g_autoptr(X509Chain) chain = x509_chain_new();

    for (int i = 0; i < sk_X509_num(sent); i++) {
        unsigned char *der = NULL;
        int len = i2d_X509(sk_X509_value(sent, i), &der);
        bool ok = len > 0 && x509_chain_add(chain, (Slice){ der, (size_t)len });

        OPENSSL_free(der);
        if (!ok)
            return NULL;
    }
    return x509_chain_len(chain) > 0 ? g_steal_pointer(&chain) : NULL;
}

/* The chain is verified; what its owner says of it. */
static int
ask_owner(Tls *t, X509_STORE_CTX *ctx)
{
    if (!t->answered)
        return SSL_set_retry_verify(t->ssl);
    if (t->trusted)
        return 1;
    blame(t, "the server's certificate inside EAP-TLS is refused");
    X509_STORE_CTX_set_error(ctx, X509_V_ERR_CERT_REJECTED);
    return 0;
}

/* In place of OpenSSL's own: called before anything is sent that answers the certificate. A server
 * only keeps the chain, for its owner to look at once the key is proved. */
static int
on_certificate(X509_STORE_CTX *ctx, void *user)
{
    Tls *t = user;
    unsigned problems;

    if (t->answered)
        return ask_owner(t, ctx);
    x509_chain_free(t->chain);
    t->chain = chain_of(ctx);
    if (!t->chain) {
        blame(t, "the certificate chain inside EAP-TLS cannot be read");
        return 0;
    }
    if (t->setup.server)
        return 1;
    problems =
        x509_chain_verify(t->chain, t->setup.anchors, t->setup.host, &t->setup.sig, t->setup.now);
    if (problems == 0)
        return t->setup.ask ? ask_owner(t, ctx) : 1;
    if (!t->why)
        t->why = g_strdup_printf("the server's certificate inside EAP-TLS is refused: %s",
                                 x509_problem_text(problems & -problems));
    X509_STORE_CTX_set_error(ctx, X509_V_ERR_CERT_REJECTED);
    return 0;
}

static bool
use_own(SSL_CTX *ctx, const TlsSetup *setup)
{
    g_autoptr(EVP_PKEY) key = sig_evp_new(setup->key);

    if (!key || SSL_CTX_use_certificate(ctx, x509_chain_at(setup->chain, 0)) != 1 ||
        SSL_CTX_use_PrivateKey(ctx, key) != 1)
        return false; /* the latter checks that the two belong together */
    for (size_t i = 1; i < x509_chain_len(setup->chain); i++)
        if (SSL_CTX_add1_chain_cert(ctx, x509_chain_at(setup->chain, i)) != 1)
            return false;
    return true;
}

/* No tickets, no resumption, no renegotiation: each login is a whole handshake. */
static SSL_CTX *
context_new(Tls *t)
{
    g_autoptr(SSL_CTX) ctx =
        SSL_CTX_new(t->setup.server ? TLS_server_method() : TLS_client_method());

    SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
    SSL_CTX_set_max_proto_version(ctx, t->setup.only_12 ? TLS1_2_VERSION : 0);
    /* Servers of the field do not know RFC 5746. Nothing is carried in this TLS that a handshake
     * spliced in before ours could begin, and the keys are those of the last one. */
    SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                 SSL_OP_LEGACY_SERVER_CONNECT);
    SSL_CTX_set_num_tickets(ctx, 0);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_mode(ctx, SSL_MODE_NO_AUTO_CHAIN);
    if (t->setup.sig.min_rsa < 2048)
        SSL_CTX_set_security_level(ctx, 0); /* the policy says legacy */
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    SSL_CTX_set_cert_verify_callback(ctx, on_certificate, t);
    return use_own(ctx, &t->setup) ? g_steal_pointer(&ctx) : NULL;
}

Tls *
tls_new(const TlsSetup *setup, GError **error)
{
    g_autoptr(Tls) t = g_new0(Tls, 1);
    g_autoptr(SSL_CTX) ctx = NULL;

    t->setup = *setup;
    if (!setup->key || !setup->chain || x509_chain_len(setup->chain) == 0) {
        crypto_fail(error, "EAP-TLS needs a certificate of our own and its key");
        return NULL;
    }
    if (!setup->server && (!setup->anchors || !setup->host)) {
        crypto_fail(error, "EAP-TLS needs trusted authorities and the name of the server");
        return NULL;
    }
    ctx = context_new(t);
    ERR_clear_error();
    if (!ctx) {
        crypto_fail(error, "our certificate and key do not belong together or cannot be used in "
                           "TLS");
        return NULL;
    }
    t->ssl = SSL_new(ctx);
    t->in = BIO_new(BIO_s_mem());
    t->out = BIO_new(BIO_s_mem());
    BIO_set_mem_eof_return(t->in, -1); /* empty: more may come */
    SSL_set_bio(t->ssl, t->in, t->out);
    if (setup->server)
        SSL_set_accept_state(t->ssl);
    else
        SSL_set_connect_state(t->ssl);
    return g_steal_pointer(&t);
}

void
tls_free(Tls *t)
{
    if (!t)
        return;
    SSL_free(t->ssl);
    x509_chain_free(t->chain);
    g_free(t->why);
    g_free(t);
}

static bool
feed(Tls *t, Slice in)
{
    return in.len == 0 || (in.len <= INT_MAX && BIO_write(t->in, in.p, (int)in.len) == (int)in.len);
}

static void
drain(Tls *t, GByteArray *out)
{
    char *p;
    long len = BIO_get_mem_data(t->out, &p);

    if (len > 0)
        g_byte_array_append(out, (const uint8_t *)p, (guint)len);
    (void)BIO_reset(t->out);
}

void
tls_answer(Tls *t, bool trusted)
{
    t->answered = true;
    t->trusted = trusted;
}

TlsStep
tls_step(Tls *t, Slice in, GByteArray *out)
{
    int ret, error;

    ERR_clear_error();
    if (!feed(t, in))
        return TLS_FAILED;
    ret = SSL_do_handshake(t->ssl);
    if (ret == 1) {
        drain(t, out);
        return TLS_UP;
    }
    error = SSL_get_error(t->ssl, ret);
    if (error == SSL_ERROR_WANT_RETRY_VERIFY)
        return TLS_ASKS;
    if (error == SSL_ERROR_WANT_READ) {
        drain(t, out);
        return TLS_GOING;
    }
    drain(t, out); /* the alert */
    blame(t, NULL);
    return TLS_FAILED;
}

bool
tls_write(Tls *t, Slice clear, GByteArray *out)
{
    size_t written;
    bool ok = SSL_write_ex(t->ssl, clear.p, clear.len, &written) == 1 && written == clear.len;

    drain(t, out);
    if (!ok)
        blame(t, NULL);
    return ok;
}

bool
tls_read(Tls *t, Slice in, GByteArray *ret_clear)
{
    uint8_t buf[512];
    size_t n;

    ERR_clear_error();
    if (!feed(t, in))
        return false;
    while (SSL_read_ex(t->ssl, buf, sizeof(buf), &n) == 1)
        g_byte_array_append(ret_clear, buf, (guint)n);
    if (SSL_get_error(t->ssl, 0) == SSL_ERROR_WANT_READ)
        return true;
    blame(t, NULL);
    return false;
}

bool
tls_export(Tls *t, const char *label, Slice context, size_t len, Secret *ret)
{
    g_auto(Secret) key = { 0 };

    secret_alloc(&key, len);
    if (SSL_export_keying_material(t->ssl, key.p, len, label, strlen(label), context.p, context.len,
                                   context.len > 0) != 1) {
        blame(t, NULL);
        return false;
    }
    secret_move(ret, &key);
    return true;
}

bool
tls_is_13(const Tls *t)
{
    return SSL_version(t->ssl) == TLS1_3_VERSION;
}

const X509Chain *
tls_chain(const Tls *t)
{
    return t->chain;
}

const char *
tls_why(const Tls *t)
{
    return t->why ? t->why : "TLS has failed";
}
