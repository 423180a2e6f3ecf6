/* The AUTH payloads of both roles: signature and shared-key MIC over what was sent first (RFC 7296
 * §2.15, §2.16). */
#include "agent/crypto/ct.h"
#include "agent/ike/ike_authdata.h"
#include "agent/ike/ike_cert.h"
#include "agent/ike/ike_impair_private.h"
#include "agent/ike/ike_sa_private.h"

/* SK_pi or SK_pr. */
static Slice
key_of(const IkeSa *sa, IkeRole whose)
{
    return secret_view(whose == IKE_INITIATOR ? &sa->ike->keys.pi : &sa->ike->keys.pr);
}

/* InitiatorSignedOctets or ResponderSignedOctets. */
static bool
octets_of(const IkeSa *sa, IkeRole whose, Secret *ret)
{
    bool i = whose == IKE_INITIATOR;
    bool initiators = whose == sa->role && ike_impair_own_nonce(sa) ? i : !i; /* nonce */

    return ike_authdata_octets(sa->ike->suite.prf, ike_sa_bytes(i ? sa->init_i : sa->init_r),
                               ike_sa_bytes(initiators ? sa->ni : sa->nr), key_of(sa, whose),
                               ike_sa_bytes(i ? sa->idi : sa->idr), ret);
}

static IkeRole
peer_of(const IkeSa *sa)
{
    return sa->role == IKE_INITIATOR ? IKE_RESPONDER : IKE_INITIATOR;
}

/* The key that EAP has made, if it makes one. */
static Slice
msk_of(const IkeSa *sa)
{
    if (sa->peer)
        return eap_peer_msk(sa->peer);
    return sa->server ? eap_server_msk(sa->server) : (Slice){ 0 };
}

static bool
mic_of(const IkeSa *sa, IkeRole whose, Slice key, Secret *ret)
{
    g_auto(Secret) octets = { 0 };

    return octets_of(sa, whose, &octets) &&
           ike_authdata_mic(sa->ike->suite.prf, key, secret_view(&octets), ret);
}

static void
write_auth(IkeChain *c, uint8_t method, Slice data)
{
    ike_chain_open(c, IKE_PAYLOAD_AUTH);
    ike_auth_encode(&(IkeAuth){ .method = method, .data = data }, c->out);
    ike_chain_close(c);
}

static bool
read_auth(Slice body, IkeAuth *ret)
{
    Reader in = reader_init(body);

    return ike_auth_decode(&in, ret) == IKE_OK;
}

/* What a MIC is made with. After EAP by the MSK; SK_pi and SK_pr stand in where the method makes
 * none (RFC 7296 §2.16). */
static Slice
mic_key(const IkeSa *sa, IkeWay way, IkeRole whose)
{
    Slice msk = msk_of(sa);

    if (way == IKE_WAY_PSK)
        return whose == sa->role ? sa->plan->psk_ours : sa->plan->psk_theirs;
    return msk.len ? msk : key_of(sa, whose);
}

static bool
check_mic(const IkeSa *sa, IkeWay way, const IkeAuth *auth)
{
    g_auto(Secret) mic = { 0 };

    return auth->method == IKE_AUTH_SHARED_KEY &&
           mic_of(sa, peer_of(sa), mic_key(sa, way, peer_of(sa)), &mic) &&
           ct_equal(secret_view(&mic), auth->data);
}

/* The hash that goes with the PRF. */
static SigHash
prf_hash(uint16_t prf_id)
{
    switch (prf_id) {
    case PRF_HMAC_SHA2_256:
        return SIG_SHA2_256;
    case PRF_HMAC_SHA2_384:
        return SIG_SHA2_384;
    case PRF_HMAC_SHA2_512:
        return SIG_SHA2_512;
    default:
        return SIG_SHA1;
    }
}

/* What method 1 is signed with. RFC 7296 §3.8 has SHA-1, where it is allowed here; Cisco's
 * verifiers take the hash of the PRF and no other (agent/docs/WIRE.md §5.1). */
static SigHash
classic_hash(const IkeSa *sa)
{
    bool cisco = sa->peer_delete_reason || sa->peer_anyconnect;

    return sa->config->sig.sha1_ok && !cisco ? SIG_SHA1 : prf_hash(sa->ike->suite.prf);
}

/* RFC 7427 when the peer knows it and has a hash for our key, else the key's classic method; 0: the
 * peer cannot verify this key. */
static uint8_t
pick_method(const IkeSa *sa, SigHash *ret_hash)
{
    static const SigHash better[] = { SIG_SHA2_256, SIG_SHA2_384, SIG_SHA2_512 };
    bool identity = strcmp(sig_key_kind(sa->plan->key), "Ed25519") == 0;
    SigHash hash = identity ? SIG_IDENTITY : prf_hash(sa->ike->suite.prf);

    *ret_hash = hash;
    if (hash != SIG_SHA1 && (sa->peer_hashes & UINT32_C(1) << hash) != 0)
        return SIG_METHOD_DIGITAL;
    for (size_t i = 0; i < G_N_ELEMENTS(better) && !identity; i++)
        if ((sa->peer_hashes & UINT32_C(1) << better[i]) != 0) {
            *ret_hash = better[i];
            return SIG_METHOD_DIGITAL;
        }
    *ret_hash = classic_hash(sa);
    return sig_classic_method(sa->plan->key);
}

