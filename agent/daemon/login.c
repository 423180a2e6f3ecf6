#include "agent/daemon/login.h"

#include "agent/daemon/secret_file.h"
#include "agent/dbus/ac_error.h"

/* Whoever pretends to be the gateway gets enough to try guesses at home (RFC 7296 §2.15). */
enum { PSK_BITS_MIN = 64 };

struct Login {
    LoginSetup setup; /* but ->caller */
    Caller caller;
    GPtrArray *stored; /* of CertEntry *, while one is to be chosen */
    LoginWay way;
    LoginId id, gateway;
    Secret psk, ppk;
    char *ppk_id;
    bool ppk_required;
    char *eap_identity;     /* NULL: who types it */
    Credential *credential; /* NULL: none */
    char *warning;
    bool has_policy;
    SuiteRank policy;
};

static bool fail(GError **error, AcError code, const char *format, ...) G_GNUC_PRINTF(3, 4);

static bool
fail(GError **error, AcError code, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    if (error)
        *error = g_error_new_valist(AC_ERROR, (int)code, format, args);
    va_end(args);
    return false;
}

static bool
read_psk(Login *l, const HostSettings *h, GError **error)
{
    unsigned bits;

    if (l->way.ours != IKE_WAY_PSK && l->way.theirs != IKE_WAY_PSK)
        return true;
    if (!secret_file_line(h->psk_file, 0, &l->psk, error)) {
        g_prefix_error(error, "[host %s] psk_file: ", h->name);
        return false;
    }
    bits = secret_file_bits(secret_view(&l->psk));
    if (bits >= PSK_BITS_MIN)
        return true;
    if (!h->psk_weak)
        return fail(error, AC_ERROR_POLICY,
                    "[host %s] psk_file: the pre-shared key can be guessed (%u bits, %d are "
                    "needed): take a random one, or say psk_weak = true",
                    h->name, bits, PSK_BITS_MIN);
    l->warning = g_strdup("the pre-shared key can be guessed by anyone who pretends to be the "
                          "gateway");
    return true;
}

static bool
read_ppk(Login *l, const HostSettings *h, GError **error)
{
    if (!h || !h->ppk_id)
        return true;
    l->ppk_id = g_strdup(h->ppk_id);
    l->ppk_required = h->ppk_required;
    if (secret_file_line(h->ppk_file, 0, &l->ppk, error))
        return true;
    g_prefix_error(error, "[host %s] ppk_file: ", h->name);
    return false;
}

static const X509Chain *
chain_of(const Login *l)
{
    return l->credential ? credential_chain(l->credential) : NULL;
}

static bool
check_certificate(const Login *l, const LoginSetup *setup, GError **error)
{
    g_autoptr(X509Info) info = x509_chain_info(chain_of(l), 0);
    g_autoptr(SigKey) key = x509_chain_leaf_key(chain_of(l));
    const char *kind = sig_key_kind(key);

    if (setup->now > info->not_after || setup->now < info->not_before)
        return fail(error, AC_ERROR_CLIENT_CERT, "the certificate %s %s", info->subject,
                    setup->now > info->not_after ? "has expired" : "is not valid yet");
    if (l->way.key_kind && !g_str_equal(l->way.key_kind, kind))
        return fail(error, AC_ERROR_CLIENT_CERT,
                    "the profile wants a certificate with an %s key, and that of %s is %s",
                    l->way.key_kind, info->subject, kind);
    return true;
}

/* One of a store: the user's is opened with the user's rights, whatever root may do. */
static bool
open_stored(Login *l, const CertEntry *e, GError **error)
{
    uid_t owner = e->mine ? l->caller.uid : 0;

    if (e->mine && !caller_enter(&l->caller))
        return fail(error, AC_ERROR_CLIENT_CERT, "%s: it cannot be opened with your rights",
                    e->certificate);
    l->credential = credential_open(e->certificate, e->key, owner, error);
    if (e->mine)
        caller_leave();
    if (l->credential)
        return check_certificate(l, &l->setup, error);
    if (error) /* whatever it is, it is not acclient.conf's fault */
        (*error)->code = AC_ERROR_CLIENT_CERT;
    return false;
}

