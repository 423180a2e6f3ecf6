#include "agent/daemon/token.h"

#define P11_KIT_FUTURE_UNSTABLE_API 1 /* iter.h asks for it */
#include <p11-kit/iter.h>
#include <p11-kit/p11-kit.h>
#include <p11-kit/uri.h>

#include "agent/dbus/ac_error.h"

enum { ID_MAX = 255, SIGNATURE_MAX = 1024, LABEL_LEN = 32 };

struct Token {
    grefcount shares; /* ours and its keys' */
    CK_FUNCTION_LIST **modules;
    CK_FUNCTION_LIST *module; /* one of ->modules */
    CK_SLOT_ID slot;
    CK_SESSION_HANDLE session;
    CK_OBJECT_HANDLE key;
    CK_BBOOL each_time; /* CKA_ALWAYS_AUTHENTICATE: the PIN again for every signature */
    Secret pin;
    char *label;
    GBytes *certificate;
    uint8_t id[ID_MAX]; /* CKA_ID, which certificate and key share */
    CK_ULONG id_len;
};

G_DEFINE_AUTOPTR_CLEANUP_FUNC(P11KitUri, p11_kit_uri_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(P11KitIter, p11_kit_iter_free)

static bool fail(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);

static bool
fail(GError **error, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    if (error)
        *error = g_error_new_valist(AC_ERROR, AC_ERROR_CLIENT_CERT, format, args);
    va_end(args);
    return false;
}

/* module-path names one module; else all that p11-kit knows. */
static bool
load_modules(Token *t, const P11KitUri *uri, GError **error)
{
    const char *path = p11_kit_uri_get_module_path(uri);

    if (!path) {
        t->modules = p11_kit_modules_load_and_initialize(0);
        return t->modules || fail(error, "no PKCS #11 module can be loaded");
    }
    t->modules = g_new0(CK_FUNCTION_LIST *, 2);
    t->modules[0] = p11_kit_module_load(path, 0);
    if (t->modules[0] && p11_kit_module_initialize(t->modules[0]) == CKR_OK)
        return true;
    g_clear_pointer(&t->modules[0], p11_kit_module_release);
    return fail(error, "the PKCS #11 module %s cannot be loaded", path);
}

static P11KitUri *
parse(const char *text, GError **error)
{
    g_autoptr(P11KitUri) uri = p11_kit_uri_new();
    int why = p11_kit_uri_parse(text, P11_KIT_URI_FOR_ANY, uri);

    if (why != P11_KIT_URI_OK || p11_kit_uri_any_unrecognized(uri)) {
        fail(error, "it is no PKCS #11 URI (RFC 7512)");
        return NULL;
    }
    if (p11_kit_uri_get_pin_value(uri) || p11_kit_uri_get_pin_source(uri)) {
        fail(error, "a PIN has no place in a URI: it is asked for");
        return NULL;
    }
    return g_steal_pointer(&uri);
}

static char *
label_of(const CK_TOKEN_INFO *info)
{
    g_autofree char *text = g_strndup((const char *)info->label, LABEL_LEN);

    return g_utf8_make_valid(g_strchomp(text), -1);
}

/* What the object at @iter is becomes @t; its session is kept. */
static bool
take(Token *t, P11KitIter *iter)
{
    g_autofree uint8_t *der = g_malloc(X509_DER_MAX);
    CK_ATTRIBUTE attrs[] = { { CKA_VALUE, der, X509_DER_MAX }, { CKA_ID, t->id, ID_MAX } };

    if (p11_kit_iter_get_attributes(iter, attrs, G_N_ELEMENTS(attrs)) != CKR_OK)
        return false;
    t->module = p11_kit_iter_get_module(iter);
    t->slot = p11_kit_iter_get_slot(iter);
    t->session = p11_kit_iter_keep_session(iter);
    t->label = label_of(p11_kit_iter_get_token(iter));
    t->certificate = g_bytes_new(der, attrs[0].ulValueLen);
    t->id_len = attrs[1].ulValueLen;
    return true;
}

static bool
find_certificate(Token *t, P11KitUri *uri, GError **error)
{
    CK_OBJECT_CLASS class = CKO_CERTIFICATE;
    CK_CERTIFICATE_TYPE x509 = CKC_X_509;
    CK_ATTRIBUTE filter[] = { { CKA_CLASS, &class, sizeof(class) },
                              { CKA_CERTIFICATE_TYPE, &x509, sizeof(x509) } };
    g_autoptr(P11KitIter) iter = NULL;
    bool found = false;

    /* One URI may stand for certificate and key: then "type=private" is meant for the key alone. */
    p11_kit_uri_clear_attribute(uri, CKA_CLASS);
    iter = p11_kit_iter_new(uri, 0);
    p11_kit_iter_add_filter(iter, filter, G_N_ELEMENTS(filter));
    p11_kit_iter_begin(iter, t->modules);
    while (p11_kit_iter_next(iter) == CKR_OK) {
        if (found)
            return fail(error, "it fits several certificates: say which by object= or id=");
        found = take(t, iter);
    }
    return found || fail(error, "no token that is plugged in has this certificate");
}

Token *
token_open(const char *text, GError **error)
{
    g_autoptr(P11KitUri) uri = parse(text, error);
    g_autoptr(Token) t = NULL;

    if (!uri)
        return NULL;
    t = g_new0(Token, 1);
    g_ref_count_init(&t->shares);
    if (!load_modules(t, uri, error) || !find_certificate(t, uri, error))
        return NULL;
    return g_steal_pointer(&t);
}

static void
unload_modules(Token *t)
{
    bool one = t->modules && t->modules[0] && !t->modules[1];

    if (!t->modules)
        return;
    if (one) {
        p11_kit_module_finalize(t->modules[0]);
        p11_kit_module_release(t->modules[0]);
        g_free(t->modules);
        return;
    }
    p11_kit_modules_finalize_and_release(t->modules);
}

void
token_free(Token *t)
{
    if (!t || !g_ref_count_dec(&t->shares))
        return;
    if (t->session)
        t->module->C_CloseSession(t->session);
    unload_modules(t);
    secret_clear(&t->pin);
    g_clear_pointer(&t->certificate, g_bytes_unref);
    g_free(t->label);
    g_free(t);
}

const char *
token_label(const Token *t)
{
    return t->label;
}

Slice
token_certificate(const Token *t)
{
    gsize len;
    const uint8_t *p = g_bytes_get_data(t->certificate, &len);

    return (Slice){ p, len };
}

static CK_FLAGS
flags(const Token *t)
{
    CK_TOKEN_INFO info;

    return t->module->C_GetTokenInfo(t->slot, &info) == CKR_OK ? info.flags : 0;
}

bool
token_wants_pin(const Token *t)
{
    /* A reader with keys of its own asks by itself. */
    return (flags(t) & CKF_LOGIN_REQUIRED) && !(flags(t) & CKF_PROTECTED_AUTHENTICATION_PATH);
}

bool
token_last_try(const Token *t)
{
    return flags(t) & CKF_USER_PIN_FINAL_TRY;
}

/* RFC 8017 §9.1: MGF1 with the signature's own hash. */
static bool
pss(const SigAlg *alg, CK_RSA_PKCS_PSS_PARAMS *ret)
{
    static const struct {
        SigHash hash;
        CK_MECHANISM_TYPE mechanism;
        CK_RSA_PKCS_MGF_TYPE mgf;
    } rows[] = { { SIG_SHA1, CKM_SHA_1, CKG_MGF1_SHA1 },
                 { SIG_SHA2_256, CKM_SHA256, CKG_MGF1_SHA256 },
                 { SIG_SHA2_384, CKM_SHA384, CKG_MGF1_SHA384 },
                 { SIG_SHA2_512, CKM_SHA512, CKG_MGF1_SHA512 } };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        if (rows[i].hash == alg->hash) {
            *ret = (CK_RSA_PKCS_PSS_PARAMS){ rows[i].mechanism, rows[i].mgf, alg->salt_len };
            return true;
        }
    return false;
}

static bool
mechanism_of(const SigAlg *alg, CK_MECHANISM *ret, CK_RSA_PKCS_PSS_PARAMS *params)
{
    *ret = (CK_MECHANISM){ 0 };
    switch (alg->scheme) {
    case SIG_RSA_PKCS1:
        ret->mechanism = CKM_RSA_PKCS;
        return true;
    case SIG_RSA_PSS:
        *ret = (CK_MECHANISM){ CKM_RSA_PKCS_PSS, params, sizeof(*params) };
        return pss(alg, params);
    case SIG_ECDSA:
        ret->mechanism = CKM_ECDSA;
        return true;
    case SIG_ED25519:
        ret->mechanism = CKM_EDDSA;
        return true;
    case SIG_RSA_RAW:
        ret->mechanism = CKM_RSA_X_509;
        return true;
    }
    return false;
}

static bool
sign(void *self, const SigAlg *alg, Slice input, GByteArray *ret)
{
    Token *t = self;
    CK_RSA_PKCS_PSS_PARAMS params;
    CK_MECHANISM mechanism;
    uint8_t out[SIGNATURE_MAX];
    CK_ULONG len = sizeof(out);
    CK_RV rv;

    if (!mechanism_of(alg, &mechanism, &params))
        return false;
    rv = t->module->C_SignInit(t->session, &mechanism, t->key);
    if (rv == CKR_OK && t->each_time)
        rv = t->module->C_Login(t->session, CKU_CONTEXT_SPECIFIC, t->pin.p, t->pin.len);
    if (rv == CKR_OK)
        rv = t->module->C_Sign(t->session, (CK_BYTE *)input.p, input.len, out, &len);
    if (rv != CKR_OK)
        return false;
    g_byte_array_append(ret, out, (guint)len);
    return true;
}

static bool
find_key(Token *t)
{
    CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
    CK_ATTRIBUTE template[] = { { CKA_CLASS, &class, sizeof(class) },
                                { CKA_ID, t->id, t->id_len } };
    CK_ATTRIBUTE each_time = { CKA_ALWAYS_AUTHENTICATE, &t->each_time, sizeof(t->each_time) };
    CK_ULONG n = 0;

    if (t->module->C_FindObjectsInit(t->session, template, G_N_ELEMENTS(template)) != CKR_OK)
        return false;
    (void)t->module->C_FindObjects(t->session, &t->key, 1, &n);
    t->module->C_FindObjectsFinal(t->session);
    if (n != 1)
        return false;
    if (t->module->C_GetAttributeValue(t->session, t->key, &each_time, 1) != CKR_OK)
        t->each_time = CK_FALSE; /* older than PKCS #11 2.20 */
    return true;
}

static void
share_free(void *self)
{
    token_free(self);
}

TokenLogin
token_login(Token *t, Slice pin, SigKey **ret, GError **error)
{
    g_autoptr(X509Chain) chain = x509_chain_new();
    g_autoptr(SigKey) public = NULL;
    bool asks = token_wants_pin(t);
    CK_RV rv = CKR_OK;

    if (flags(t) & CKF_LOGIN_REQUIRED)
        rv = t->module->C_Login(t->session, CKU_USER, asks ? (CK_UTF8CHAR *)pin.p : NULL,
                                asks ? pin.len : 0);
    if (rv == CKR_PIN_INCORRECT || rv == CKR_PIN_LEN_RANGE || rv == CKR_PIN_INVALID)
        return TOKEN_WRONG;
    if (rv != CKR_OK && rv != CKR_USER_ALREADY_LOGGED_IN) {
        fail(error, "the token %s: %s", t->label,
             rv == CKR_PIN_LOCKED ? "too many wrong PINs have locked it" : p11_kit_strerror(rv));
        return TOKEN_FAILED;
    }
    if (!find_key(t)) {
        fail(error, "the token %s has no private key for this certificate", t->label);
        return TOKEN_FAILED;
    }
    if (!x509_chain_add(chain, token_certificate(t))) {
        fail(error, "the certificate in the token %s is malformed", t->label);
        return TOKEN_FAILED;
    }
    public = x509_chain_leaf_key(chain);
    if (t->each_time)
        secret_set(&t->pin, pin);
    g_ref_count_inc(&t->shares);
    *ret = sig_key_from_signer(public, &(SigSigner){ sign, share_free, t });
    return TOKEN_OPEN;
}