/* A signature over our octets; false when our key has no way of signing that the peer knows. */
static bool
sign(const IkeSa *sa, uint8_t *ret_method, Secret *ret)
{
    g_autoptr(GByteArray) signature = g_byte_array_new();
    g_auto(Secret) octets = { 0 };
    SigHash hash;

    *ret_method = pick_method(sa, &hash);
    if (*ret_method == 0 || !octets_of(sa, sa->role, &octets) ||
        !sig_sign(sa->plan->key, *ret_method, hash, secret_view(&octets), signature))
        return false;
    secret_set(ret, (Slice){ signature->data, signature->len });
    return true;
}

/* @refused: there is a way, but the key is not ours to use: it stays in a token. */
static IkeStatus
cannot_sign(IkeSa *sa, bool refused)
{
    const char *kind = sig_key_kind(sa->plan->key);

    if (refused)
        return ike_sa_fail(sa, IKE_N_AUTHENTICATION_FAILED, IKE_REASON_OUR_KEY,
                           "the token with our %s key does not sign", kind);
    return ike_sa_fail(sa, IKE_N_AUTHENTICATION_FAILED, IKE_REASON_OUR_KEY,
                       "our %s key cannot sign in a way the peer knows", kind);
}

IkeStatus
ike_proof_make(IkeSa *sa, IkeWay way, uint8_t *ret_method, Secret *ret_data)
{
    if (ike_plan_has_cert(way) && !sign(sa, ret_method, ret_data))
        return cannot_sign(sa, *ret_method != 0 && sig_key_signer(sa->plan->key));
    if (ike_plan_has_cert(way))
        return IKE_OK;
    *ret_method = IKE_AUTH_SHARED_KEY;
    if (!mic_of(sa, sa->role, mic_key(sa, way, sa->role), ret_data))
        return ike_sa_fail(sa, IKE_N_AUTHENTICATION_FAILED, IKE_REASON_PROTOCOL,
                           "our AUTH cannot be made");
    return IKE_OK;
}

IkeStatus
ike_proof_write(IkeSa *sa, IkeWay way, IkeChain *c)
{
    g_auto(Secret) data = { 0 };
    uint8_t method;
    IkeStatus st = ike_proof_make(sa, way, &method, &data);

    if (st == IKE_OK)
        write_auth(c, method, secret_view(&data));
    return st;
}

static bool
check_signature(const IkeSa *sa, const IkeAuth *auth, const char **ret_why)
{
    g_autoptr(SigKey) key = x509_chain_leaf_key(sa->chain);
    g_auto(Secret) octets = { 0 };
    bool classic = auth->method == SIG_METHOD_RSA ||
                   (auth->method >= SIG_METHOD_ECDSA_256 && auth->method <= SIG_METHOD_ECDSA_521);
    SigHash hash;

    /* RFC 7427 §3: only after both have sent SIGNATURE_HASH_ALGORITHMS */
    *ret_why = "it is not a signature by a certificate";
    if (!classic && (auth->method != SIG_METHOD_DIGITAL || !sa->peer_hashes))
        return false;
    *ret_why = "its certificate has no usable key";
    if (!key || !octets_of(sa, peer_of(sa), &octets) ||
        !sig_verify(key, auth->method, &sa->config->sig, secret_view(&octets), auth->data, &hash,
                    ret_why))
        return false;
    *ret_why = "it is signed with a hash that we have not announced";
    return classic || hash != SIG_SHA1;
}

bool
ike_proof_check(const IkeSa *sa, IkeWay way, Slice body, const char **ret_why)
{
    IkeAuth auth;

    if (ike_impair_believes(sa))
        return true;
    *ret_why = "it is malformed";
    if (!read_auth(body, &auth))
        return false;
    if (ike_plan_has_cert(way))
        return check_signature(sa, &auth, ret_why);
    if (way == IKE_WAY_EAP)
        *ret_why = "it does not go with what EAP came to";
    else
        *ret_why = auth.method == IKE_AUTH_SHARED_KEY ? "the pre-shared keys differ"
                                                      : "it is not made with a pre-shared key";
    return check_mic(sa, way, &auth);
}

bool
ike_proof_eap_setup(IkeSa *sa, EapSetup *ret)
{
    if (!octets_of(sa, IKE_INITIATOR, &sa->eap_octets))
        return false;
    *ret = sa->plan->eap_setup;
    ret->sig = sa->config->sig;
    ret->random = sa->env->random;
    ret->wall = sa->env->wall;
    ret->user = sa->env->user;
    ret->signed_octets = secret_view(&sa->eap_octets);
    ret->sign_hash = prf_hash(sa->ike->suite.prf);
    return true;
}