static bool
none_stored(const Login *l, const CertStoreSetup *where, GError **error)
{
    g_autofree char *places = cert_store_places(where);

    return fail(error, AC_ERROR_CLIENT_CERT,
                "%s wants a client certificate, and none that is valid%s%s is in %s; or name one "
                "by certificate and key in the section [host %s] of acclient.conf",
                l->setup.host->name, l->way.key_kind ? ", has the right kind of key" : "",
                l->setup.host->match ? " and fits the profile's CertificateMatch" : "", places,
                l->setup.host->name);
}

/* A way that can do without one takes what is there and needs nobody. */
static bool
offer_stored(Login *l, const CertEntry *e)
{
    g_autoptr(GError) why = NULL;

    if (!open_stored(l, e, &why) || credential_locked(l->credential))
        g_clear_pointer(&l->credential, credential_free);
    return true;
}

static bool
find_stored(Login *l, GError **error)
{
    CertStoreSetup where = { .machine = l->setup.machine_store,
                             .caller = l->caller.home ? &l->caller : NULL,
                             .host = l->setup.host,
                             .key_kind = l->way.key_kind,
                             .now = l->setup.now };
    g_autoptr(GPtrArray) stored = cert_store_list(&where);
    bool ask = stored->len > 1 && l->setup.host->ask_certificate;

    if (stored->len == 0)
        return !l->way.certificate || none_stored(l, &where, error);
    if (!l->way.certificate)
        return ask || offer_stored(l, stored->pdata[0]);
    if (!ask)
        return open_stored(l, stored->pdata[0], error);
    l->stored = g_steal_pointer(&stored);
    return true;
}

static bool
read_certificate(Login *l, GError **error)
{
    const HostSettings *h = l->setup.settings;

    if (!l->way.certificate && !l->way.may_certificate)
        return true;
    if (!h || !h->certificate)
        return find_stored(l, error);
    l->credential = credential_open(h->certificate, h->key, 0, error);
    if (l->credential)
        return check_certificate(l, &l->setup, error);
    g_prefix_error(error, "[host %s] ", h->name);
    return false;
}

/* To EAP-Identity a certificate answers with the name that IDi has. */
static void
set_eap_identity(Login *l)
{
    if (l->way.eap && l->way.eap[0] == &eap_anyconnect)
        l->eap_identity = g_strdup(LOGIN_ID_ANYCONNECT);
    if (l->way.eap && l->way.eap[0] == &eap_tls)
        l->eap_identity = login_identity(l);
}

/* IDi: what was configured, else as the field's clients call themselves, or the certificate's
 * subject (RFC 4945 §3.1.5). */
static bool
set_identity(Login *l, const LoginSetup *setup, GError **error)
{
    const char *text = setup->settings ? setup->settings->identity : NULL;

    if (!text)
        text = setup->host->ike_identity;
    if (!text && l->way.ours == IKE_WAY_EAP && !l->way.certificate)
        text = LOGIN_ID_ANYCONNECT;
    if (!text && l->credential) {
        login_id_set(&l->id, IKE_ID_DER_ASN1_DN, x509_chain_subject_der(chain_of(l), 0));
        return true;
    }
    if (!text)
        return fail(error, AC_ERROR_CONFIG, "[host %s] identity: auth = psk needs one",
                    setup->settings->name);
    if (login_id_parse(text, &l->id, error))
        return true;
    g_prefix_error(
        error, "%s:%d: host entry %s: IKEIdentity %s: ", setup->host->file ? setup->host->file : "",
        setup->host->line, setup->host->name, text);
    return false;
}

static bool
set_gateway(Login *l, const HostSettings *h, GError **error)
{
    return !h || !h->gateway_identity || login_id_parse(h->gateway_identity, &l->gateway, error);
}

/* What follows from the certificate, once it is known which. */
static bool
set_names(Login *l, GError **error)
{
    if (l->stored)
        return true;
    if (!set_identity(l, &l->setup, error))
        return false;
    set_eap_identity(l);
    return true;
}

Login *
login_new(const LoginSetup *setup, GError **error)
{
    g_autoptr(Login) l = g_new0(Login, 1);

    l->setup = *setup;
    l->setup.caller = NULL;
    if (setup->caller)
        l->caller =
            (Caller){ setup->caller->uid, setup->caller->gid, g_strdup(setup->caller->home) };
    if (!login_way_decide(setup->host, setup->settings, &l->way, error) ||
        !read_psk(l, setup->settings, error) || !read_ppk(l, setup->settings, error) ||
        !read_certificate(l, error) || !set_names(l, error) ||
        !set_gateway(l, setup->settings, error))
        return NULL;
    l->has_policy = setup->settings && setup->settings->has_policy;
    l->policy = l->has_policy ? setup->settings->policy : SUITE_MODERN;
    return g_steal_pointer(&l);
}

const GPtrArray *
login_choices(const Login *l)
{
    return l->stored;
}

bool
login_choose(Login *l, const char *name, GError **error)
{
    g_autoptr(GPtrArray) stored = NULL;

    for (guint i = 0; i < l->stored->len; i++) {
        const CertEntry *e = l->stored->pdata[i];

        if (!g_str_equal(e->name, name))
            continue;
        stored = g_steal_pointer(&l->stored);
        return open_stored(l, e, error) && set_names(l, error);
    }
    return fail(error, AC_ERROR_USAGE, "there is no certificate %s to choose", name);
}

void
login_free(Login *l)
{
    if (!l)
        return;
    login_id_clear(&l->id);
    login_id_clear(&l->gateway);
    secret_clear(&l->psk);
    secret_clear(&l->ppk);
    credential_free(l->credential);
    g_clear_pointer(&l->stored, g_ptr_array_unref);
    caller_clear(&l->caller);
    g_free(l->ppk_id);
    g_free(l->eap_identity);
    g_free(l->warning);
    g_free(l);
}

Credential *
login_locked(const Login *l)
{
    return l->credential && credential_locked(l->credential) ? l->credential : NULL;
}

const LoginWay *
login_way(const Login *l)
{
    return &l->way;
}

bool
login_has_ppk(const Login *l)
{
    return l->ppk_id;
}

void
login_plan(const Login *l, IkePlan *ret)
{
    Slice psk = secret_view(&l->psk), none = { 0 };
    const SigKey *key = l->credential ? credential_key(l->credential) : NULL;

    *ret = (IkePlan){
        .ours = l->way.ours,
        .theirs = l->way.theirs,
        .id = login_id_view(&l->id),
        .want = login_id_view(&l->gateway),
        .key = key,
        .chain = chain_of(l),
        .psk_ours = l->way.ours == IKE_WAY_PSK ? psk : none,
        .psk_theirs = l->way.theirs == IKE_WAY_PSK ? psk : none,
        .eap = l->way.eap,
        .eap_setup = { .identity = l->eap_identity,
                       .key = key,
                       .chain = chain_of(l),
                       .tls_12 = l->setup.settings && l->setup.settings->tls_12 },
        .ppk_id = l->ppk_id ? slice_of(l->ppk_id) : none,
        .ppk = secret_view(&l->ppk),
        .ppk_required = l->ppk_required,
    };
}

const LoginId *
login_gateway(const Login *l)
{
    return l->gateway.data ? &l->gateway : NULL;
}

const char *
login_warning(const Login *l)
{
    return l->warning;
}

SuiteRank
login_policy(const Login *l, SuiteRank general)
{
    return l->has_policy ? l->policy : general;
}

char *
login_identity(const Login *l)
{
    IkeId id = login_id_view(&l->id);

    return ike_id_format(&id);
}
